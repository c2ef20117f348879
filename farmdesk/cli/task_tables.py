"""The tables of tasks: the queue, and all of one."""

import json
from collections.abc import Sequence
from datetime import datetime

from farmdesk.cli.headings import (
    DUE,
    FRAMES,
    NODES,
    NUMBER,
    OWNER,
    PRIORITY,
    PROGRESS,
    REASON,
    STATE,
    TASK,
    TOOL,
    named,
)
from farmdesk.cli.screen import Screen, Shown, Styled
from farmdesk.domain.rows import Pace, TaskRow
from farmdesk.domain.said import UNSAID, Said
from farmdesk.domain.sizes import size_text
from farmdesk.domain.state_words import TASK_STATES
from farmdesk.domain.states import TaskState

BAR_CELLS = 20
SHORT_BAR_CELLS = 8  # in a narrow terminal
WIDE = 120  # cells of one that has room for tool, nodes and owner
_HEADINGS = (NUMBER, TASK, STATE, PRIORITY, PROGRESS)
STATE_STYLES = {
    TaskState.RENDERING: "cyan",
    TaskState.COMPLETED: "green",
    TaskState.FAILED: "red",
    TaskState.PARTLY_FAILED: "red",
}
_AFTER = {"task": Said("all of it", "整个任务"), "frame": Said("frame by frame", "逐帧")}


def print_tasks(screen: Screen, rows: Sequence[TaskRow]) -> None:
    """Print the queue, below it the reasons: a line for each, `print_task` has the whole.

    What a narrow terminal has no room for stands there, too.
    """
    if not rows:
        screen.say(
            Said(
                "No tasks. Queue one with: farmdesk submit SCENE --frames 1-100; elsewhere "
                "with --package FOLDER as well.",
                "没有任务。提交任务：farmdesk submit 场景 --frames 1-100；"
                "向其他农场提交时还需 --package 文件夹。",
            )
        )
        return
    is_wide = screen.console.width >= WIDE
    headings = (*_HEADINGS, TOOL, NODES, OWNER) if is_wide else _HEADINGS
    cells = map(_wide if is_wide else _narrow, rows)
    screen.table(headings, cells, whole=(NUMBER, STATE, PRIORITY, PROGRESS, NODES))
    for row in rows:
        why = Said(row.reason, row.reason_zh)
        if why != UNSAID:
            screen.beginning(Said(f"Task {row.id}: ", f"任务 {row.id}：") + why)


def print_task(screen: Screen, row: TaskRow, pace: Pace | None) -> None:
    """Print all of one task; `pace` None: no node has rendered a frame of it."""
    screen.facts(
        [
            (TASK, f"{row.id}  {row.name}"),
            (STATE, _state(row.state)),
            (REASON, Said(row.reason, row.reason_zh)),
            (FRAMES, f"{row.frames}  ({row.total})"),
            (PROGRESS, progress(row)),
            (OWNER, row.owner),
            (TOOL, f"{row.tool} {row.tool_version}"),
            (PRIORITY, str(row.priority)),
            (Said("After", "等待"), _after(row)),
            (DUE, _time(datetime.fromisoformat(row.due)) if row.due else ""),
            (NODES, str(row.nodes)),
            (Said("Created", "提交"), _time(row.created_at)),
            (Said("Started", "开始"), _time(row.started_at)),
            (Said("Finished", "结束"), _time(row.finished_at)),
            (Said("Mean frame", "平均每帧"), _seconds(pace)),
            (Said("Results", "结果"), row.output),
            (Said("Check", "校验"), check_line(row.check_report)),
        ]
    )


def progress(row: TaskRow, cells: int = BAR_CELLS) -> Said:
    """Give a bar with its numbers."""
    filled = cells * row.done // row.total if row.total else 0
    bar = "█" * filled + "░" * (cells - filled)
    failed = Said(f" {row.failed} failed", f" 失败 {row.failed}") if row.failed else Said()
    return Said(f"{bar} {row.done}/{row.total}") + failed


def check_line(report: str | None) -> Said:
    """Give the frame-sequence check's report in one line."""
    if not report:
        return Said()
    found = json.loads(report)
    proven, total, given_up = found["proven"], found["total"], found["given_up"]
    seconds, size = f"{found['seconds']:.1f}", f"{found['width']}x{found['height']}"
    space = size_text(found["bytes"])
    return Said(
        f"{proven} of {total} frames proven in {seconds} s, {size}, {space}",
        f"{total} 帧中 {proven} 帧校验通过，用时 {seconds} 秒，{size}，{space}",
    ) + (Said(f"; given up: {given_up}", f"；放弃：{given_up}") if given_up else Said())


def _wide(row: TaskRow) -> tuple[Shown, ...]:
    more = (f"{row.tool} {row.tool_version}", str(row.nodes or ""), row.owner)
    return *_narrow(row, BAR_CELLS), *more


def _narrow(row: TaskRow, bar_cells: int = SHORT_BAR_CELLS) -> tuple[Shown, ...]:
    bar = progress(row, bar_cells)
    return str(row.id), row.name, _state(row.state), str(row.priority), bar


def _state(state: TaskState) -> Styled:
    return Styled(named(state, TASK_STATES), STATE_STYLES.get(state, ""))


def _after(row: TaskRow) -> Said:
    if row.after is None:
        return Said()
    mode = _AFTER[row.after_mode]
    return Said(f"task {row.after}, {mode.en}", f"任务 {row.after}，{mode.zh}")


def _seconds(pace: Pace | None) -> Said:
    return Said() if pace is None else Said(f"{pace.mean_s:.2f} s", f"{pace.mean_s:.2f} 秒")


def _time(at: datetime | None) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}" if at else ""
