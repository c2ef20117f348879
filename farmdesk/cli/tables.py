"""Tables, progress and JSON at the terminal."""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from farmdesk.domain.rows import FrameRow, LogRow, NodeRow, Pace, TaskRow
from farmdesk.domain.states import FrameState, NodeState, TaskState

BAR_CELLS = 20
_AFTER = {"task": "all of it", "frame": "frame by frame"}
LEVEL_STYLES = {"error": "bold red", "warning": "yellow", "info": ""}
STATE_STYLES = {
    TaskState.RENDERING: "cyan",
    TaskState.COMPLETED: "green",
    TaskState.FAILED: "red",
    TaskState.PARTLY_FAILED: "red",
    NodeState.RENDERING: "cyan",
    NodeState.FAULT: "red",
    NodeState.OFFLINE: "dim",
}


def print_json(rows: object) -> None:
    """Print rows as one JSON document."""
    Console(soft_wrap=True).out(json.dumps(_plain(rows), ensure_ascii=False, indent=1))


def print_tasks(console: Console, rows: Sequence[TaskRow], language: str) -> None:
    """Print the queue."""
    table = _table("#", "Task", "State", "Priority", "Tool", "Progress", "Nodes", "Owner", "Reason")
    for row in rows:
        table.add_row(
            str(row.id),
            row.name,
            _state(row.state),
            str(row.priority),
            f"{row.tool} {row.tool_version}",
            progress(row),
            str(row.nodes or ""),
            row.owner,
            row.sentence(language),
        )
    console.print(
        table if rows else "No tasks. Queue one with: farmdesk submit SCENE --frames 1-100"
    )


def print_task(console: Console, row: TaskRow, pace: Pace | None, language: str) -> None:
    """Print all of one task; `pace` None: no node has rendered a frame of it."""
    table = Table.grid(padding=(0, 2))
    lines: dict[str, str | Text] = {
        "Task": f"{row.id}  {row.name}",
        "State": _state(row.state),
        "Reason": row.sentence(language),
        "Frames": f"{row.frames}  ({row.total})",
        "Progress": progress(row),
        "Tool": f"{row.tool} {row.tool_version}",
        "Priority": str(row.priority),
        "After": f"task {row.after}, {_AFTER[row.after_mode]}" if row.after is not None else "",
        "Due": _time(datetime.fromisoformat(row.due)) if row.due else "",
        "Nodes": str(row.nodes),
        "Created": _time(row.created_at),
        "Started": _time(row.started_at),
        "Finished": _time(row.finished_at),
        "Mean frame": f"{pace.mean_s:.2f} s" if pace is not None else "",
        "Results": row.output,
        "Check": check_line(row.check_report),
    }
    for name, value in lines.items():
        if value:
            table.add_row(Text(name, "dim"), value)
    console.print(table)


def print_frames(console: Console, rows: Iterable[FrameRow]) -> None:
    """Print finished attempts."""
    table = _table("Frame", "Attempt", "State", "Node", "Render s", "Load s", "Size", "Reason")
    for row in rows:
        record = row.record
        table.add_row(
            str(record.frame),
            str(record.attempt),
            FrameState(record.state).name.lower(),
            record.node,
            f"{record.render_s:.2f}",
            f"{record.load_s:.2f}" if record.load_s else "",
            f"{record.width}x{record.height}" if record.width else "",
            f"{record.reason}: {record.text}" if record.reason else "",
        )
    console.print(table)


def print_nodes(console: Console, rows: Sequence[NodeRow], language: str) -> None:
    """Print the nodes."""
    table = _table("Node", "State", "CPU", "Memory", "GPU", "Free disk", "Task", "Frame", "Reason")
    for row in rows:
        record = row.record
        table.add_row(
            record.node,
            _state(record.state),
            _share(record.cpu),
            _share(record.memory),
            _share(record.gpu),
            f"{record.disk_free_mb / 1024:.0f} GB" if record.disk_free_mb is not None else "",
            row.task_name,
            str(record.frame) if record.frame is not None else "",
            record.sentence(language),
        )
    if rows:
        console.print(table)
    elif language == "zh":
        console.print("没有节点。请启动引擎：farmdesk server")
    else:
        console.print("No nodes. Start the engine with: farmdesk server")


def print_logs(console: Console, rows: Iterable[LogRow]) -> None:
    """Print log lines, errors in red."""
    for row in rows:
        record = row.record
        place = " ".join(
            item
            for item in (
                f"task {record.task_id}" if record.task_id else "",
                record.node or "",
                f"#{record.frame}" if record.frame is not None else "",
            )
            if item
        )
        style = LEVEL_STYLES.get(record.level, "")
        line = f"{record.at.astimezone():%H:%M:%S} {place:<20} {record.text}"
        console.print(Text(line, style), soft_wrap=True)


def progress(row: TaskRow) -> str:
    """Give a bar with its numbers."""
    filled = BAR_CELLS * row.done // row.total if row.total else 0
    failed = f" {row.failed} failed" if row.failed else ""
    bar = "█" * filled + "░" * (BAR_CELLS - filled)
    return f"{bar} {row.done}/{row.total}{failed}"


def check_line(report: str | None) -> str:
    """Give the frame-sequence check's report in one line."""
    if not report:
        return ""
    found = json.loads(report)
    text = f"{found['proven']} of {found['total']} frames proven in {found['seconds']:.1f} s"
    size = f"{found['width']}x{found['height']}, {found['bytes'] / 1e6:.1f} MB"
    given_up = f"; given up: {found['given_up']}" if found["given_up"] else ""
    return f"{text}, {size}{given_up}"


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column)
    return table


def _state(state: TaskState | NodeState) -> Text:
    return Text(state.value.replace("_", " "), STATE_STYLES.get(state, ""))


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def _time(at: datetime | None) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}" if at else ""


def _plain(value: object) -> object:
    """Give a row as JSON can say it: times in ISO 8601, bytes as their length."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {item.name: _plain(getattr(value, item.name)) for item in fields}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, FrameState):
        return value.name.lower()
    return value.isoformat() if isinstance(value, datetime) else value
