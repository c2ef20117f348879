"""Carries out `farmdesk download`."""

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from farmdesk.cli.call import Call
from farmdesk.cli.uploading import transfer_session
from farmdesk.cli.visits import open_keys
from farmdesk.cli.watching import watched
from farmdesk.domain.errors import Refused
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.said import Said
from farmdesk.domain.sizes import size_text
from farmdesk.domain.state_words import REASONS, TASK_STATES
from farmdesk.domain.states import FailureReason, TaskState
from farmdesk.domain.task import ENDED
from farmdesk.link.remote.download import Download, Fetched
from farmdesk.link.remote.progress import Progress
from farmdesk.link.remote.result_door import ResultDoor


class FramesLost(Refused):
    """Some frames cannot be had."""

    def __init__(self, frames: Iterable[int]) -> None:
        self.frames = FrameSet.of(frames)
        super().__init__(
            f"Frames {self.frames} are not on the farm any more as they were proven. Ask the "
            "render staff to render them again.",
            f"第 {self.frames} 帧在农场上已丢失或损坏。请联系渲染人员重新渲染。",
        )


class FramesFailed(Refused):
    """Some frames were tried often enough, all for the same reason."""

    def __init__(self, frames: Iterable[int], reason: FailureReason | None) -> None:
        self.frames = FrameSet.of(frames)
        why = Said("nobody knows why", "原因不明") if reason is None else REASONS[reason]
        super().__init__(
            f"Frames {self.frames} failed: {why.en}. Ask the render staff, then fetch again.",
            f"第 {self.frames} 帧渲染失败（{why.zh}）。请联系渲染人员后重新下载。",
        )


class FramesAbsent(Refused):
    """Some frames of a task that has ended were never rendered."""

    def __init__(self, frames: FrameSet, state: TaskState) -> None:
        self.frames = frames
        word = TASK_STATES[state]
        super().__init__(
            f"Frames {frames} were not rendered: the task has ended ({word.en.lower()}). Why: "
            "farmdesk messages.",
            f"第 {frames} 帧未渲染：任务已结束（{word.zh}）。原因请见 farmdesk messages。",
        )


def download(call: Call) -> int:
    """Fetch what is proven of a task; 1 when frames of it cannot be had."""
    words = call.words
    frames = None if words.frames is None else FrameSet.parse(words.frames)
    folder = Path(words.to or f"results-{words.task}").absolute()
    keys = open_keys(call)
    with transfer_session(call.known_farm, keys) as session:

        def fetch(progress: Progress, pause: threading.Event) -> Fetched:
            fetching = Download(
                ResultDoor(session),
                keys,
                progress=progress,
                pause=pause,
                connections=max(1, words.connections),
            )
            return fetching.fetch(words.task, folder, frames, wait=words.wait)

        fetched = watched(call, folder.name, fetch)
    return _told(call, folder, fetched)


def _told(call: Call, folder: Path, fetched: Fetched) -> int:
    told = {
        "folder": str(folder),
        "files": fetched.files,
        "bytes": fetched.bytes,
        "skipped": fetched.skipped,
        "lost": fetched.lost,
        "given_up": fetched.given_up,
        "absent": str(fetched.absent),
        "state": fetched.state,
    }
    call.show(told, lambda: _say(call, folder, fetched))
    refusals = list(missing(fetched))
    for refused in refusals:
        call.complain(refused)
    return 1 if refusals else 0


def _say(call: Call, folder: Path, fetched: Fetched) -> None:
    size = size_text(fetched.bytes)
    en = f"{fetched.files} frames have come ({size}); {fetched.skipped} were here before: {folder}"
    zh = f"已下载 {fetched.files} 帧（{size}），{fetched.skipped} 帧此前已在本机：{folder}"
    call.say(en, zh)
    if fetched.absent and fetched.state not in ENDED:
        call.say(
            f"{len(fetched.absent)} frames are not proven yet; --wait brings them as they come.",
            f"还有 {len(fetched.absent)} 帧尚未完成；使用 --wait 可在完成时自动下载。",
        )


def missing(fetched: Fetched) -> Iterator[Refused]:
    """Say which frames cannot be had, and why."""
    if fetched.lost:
        yield FramesLost(fetched.lost)
    by_reason: dict[FailureReason | None, list[int]] = {}
    for frame, reason in fetched.given_up.items():
        by_reason.setdefault(reason, []).append(frame)
    for reason, frames in by_reason.items():
        yield FramesFailed(frames, reason)
    if fetched.absent and fetched.state in ENDED:
        yield FramesAbsent(fetched.absent, fetched.state)
