"""Frames as people write them, to runs and back, and why that failed.

Grammar: parts split by commas (blanks around them are ignored); a part is `N`, `N-M` or
`N-MxSTEP`, its numbers may be negative. No frame may be named twice.
"""

import re
from collections.abc import Iterable, Iterator
from enum import Enum

from farmdesk.domain.errors import Refused
from farmdesk.domain.runs import Run
from farmdesk.domain.text import quoted

MAX_NUMBER = 99_999_999  # eight digits is what file patterns and tools can write
MAX_FRAMES = 10_000_000  # of one task
MAX_TEXT = 1_000_000  # characters
MAX_RUNS = 200_000  # pieces that the frames may fall into

_PART = re.compile(r"(-?\d+)(?:-(-?\d+)(?:x(-?\d+))?)?", re.ASCII)
_BLANKS = " \t\r\n"


class FrameProblem(Enum):
    """What can be wrong with frames as text: the sentence in English and Chinese."""

    EMPTY = (
        "No frames are given; write for example 1-100x2,150.",
        "没有给出帧；请写成例如 1-100x2,150。",
    )
    NONSENSE = (
        "{part} is not a frame range; write for example 1-100x2,150.",
        "{part} 不是帧范围；请写成例如 1-100x2,150。",
    )
    DESCENDING = (
        "The range {part} runs backwards; write the lower frame first.",
        "范围 {part} 是倒序的；请把较小的帧写在前面。",
    )
    STEP = ("The step in {part} must be 1 or more.", "{part} 中的步长必须至少为 1。")
    NUMBER = (
        "A number in {part} is too large; frames go from -99,999,999 to 99,999,999.",
        "{part} 中的数字过大；帧号须在 -99,999,999 到 99,999,999 之间。",
    )
    OVERLAP = (
        "Frame {part} is named more than once; name every frame once.",
        "第 {part} 帧出现了不止一次；每一帧只能写一次。",
    )
    TOO_MANY = (
        "These are more than 10,000,000 frames; submit them as several tasks.",
        "帧数超过 10,000,000；请分成几个任务提交。",
    )
    SCATTERED = (
        "The frames fall into more than 200,000 pieces; submit them as several tasks.",
        "这些帧分成了超过 200,000 段；请分成几个任务提交。",
    )
    TOO_LONG = (
        "The text of the frames is longer than 1,000,000 characters; submit several tasks.",
        "帧的文字超过 1,000,000 个字符；请分成几个任务提交。",
    )


class FrameSyntax(Refused):
    """Frames that cannot be accepted as written; `part` is the piece of the text that is wrong."""

    def __init__(self, problem: FrameProblem, part: str = "") -> None:
        self.problem = problem
        self.part = part
        en, zh = problem.value
        super().__init__(en.format(part=quoted(part)), zh.format(part=quoted(part)))


def read_runs(text: str) -> Iterator[Run]:
    """Give a run for each part, in the order of the text; they may still overlap.

    Raises FrameSyntax.
    """
    if len(text) > MAX_TEXT:
        raise FrameSyntax(FrameProblem.TOO_LONG)
    if not text.strip(_BLANKS):
        raise FrameSyntax(FrameProblem.EMPTY)
    total = 0
    for part in text.split(","):
        run = _read_part(part.strip(_BLANKS))
        total += run.count
        if total > MAX_FRAMES:
            raise FrameSyntax(FrameProblem.TOO_MANY)
        yield run


def _read_part(part: str) -> Run:
    match = _PART.fullmatch(part)
    if match is None:
        raise FrameSyntax(FrameProblem.NONSENSE, part)
    # int() itself refuses beyond 4,300 digits, so length decides first
    if any(len(number.lstrip("-0")) > 8 for number in match.groups() if number):
        raise FrameSyntax(FrameProblem.NUMBER, part)
    start = int(match[1])
    last = int(match[2]) if match[2] else start
    step = int(match[3]) if match[3] else 1
    if step < 1:
        raise FrameSyntax(FrameProblem.STEP, part)
    if last < start:
        raise FrameSyntax(FrameProblem.DESCENDING, part)
    count = (last - start) // step + 1
    return Run(start, step if count > 1 else 1, count)


def write_runs(runs: Iterable[Run]) -> str:
    """Print runs so that `read_runs` reads the same; nothing for no runs."""
    return ",".join(map(_write_run, runs))


def _write_run(run: Run) -> str:
    if run.count == 1:
        return str(run.start)
    return f"{run.start}-{run.last}" + (f"x{run.step}" if run.step > 1 else "")
