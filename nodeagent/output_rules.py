r"""What lines of a tool's output mean: how a cold tool is followed, and why a tool failed.

Sources: Blender's lines were measured with 3.4.1; the others come from the vendors' logs.
"""

import re
from dataclasses import dataclass

from nodeagent.reasons import Reason


@dataclass(frozen=True, slots=True)
class OutputRules:
    """Patterns of one tool.

    `frame` and `saved` None: the tool is followed by the files that it writes.
    """

    frame: re.Pattern[str] | None  # group 1: the frame that it works on
    saved: re.Pattern[str] | None  # group 1: path of a file that is complete
    fatal: tuple[tuple[re.Pattern[str], Reason], ...]

    def fatal_reason(self, line: str) -> Reason | None:
        """Give the reason of a fatal line, or None for any other line."""
        for pattern, reason in self.fatal:
            if pattern.search(line):
                return reason
        return None

    def wanted(self, line: str) -> bool:
        """True if the line means something."""
        known = (self.frame, self.saved)
        if any(pattern is not None and pattern.search(line) for pattern in known):
            return True
        return self.fatal_reason(line) is not None


def _table(*rows: tuple[str, Reason]) -> tuple[tuple[re.Pattern[str], Reason], ...]:
    return tuple((re.compile(pattern, re.IGNORECASE), reason) for pattern, reason in rows)


_COMMON = _table(
    (r"licen[sc]e (error|was not obtained)|could not (get|obtain) a licen[sc]e", Reason.LICENCE),
    (r"\bout of memory\b|std::bad_alloc|cannot allocate memory", Reason.OUT_OF_MEMORY),
    (r"\bCUDA error\b|CUDA_ERROR_|OptiX error|HIP error", Reason.GPU),
    (r"no space left on device", Reason.OUTPUT_WRITE),
)

BLENDER = OutputRules(
    frame=re.compile(r"^Fra:(-?\d+) "),
    saved=re.compile(r"^Saved: '(.+)'"),
    fatal=(
        *_table(
            (
                r"^Error: (Cannot read file|Failed to read blend file|File format is not supp)",
                Reason.SCENE_LOAD,
            ),
            (r"Error: Cannot render, no camera|no camera found", Reason.BAD_ARGUMENT),
            (r"^Error: engine not found|engine '.*' not available", Reason.BAD_ARGUMENT),
            (r"Render error \(.*\) cannot save", Reason.OUTPUT_WRITE),
            (r"^Error: Python: ", Reason.BAD_ARGUMENT),
            (r"^Writing: .*\.crash\.txt", Reason.CRASH),
        ),
        *_COMMON,
    ),
)
GENERIC = OutputRules(frame=None, saved=None, fatal=_COMMON)

RULES = {"blender": BLENDER, "generic": GENERIC}
