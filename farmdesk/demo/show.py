"""What the demo shows: bars while it works, and at the end what a person wants to know."""

import time

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column

from farmdesk.cli.screen import Screen, Styled
from farmdesk.cli.task_tables import check_line
from farmdesk.demo.place import Place
from farmdesk.demo.sheet import contact_sheet
from farmdesk.domain.records import NodeRecord
from farmdesk.domain.rows import TaskRow
from farmdesk.domain.said import Said
from farmdesk.domain.state_words import NODE_STATES, TASK_STATES
from farmdesk.domain.states import TaskState
from farmdesk.domain.task import ENDED
from farmdesk.link.farm_link import FarmLink

POLL_S = 0.1
_ALL_FRAMES = Said("All frames", "全部帧")
_DOT = Said(". ", "。")


def watch(link: FarmLink, task: int, screen: Screen) -> TaskRow:
    """Show bars for the task and its nodes until it has ended."""
    language = screen.language
    columns = (
        TextColumn("{task.description}", table_column=Column(min_width=22)),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=screen.console, refresh_per_second=5) as bars:
        whole = bars.add_task(_ALL_FRAMES.text(language), total=None, note="")
        nodes: dict[str, TaskID] = {}
        done: dict[str, int] = {}
        rev = 0
        while True:
            row = link.task(task)
            for frame in link.frames(task, rev):
                rev = frame.rev
                done[frame.record.node] = done.get(frame.record.node, 0) + 1
            note = TASK_STATES[row.state].text(language)
            bars.update(whole, total=row.total, completed=row.done, note=note)
            for node in link.nodes():
                name = node.record.node
                if name not in nodes:
                    nodes[name] = bars.add_task(f"  {name}", total=row.total, note="")
                note = _at_work(node.record).text(language)
                bars.update(nodes[name], completed=done.get(name, 0), note=note)
            if row.state in ENDED:
                return row
            time.sleep(POLL_S)


def tell_end(
    link: FarmLink, row: TaskRow, place: Place, screen: Screen, *, seconds: float, opened: int
) -> bool:
    """Tell what a person wants to know; True when every frame is proven and came back.

    `opened`: frames that came to the customer as they were recorded.
    """
    proven = row.state is TaskState.COMPLETED and opened == row.total
    screen.say("")
    mark, style = ("✔", "bold green") if proven else ("✘", "bold red")
    ended, why = TASK_STATES[row.state], Said(row.reason, row.reason_zh)
    screen.say(
        Styled(Said(f"{mark} {row.name}: ", f"{mark} {row.name}：") + ended + _DOT + why, style)
    )
    _tell_figures(row, screen, seconds=seconds)
    folder = place.results
    screen.say(
        Said(
            f"  Results  {opened} frames came back sealed, with the recorded digests: {folder}",
            f"  成果  {opened} 帧已加密取回，摘要与记录一致：{folder}",
        )
    )
    if frames := sorted(folder.glob("frame_*.*")):
        every = Said("every frame proven", "每帧均通过校验").text(screen.language)
        note = f"{row.done} · {seconds:.0f} s · {every}" if proven else ""
        contact_sheet(frames, place.sheet, title=row.name, note=note)
        screen.say(Said(f"  Sheet    {place.sheet}", f"  总览  {place.sheet}"))
    if not proven:
        for line in link.logs(task_id=row.id, limit=10):
            screen.say(Styled(f"  {line.record.level}: {line.record.text}", "red"))
        more = f"farmdesk logs {row.id} --farm {place.farm}"
        screen.say(Said(f"  More     {more}", f"  更多  {more}"))
    return proven


def _tell_figures(row: TaskRow, screen: Screen, *, seconds: float) -> None:
    mean = f"{row.render_s / row.done:.2f}" if row.done else "—"
    screen.say(
        Said(
            f"  Frames   {row.done} of {row.total}, {row.failed} failed",
            f"  帧数  {row.done} / {row.total}，失败 {row.failed}",
        )
    )
    screen.say(
        Said(
            f"  Time     {seconds:.1f} s from start to results, {mean} s a frame",
            f"  用时  从开始到取回成果 {seconds:.1f} 秒，平均每帧 {mean} 秒",
        )
    )
    if row.check_report:
        screen.say(Said("  Check    ", "  校验  ") + check_line(row.check_report))


def _at_work(node: NodeRecord) -> Said:
    """Say which frame a node renders, else what it does."""
    if node.frame is None:
        return NODE_STATES[node.state]
    return Said(f"frame {node.frame}", f"第 {node.frame} 帧")
