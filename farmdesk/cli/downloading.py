"""Carries out `farmdesk download`."""

import threading
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from farmdesk.cli.call import Call, language
from farmdesk.cli.uploading import fresh_session
from farmdesk.cli.visits import open_keys
from farmdesk.cli.watching import watched
from farmdesk.domain.errors import Refused
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.task import ENDED
from farmdesk.link.remote.download import Download, Fetched
from farmdesk.link.remote.link import RemoteLink
from farmdesk.link.remote.patience import PATIENCE_S, Patience, Paused
from farmdesk.link.remote.progress import Progress
from farmdesk.link.remote.result_door import ResultDoor

POLL_S = 2.0


class FramesLost(Refused):
    """Some frames cannot be had."""

    def __init__(self, frames: Iterable[int]) -> None:
        self.frames = FrameSet.of(frames)
        super().__init__(
            f"Frames {self.frames} are not on the farm any more as they were proven. Ask the "
            "render staff to render them again.",
            f"第 {self.frames} 帧在农场上已丢失或损坏。请联系渲染人员重新渲染。",
        )


def download(call: Call) -> int:
    """Fetch what is proven of a task; 1 when frames of it are lost."""
    words = call.words
    frames = None if words.frames is None else FrameSet.parse(words.frames)
    folder = Path(words.to or f"results-{words.task}").absolute()
    keys = open_keys(call)
    with fresh_session(call.known_farm, keys) as session:

        def fetch(progress: Progress, pause: threading.Event) -> Fetched:
            if words.wait:
                patience = Patience(pause, progress, PATIENCE_S)
                _await_end(RemoteLink(session), words.task, patience, pause)
            fetching = Download(
                ResultDoor(session),
                keys,
                progress=progress,
                pause=pause,
                connections=max(1, words.connections),
            )
            return fetching.fetch(words.task, folder, frames)

        fetched = watched(call, folder.name, fetch)
    return _told(call, folder, fetched)


def _await_end(link: RemoteLink, task_id: int, patience: Patience, pause: threading.Event) -> None:
    """Wait until a task has ended. Raises Paused."""
    while patience.ask(lambda: link.task(task_id)).state not in ENDED:
        if pause.wait(POLL_S):
            raise Paused


def _told(call: Call, folder: Path, fetched: Fetched) -> int:
    size = f"{fetched.bytes / 1e6:,.1f} MB"
    en = f"{fetched.files} frames have come ({size}); {fetched.skipped} were here before: {folder}"
    zh = f"已下载 {fetched.files} 帧（{size}），{fetched.skipped} 帧此前已在本机：{folder}"
    call.show({"folder": str(folder), **asdict(fetched)}, lambda: call.say(en, zh))
    if fetched.lost:
        call.complain(FramesLost(fetched.lost).text(language()))
    return 1 if fetched.lost else 0
