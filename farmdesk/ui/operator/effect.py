"""What follows from an allocation, in words: the task's end, and whose end it moves. No Qt."""

from collections.abc import Sequence
from datetime import UTC, datetime

from farmdesk.link.ahead import ForecastRow
from farmdesk.ui.allocate_texts import AllocateText
from farmdesk.ui.operator.delays import NOTEWORTHY_S, delays_text
from farmdesk.ui.texts import Text
from farmdesk.ui.wording import Wording, local_moment


def effect_text(rows: Sequence[ForecastRow], task_id: int, words: Wording) -> str:
    """Say when a task would end, how much that differs, and who would end later."""
    mine = next((row for row in rows if row.task_id == task_id), None)
    if mine is None:
        return words(AllocateText.NO_EFFECT)
    if mine.expected is None or mine.low is None:
        return words(AllocateText.NO_END)
    ends = local_moment(mine.expected, datetime.now(UTC))
    if mine.high is not None:
        half = words.duration((mine.high - mine.low).total_seconds() / 2)
        ends = words(Text.ENDS, at=ends, range=half)
    moved_s = mine.moved_s or 0.0
    text, time = AllocateText.EFFECT, words.duration(abs(moved_s))
    if abs(moved_s) >= NOTEWORTHY_S:
        text = AllocateText.LATER if moved_s > 0.0 else AllocateText.SOONER
    others = [row for row in rows if row.task_id != task_id]
    lines = [words(text, ends=ends, time=time), delays_text(others, words)]
    return "\n".join(line for line in lines if line)
