"""Runs the main job.

Submit, allocate, render on two nodes, check the sequence, show the results.
"""

import contextlib
import getpass
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from farmdesk.config import FILE, Config, read_config
from farmdesk.demo.blender import FRAMES, find_blender, make_scene
from farmdesk.demo.sheet import contact_sheet
from farmdesk.domain.commands import SubmitTask
from farmdesk.domain.errors import FarmError, Refused
from farmdesk.domain.records import TaskRow
from farmdesk.domain.states import TaskState
from farmdesk.domain.task import ENDED
from farmdesk.link.direct import DirectLink
from farmdesk.link.farm_link import FarmLink
from farmdesk.link.outcome import wait_outcome

START_S = 30.0
POLL_S = 0.1
STOP_S = 20.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where the demo works: the farm folder, the scene, the contact sheet."""

    folder: Path

    @property
    def farm(self) -> Path:
        """The farm folder."""
        return self.folder / "farm"

    @property
    def scene(self) -> Path:
        """The demo scene, made once."""
        return self.folder / "light-on-ice.blend"

    @property
    def sheet(self) -> Path:
        """The contact sheet of the last run."""
        return self.folder / "contact-sheet.png"


def run_demo(folder: Path, environment: Mapping[str, str], console: Console) -> bool:
    """Run the whole job and tell about it; True when every frame was proven."""
    place = Place(folder)
    config = _prepare(place, environment, console)
    begun = time.monotonic()
    link = DirectLink(config.database, issued_by=getpass.getuser())
    with _server(place.farm) as server:
        _await_farm(link, server, place)
        with _window(place.farm, environment, console):
            task = _submit(link, place)
            console.print(f"Task {task} is submitted: {place.scene.name}, frames {FRAMES}")
            row = _watch(link, task, console)
            proven = _tell(link, row, place, console, time.monotonic() - begun)
    link.close()
    return proven


def _prepare(place: Place, environment: Mapping[str, str], console: Console) -> Config:
    blender = find_blender(environment)
    place.farm.mkdir(parents=True, exist_ok=True)
    programs = json.dumps(str(blender), ensure_ascii=False)
    text = "# Written by the demo: two nodes on this machine.\nnodes = 2\n"
    text += f"[programs]\nblender = {programs}\n"
    (place.farm / FILE).write_text(text, encoding="utf-8")
    if not place.scene.exists():
        with console.status("Making the demo scene with Blender (once)"):
            make_scene(blender, place.scene)
    console.print(f"Renderer {blender}, scene {place.scene}")
    return read_config(place.farm)


@contextmanager
def _server(farm: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the farm's server beside us, and end it in good order."""
    log = farm / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "farmdesk", "server", "--farm", str(farm)],
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()


def _await_farm(link: FarmLink, server: "subprocess.Popen[bytes]", place: Place) -> None:
    """Wait until the server has made the farm's database and put its nodes into it."""
    end = time.monotonic() + START_S
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(FarmError):
            if link.nodes():
                return
        time.sleep(POLL_S)
    lines = (place.farm / "server.log").read_text("utf-8", "replace").strip().splitlines()
    last = lines[-1] if lines else ""
    raise Refused(
        f"The farm's server did not start. Its log {place.farm / 'server.log'} ends with: {last}",
        f"农场服务器未能启动。日志 {place.farm / 'server.log'} 的最后一行：{last}",
    )


@contextmanager
def _window(farm: Path, environment: Mapping[str, str], console: Console) -> Iterator[None]:
    """Open the operator's window where there is a display; it stays until the person closes it."""
    display = environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    if environment.get("WINDOW") == "0" or not display:
        yield
        return
    argv = [sys.executable, "-m", "farmdesk", "window", "--farm", str(farm)]
    process = subprocess.Popen(argv)
    try:
        yield
        console.print("The window stays open. Close it to end the demo.")
        process.wait()
    finally:
        process.terminate()


def _submit(link: FarmLink, place: Place) -> int:
    command = SubmitTask(
        name="Light on Ice · 冰上之光",
        tool="blender",
        tool_version="",
        scene=str(place.scene),
        frames=FRAMES,
        project="Demo",
        show="Opening ceremony",
        version="v1",
        start=True,
    )
    outcome = wait_outcome(link, link.send(command), START_S)
    if not outcome.applied or outcome.task_id is None:
        raise Refused(outcome.text, outcome.text_zh)
    return outcome.task_id


def _watch(link: FarmLink, task: int, console: Console) -> TaskRow:
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


def _tell(link: FarmLink, row: TaskRow, place: Place, console: Console, seconds: float) -> bool:
    """Tell what a person wants to know at the end; True when every frame is proven."""
    proven = row.state is TaskState.COMPLETED
    frames = sorted(Path(row.output).glob("frame_*.*"))
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
    console.print(f"  Results  {row.output}", soft_wrap=True)
    if frames:
        note = f"{row.done} frames · {seconds:.0f} s · every frame proven" if proven else ""
        contact_sheet(frames, place.sheet, title=row.name, note=note)
        console.print(f"  Sheet    {place.sheet}", soft_wrap=True)
    if not proven:
        for line in link.logs(task_id=row.id, limit=10):
            console.print(f"  {line.record.level}: {line.record.text}", style="red", soft_wrap=True)
        console.print(f"  More     farmdesk logs {row.id} --farm {os.fspath(place.farm)}")
    return proven
