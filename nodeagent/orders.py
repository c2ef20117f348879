"""What the engine asks of an agent; `protocol` turns each order into a line and back."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Open:
    """Begin to work for a task. Paths are this node's view of them.

    `command` and `warm` are argv templates. The agent fills `$SCENE`, `$START_FRAME`, `$END_FRAME`,
    `$STEP`, `$FRAME`, `$OUTPUT_DIR`, `$PATTERN`, `$CPU`, `$PROGRAM` and `$AGENT_DIR`; all others
    were filled by the engine. `settings` known to the Blender scripts: `format`, `camera`, `layer`,
    `engine`, `samples`, `allow_missing`, `package` (the folder that the scene may not leave); to
    every tool: `program`, its path. `rules` say what lines
    of the tool's output mean, as `[kind, pattern, reason]`; see `output_rules.py`.
    """

    task: int
    tool: str  # its name, and that of its program where no setting gives another
    command: list[str]  # argv template of a cold start
    warm: list[str] | None  # argv of a warm session, or None where the tool cannot stay loaded
    scene: str
    scratch: str  # node-local folder; the agent makes it, and empties it when it closes
    output: str  # folder of published frames on the share
    pattern: str  # file name of a frame, with one run of `#` for its number: `frame_####.png`
    journal: str  # `<node>.jsonl` on the share
    log: str  # the tool's output, appended
    width: int | None = None  # expected size; None: any, but the same for all frames
    height: int | None = None
    environment: dict[str, str] = field(default_factory=dict)
    rules: list[list[str]] = field(default_factory=list)
    settings: dict[str, str | int | float | bool | None] = field(
        default_factory=dict
    )  # camera, layer, size, ...
    linger_s: float = 900.0  # after the engine is gone, the frame in hand may take so long
    stall_s: float = 600.0  # no output and no CPU for so long: the tool hangs
    patient_s: float = 0.0  # an agent here whose engine is gone may finish its frame for so long
    notice_s: float = 10.0  # and may take so long to notice that its engine is gone
    heartbeat_s: float = 30.0  # no ping for so long: the engine is gone


@dataclass(frozen=True, slots=True)
class Render:
    """Render these frames in ascending order; `range_id` comes back in every report about them."""

    range_id: int
    frames: str  # `1-100x7,150`


@dataclass(frozen=True, slots=True)
class StopAfterFrame:
    """Keep the range up to this frame; answered by `StoppingAfterFrame`."""

    range_id: int
    frame: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """Kill the tool's process tree now and drop the range; answered by `Cancelled`.

    The session stays open.
    """


@dataclass(frozen=True, slots=True)
class Ping:
    """The engine lives; answered by `Pong`, or `Waiting` while the slot is not ours yet."""


@dataclass(frozen=True, slots=True)
class Close:
    """End the tool, empty the scratch folder, answer `Closed` and exit."""


AgentOrder = Open | Render | StopAfterFrame | Cancel | Ping | Close
