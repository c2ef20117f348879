"""The table of `farmdesk forecast`."""

from collections.abc import Sequence
from datetime import datetime

from farmdesk.cli.headings import DUE, NUMBER, TASK
from farmdesk.cli.screen import Screen, Shown, Styled
from farmdesk.domain.said import Said
from farmdesk.link.ahead import ForecastRow

_ENDS, _BETWEEN = Said("Ends", "预计结束"), Said("Between (10-90 %)", "范围（10-90 %）")
_LATER = Said("Later", "推迟")
_NEVER = Said("not as the farm stands", "目前无法完成")


def print_forecast(screen: Screen, rows: Sequence[ForecastRow]) -> None:
    """Print the forecast; tasks that will be late in red."""
    if not rows:
        screen.say(Said("No task waits or renders.", "没有等待或渲染中的任务。"))
        return
    what_if = any(row.moved_s is not None for row in rows)
    headings = (NUMBER, TASK, _ENDS, _BETWEEN, DUE, *([_LATER] * what_if))
    screen.table(headings, ((*_row(row), *([_moved(row.moved_s)] * what_if)) for row in rows))


def _row(row: ForecastRow) -> tuple[Shown, ...]:
    queued = Said(" (if started now)", "（若现在派发）") if row.queued else Said()
    span = _time(row.low) + Said(" – ") + _time(row.high)
    return str(row.task_id), Said(row.name) + queued, _time(row.expected), span, _due(row)


def _time(at: datetime | None) -> Said:
    return _NEVER if at is None else Said(f"{at.astimezone():%m-%d %H:%M}")


def _due(row: ForecastRow) -> Shown:
    if row.due is None:
        return ""
    due, late = _time(row.due), f"{row.late:.0%}"
    if row.will_be_late:
        return Styled(due + Said(f"  will be late ({late})", f"  将逾期（{late}）"), "bold red")
    if row.late == 0.0:
        return due + Said("  in time", "  可按时完成")
    return due + Said(f"  late: {late}", f"  逾期可能：{late}")


def _moved(seconds: float | None) -> Said:
    if seconds is None:
        return Said()
    minutes = round(seconds / 60)
    return Said(f"{minutes:+d} min", f"{minutes:+d} 分钟") if minutes else Said("=")
