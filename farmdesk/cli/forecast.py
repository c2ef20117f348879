"""The table of `farmdesk forecast`."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from farmdesk.link.ahead import ForecastRow


def print_forecast(console: Console, rows: Sequence[ForecastRow]) -> None:
    """Print the forecast; tasks that will be late in red."""
    if not rows:
        console.print("No task waits or renders.")
        return
    what_if = any(row.moved_s is not None for row in rows)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("#", "Task", "Ends", "Between (10-90 %)", "Due", *(["Later"] * what_if)):
        table.add_column(column)
    for row in rows:
        cells: list[str | Text] = [
            str(row.task_id),
            row.name + (" (if started now)" if row.queued else ""),
            _time(row.expected),
            f"{_time(row.low)} – {_time(row.high)}",
            _due(row),
        ]
        table.add_row(*cells, *([_moved(row.moved_s)] if what_if else []))
    console.print(table)


def _time(at: datetime | None) -> str:
    return "not as the farm stands" if at is None else f"{at.astimezone():%m-%d %H:%M}"


def _due(row: ForecastRow) -> Text:
    if row.due is None:
        return Text("")
    text = _time(row.due)
    if row.will_be_late:
        return Text(f"{text}  will be late ({row.late:.0%})", "bold red")
    return Text(f"{text}  in time" if row.late == 0.0 else f"{text}  late: {row.late:.0%}")


def _moved(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes = round(seconds / 60)
    return f"{minutes:+d} min" if minutes else "="
