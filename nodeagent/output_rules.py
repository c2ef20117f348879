"""What lines of a tool's output mean: how a cold tool is followed, and why a tool failed.

The rules are data of the tool (`resources/tools/*.toml`) and come with the task; only what every
tool's host says is known here.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nodeagent.reasons import Reason

Fatal = tuple[tuple[re.Pattern[str], Reason], ...]


class BadRule(ValueError):
    """A rule that cannot be used; `str()` says why."""


@dataclass(frozen=True, slots=True)
class OutputRules:
    """Patterns of one tool.

    `frame` and `saved` empty: the tool is followed by the files that it writes.
    """

    frame: tuple[re.Pattern[str], ...]  # group `frame`: the frame that it works on
    saved: tuple[re.Pattern[str], ...]  # group `path`: a file that is complete
    fatal: Fatal

    def frame_of(self, line: str) -> int | None:
        """Give the frame that a line says the tool works on."""
        text = _group(self.frame, line, "frame")
        return int(text) if text is not None else None

    def saved_path(self, line: str) -> str | None:
        """Give the path that a line says is complete."""
        return _group(self.saved, line, "path")

    def fatal_reason(self, line: str) -> Reason | None:
        """Give the reason of a fatal line, or None for any other line."""
        return next((reason for pattern, reason in self.fatal if pattern.search(line)), None)

    def wanted(self, line: str) -> bool:
        """True if the line means something."""
        patterns = (*self.frame, *self.saved, *(pattern for pattern, _ in self.fatal))
        return any(pattern.search(line) for pattern in patterns)


def read_rules(rows: Iterable[Sequence[str]]) -> OutputRules:
    """Read `[kind, pattern, reason]` rows; the first that matches a line counts. Raises BadRule."""
    frame: list[re.Pattern[str]] = []
    saved: list[re.Pattern[str]] = []
    fatal: list[tuple[re.Pattern[str], Reason]] = []
    for row in rows:
        try:
            kind, text, reason = row
            pattern = re.compile(text, re.IGNORECASE)
            if kind == "frame_started" and "frame" in pattern.groupindex:
                frame.append(pattern)
            elif kind == "frame_done" and "path" in pattern.groupindex:
                saved.append(pattern)
            elif kind == "failure":
                fatal.append((pattern, Reason(reason)))
            else:
                raise ValueError("unknown kind, or its group is missing")
        except (ValueError, re.error) as error:
            raise BadRule(f"the rule {list(row)} for the tool's output: {error}") from error
    return OutputRules(tuple(frame), tuple(saved), (*fatal, *_COMMON))


def _group(patterns: tuple[re.Pattern[str], ...], line: str, name: str) -> str | None:
    matches = (pattern.search(line) for pattern in patterns)
    return next((match[name] for match in matches if match), None)


def _table(*rows: tuple[str, Reason]) -> Fatal:
    return tuple((re.compile(pattern, re.IGNORECASE), reason) for pattern, reason in rows)


_COMMON = _table(
    (r"licen[sc]e (error|was not obtained)|could not (get|obtain) a licen[sc]e", Reason.LICENCE),
    (r"\bout of memory\b|std::bad_alloc|cannot allocate memory", Reason.OUT_OF_MEMORY),
    (r"\bCUDA error\b|CUDA_ERROR_|OptiX error|HIP error", Reason.GPU),
    (r"no space left on device", Reason.OUTPUT_WRITE),
)
