"""The tables of frames and nodes, and the lines of the log."""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len

from farmdesk.cli.headings import FRAME, NODE, REASON, STATE, TASK, named
from farmdesk.cli.screen import Screen, Shown, Styled
from farmdesk.domain.failure_words import advised, why_failed
from farmdesk.domain.records import FrameRecord, LogRecord
from farmdesk.domain.rows import FrameRow, LogRow, NodeRow
from farmdesk.domain.said import Said
from farmdesk.domain.state_words import FRAME_STATES, NODE_STATES, REASONS
from farmdesk.domain.states import NodeState

PLACE_CELLS = 20  # of where a log line comes from
LEVEL_STYLES = {"error": "bold red", "warning": "yellow", "info": ""}
STATE_STYLES = {
    NodeState.RENDERING: "cyan",
    NodeState.FAULT: "red",
    NodeState.OFFLINE: "dim",
}


def print_frames(screen: Screen, rows: Sequence[FrameRow]) -> None:
    """Print finished attempts, and below them what to do about each reason of failures."""
    headings = (
        FRAME,
        Said("Attempt", "次数"),
        STATE,
        NODE,
        Said("Render s", "渲染（秒）"),
        Said("Load s", "载入（秒）"),
        Said("Size", "尺寸"),
        REASON,
    )
    screen.table(headings, (_frame(row.record) for row in rows))
    for reason in dict.fromkeys(row.record.reason for row in rows):
        if reason is not None:
            screen.say(advised(REASONS[reason], reason))


def print_nodes(screen: Screen, rows: Sequence[NodeRow]) -> None:
    """Print the nodes."""
    if not rows:
        screen.say(
            Said(
                "No nodes. Start the engine with: farmdesk server",
                "没有节点。请启动引擎：farmdesk server",
            )
        )
        return
    resources = (Said("CPU"), Said("Memory", "内存"), Said("GPU"), Said("Free disk", "磁盘剩余"))
    screen.table(
        (NODE, STATE, *resources, TASK, FRAME, REASON),
        map(_node, rows),
    )


def print_logs(screen: Screen, rows: Iterable[LogRow]) -> None:
    """Print log lines, errors in red. What happened is told in English, as the log has it."""
    for row in rows:
        record = row.record
        place = _place(record).text(screen.language).strip()
        place += " " * (PLACE_CELLS - cell_len(place))
        line = f"{record.at.astimezone():%H:%M:%S} {place} {record.text}"
        screen.say(Styled(line, LEVEL_STYLES.get(record.level, "")))


def _frame(record: FrameRecord) -> tuple[Shown, ...]:
    """Give a line of the frames; what a tool said of its failure stands as it was said."""
    return (
        str(record.frame),
        str(record.attempt),
        named(record.state, FRAME_STATES),
        record.node,
        f"{record.render_s:.2f}",
        f"{record.load_s:.2f}" if record.load_s else "",
        f"{record.width}x{record.height}" if record.width else "",
        why_failed(record.reason, record.text) if record.reason else "",
    )


def _node(row: NodeRow) -> tuple[Shown, ...]:
    record = row.record
    return (
        record.node,
        Styled(named(record.state, NODE_STATES), STATE_STYLES.get(record.state, "")),
        _share(record.cpu),
        _share(record.memory),
        _share(record.gpu),
        f"{record.disk_free_mb / 1024:.0f} GB" if record.disk_free_mb is not None else "",
        row.task_name,
        str(record.frame) if record.frame is not None else "",
        Said(record.reason, record.reason_zh),
    )


def _place(record: LogRecord) -> Said:
    """Say where a log line comes from: its task, node and frame."""
    task = Said(f"task {record.task_id} ", f"任务 {record.task_id} ") if record.task_id else Said()
    frame = "" if record.frame is None else f"#{record.frame}"
    return task + Said(f"{record.node or ''} {frame}".strip())


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"
