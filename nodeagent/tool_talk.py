"""What our scripts inside a tool say, and what they are told.

JSON behind a token that no other code can know.

A line is `@farmdesk:TOKEN {"t": …}`. Words: `loaded`, `begun`, `done`, `failed`, `refused`.
"""

import json
from dataclasses import dataclass

from nodeagent.reasons import Reason


@dataclass(frozen=True, slots=True)
class Said:
    """A line of one of our scripts; fields that its word does not use are empty."""

    word: str
    frame: int | None = None
    seconds: float = 0.0
    started: float = 0.0
    reason: Reason = Reason.CRASH
    text: str = ""


def read_said(line: str, token: str) -> Said | None:
    """Read a line of output; None if it is not from our script.

    Chatter without a line end may stand before it.
    """
    _, mark, rest = line.rpartition(f"@farmdesk:{token} ")
    if not mark:
        return None
    try:
        body = json.loads(rest)
        return Said(
            word=str(body["t"]),
            frame=body.get("frame"),
            seconds=float(body.get("seconds", 0.0)),
            started=float(body.get("started", 0.0)),
            reason=Reason(body.get("reason", Reason.CRASH)),
            text=str(body.get("text", "")),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def render_line(frame: int, path: str, *, step: int) -> bytes:
    """Give the line that orders a frame; the next one will probably be `step` later."""
    order = {"t": "render", "frame": frame, "step": step, "path": path}
    return json.dumps(order).encode() + b"\n"
