"""What the demo shows: bars while it works, and at the end what a person wants to know."""

import json
import os
import time

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from farmdesk.demo.place import Place
from farmdesk.demo.sheet import contact_sheet
from farmdesk.domain.rows import TaskRow
from farmdesk.domain.states import TaskState
from farmdesk.domain.task import ENDED
from farmdesk.link.farm_link import FarmLink

POLL_S = 0.1


def watch(link: FarmLink, task: int, console: Console) -> TaskRow:
    """Show bars for the task and its nodes until it has ended."""
    columns = (
        TextColumn("{task.description:<22}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, refresh_per_second=5) as bars:
        whole = bars.add_task("All frames", total=None, note="")
        nodes: dict[str, TaskID] = {}
        done: dict[str, int] = {}
        rev = 0
        while True:
            row = link.task(task)
            for frame in link.frames(task, rev):
                rev = frame.rev
                done[frame.record.node] = done.get(frame.record.node, 0) + 1
            bars.update(whole, total=row.total, completed=row.done, note=row.state.value)
            for node in link.nodes():
                name = node.record.node
                if name not in nodes:
                    nodes[name] = bars.add_task(f"  {name}", total=row.total, note="")
                at = node.record.frame
                bars.update(
                    nodes[name],
                    completed=done.get(name, 0),
                    note=f"frame {at}" if at is not None else node.record.state.value,
                )
            if row.state in ENDED:
                return row
            time.sleep(POLL_S)


def tell_end(
    link: FarmLink, row: TaskRow, place: Place, console: Console, *, seconds: float, opened: int
) -> bool:
    """Tell what a person wants to know; True when every frame is proven and came back.

    `opened`: frames that came to the customer as they were recorded.
    """
    proven = row.state is TaskState.COMPLETED and opened == row.total
    frames = sorted(place.results.glob("frame_*.*"))
    console.print()
    mark = "[bold green]✔[/]" if proven else "[bold red]✘[/]"
    console.print(f"{mark} {row.name}: {row.state.value.replace('_', ' ')}. {row.reason}")
    mean = f", {row.render_s / row.done:.2f} s a frame" if row.done else ""
    console.print(f"  Frames   {row.done} of {row.total}, {row.failed} failed")
    console.print(f"  Time     {seconds:.1f} s from start to results{mean}")
    if row.check_report:
        report = json.loads(row.check_report)
        console.print(
            f"  Check    {report['proven']} of {report['total']} frames present, whole, "
            f"{report['width']}x{report['height']}, newer than the start, digest as recorded "
            f"({report['seconds']:.1f} s)"
        )
    console.print(
        f"  Results  {opened} frames came back sealed, with the recorded digests: {place.results}",
        soft_wrap=True,
    )
    if frames:
        note = f"{row.done} frames · {seconds:.0f} s · every frame proven" if proven else ""
        contact_sheet(frames, place.sheet, title=row.name, note=note)
        console.print(f"  Sheet    {place.sheet}", soft_wrap=True)
    if not proven:
        for line in link.logs(task_id=row.id, limit=10):
            console.print(f"  {line.record.level}: {line.record.text}", style="red", soft_wrap=True)
        console.print(f"  More     farmdesk logs {row.id} --farm {os.fspath(place.farm)}")
    return proven
