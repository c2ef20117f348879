"""A task as the agent sees it.

Its paths in this system's spelling, its command lines, its tool's environment.
"""

import json
import os
import re
import shutil
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nodeagent.frame_pattern import BadPattern, FramePattern, parse_pattern
from nodeagent.orders import Open
from nodeagent.output_rules import BadRule, OutputRules, read_rules
from nodeagent.reasons import Reason

AGENT_DIR = Path(__file__).parent
TOKEN_VARIABLE = "FARMDESK_TOKEN"  # noqa: S105 - a name
JOB_VARIABLE = "FARMDESK_JOB"

_PLACEHOLDER = re.compile(
    r"\$(SCENE|START_FRAME|END_FRAME|STEP|FRAME|OUTPUT_DIR|PATTERN|CPU|PROGRAM|AGENT_DIR)\b"
)


class Unfit(Exception):
    """This task cannot be worked for here; `reason` is its class and `str()` a sentence."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Job:
    """What `Open` said, checked. `token` marks the lines that our scripts print inside the tool."""

    opened: Open
    pattern: FramePattern
    rules: OutputRules
    program: str
    token: str

    @property
    def scratch(self) -> Path:
        """The node-local folder; the agent writes only into its folder `frames` and `tmp`."""
        return Path(self.opened.scratch)

    @property
    def slot(self) -> str:
        """A name for the slot that no other one has: a node's slots share its journal."""
        node = Path(self.opened.journal).stem
        return f"{node}-{zlib.crc32(self.opened.scratch.encode()):08x}"

    def argv(self, template: Sequence[str], *, output: Path, run: range | None = None) -> list[str]:
        """Fill a template; `run` gives the frames of a cold start."""
        values = {
            "SCENE": self.opened.scene,
            "OUTPUT_DIR": str(output),
            "PATTERN": self.pattern.text,
            "CPU": str(_cpus()),
            "PROGRAM": self.program,
            "AGENT_DIR": str(AGENT_DIR),
        }
        if run is not None:
            values |= {"START_FRAME": str(run[0]), "END_FRAME": str(run[-1])}
            values |= {"STEP": str(run.step), "FRAME": str(run[0])}
        return [_PLACEHOLDER.sub(lambda m: values.get(m[1], m[0]), item) for item in template]

    def environment(self) -> dict[str, str]:
        """Give the tool's environment: the agent's own, the task's, and what our scripts read."""
        told = {
            "scene": self.opened.scene,
            "width": self.opened.width,
            "height": self.opened.height,
            "settings": self.opened.settings,
        }
        folder = str(self.scratch / "tmp")
        ours = {TOKEN_VARIABLE: self.token, JOB_VARIABLE: json.dumps(told)}
        temporary = {"TMPDIR": folder, "TEMP": folder, "TMP": folder}
        return {**os.environ, **temporary, **self.opened.environment, **ours}


def read_job(opened: Open) -> Job:
    """Check what the engine opens. Raises Unfit."""
    if any(_has_nul(text) for text in (opened.scene, opened.scratch, *opened.command)):
        raise Unfit(Reason.BAD_ARGUMENT, "a path or an argument holds a NUL character")
    try:
        pattern = parse_pattern(opened.pattern)
        rules = read_rules(opened.rules)
    except BadPattern as error:
        raise Unfit(Reason.BAD_ARGUMENT, f"file name of the frames: {error}") from error
    except BadRule as error:
        raise Unfit(Reason.BAD_ARGUMENT, str(error)) from error
    own = replace(
        opened,
        scene=native_path(opened.scene),
        scratch=native_path(opened.scratch),
        output=native_path(opened.output),
    )
    return Job(own, pattern, rules, _program(opened), os.urandom(8).hex())


def native_path(path: str) -> str:
    r"""Give a path in this system's spelling.

    Blender takes a leading `//` as "beside the scene", so none may stay.

    A share `//server/share` is `\\server\share` on Windows; elsewhere a doubled slash is one slash.
    """
    if path.startswith("//"):
        return path.replace("/", "\\") if os.name == "nt" else "/" + path.lstrip("/")
    return path


def _program(opened: Open) -> str:
    """Give the tool's program: as set, or its usual name; by full path where PATH knows it.

    Raises Unfit.
    """
    named = opened.settings.get("program") or opened.tool
    argv = [*opened.command, *(opened.warm or ())]
    if not any("$PROGRAM" in item for item in argv):
        return str(named or "")
    if not named:
        raise Unfit(Reason.BAD_ARGUMENT, "the command line needs $PROGRAM, but none is set")
    found = shutil.which(str(named))
    if found is None:
        raise Unfit(
            Reason.CRASH,
            f"the program {str(named)!r} is not on this node; install it or set its path",
        )
    return found


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _has_nul(text: str) -> bool:
    return "\0" in text
