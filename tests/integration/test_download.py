"""Results come through a real gateway: whole or not at all, whatever dies, changes or is denied."""

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from farmdesk.domain.errors import FarmError, FarmUnavailable, Refused
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.states import FrameState, TaskState
from farmdesk.gateway.outgoing import AT_ONCE
from farmdesk.link.remote.download import Download, Fetched
from farmdesk.link.remote.download_errors import BadListing, DiskFull
from farmdesk.link.remote.parts_folder import PARTS, part_path
from farmdesk.link.remote.patience import Paused
from farmdesk.link.remote.progress import Progress
from farmdesk.link.remote.result_door import ResultDoor
from farmdesk.link.remote.session import RemoteSession
from farmdesk.link.results_wire import ResultsSeen
from farmdesk.security.sealed import SEGMENT, WrongKey
from farmdesk.security.user_keys import UserKeys
from tests.dying_fetch import Order
from tests.farm import wait_until
from tests.gateway_room import Room
from tests.gateways import keys_of
from tests.result_farm import RenderedTask, noise
from tests.transfer_farm import CUSTOMER, gateway_process
from tests.watched_progress import CountedBytes, PausesAfter

Pieces = AbstractContextManager[Iterator[bytes]]
LARGE = 20 * SEGMENT + 17  # two requests
CONTENTS = {-3: b"", 1: b"one", 2: noise(SEGMENT - 56), 3: noise(SEGMENT - 55), 10: noise(LARGE)}


@pytest.fixture
def task(room: Room, tmp_path: Path) -> RenderedTask:
    made = RenderedTask(room.url, tmp_path / "frames", "ann")
    made.make(CONTENTS)
    return made


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "results"


class Clients:
    """Users elsewhere who fetch results."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self._sessions = ExitStack()

    def session(self, login: str) -> RemoteSession:
        session = self.room.gateway.session(login)
        self._sessions.callback(session.close)
        return session

    def door(self, login: str = "ann") -> ResultDoor:
        return ResultDoor(self.session(login))

    def download(self, login: str = "ann", **more: Any) -> Download:
        return Download(more.pop("door", None) or self.door(login), keys_of(login), **more)

    def close(self) -> None:
        self._sessions.close()


@pytest.fixture
def clients(room: Room) -> Iterator[Clients]:
    made = Clients(room)
    yield made
    made.close()


def fetched(files: int, size: int, *, lost: tuple[int, ...] = (), absent: str = "") -> Fetched:
    """Give what a download says that brought so much, and nothing was here before."""
    frames = FrameSet.parse(absent) if absent else FrameSet()
    return Fetched(files, size, 0, lost=lost, given_up={}, absent=frames, state=TaskState.COMPLETED)


def frames_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def named(task: RenderedTask, *frames: int) -> dict[str, bytes]:
    return {task.file(frame).name: CONTENTS[frame] for frame in frames}


def test_all_frames_arrive_and_are_not_fetched_twice(
    clients: Clients, task: RenderedTask, into: Path
) -> None:
    progress = Progress()
    total = sum(map(len, CONTENTS.values()))
    assert clients.download(progress=progress).fetch(1, into) == fetched(
        5, total, absent="-2-0,4-9"
    )
    assert frames_in(into) == named(task, *CONTENTS)
    assert not (into / PARTS).exists()
    assert (progress.look().done, progress.look().total) == (total, total)
    task.file(10).unlink()  # nobody needs it any more
    again = clients.download().fetch(1, into)
    assert (again.files, again.skipped, again.lost) == (0, 4, (10,))
    assert frames_in(into) == named(task, *CONTENTS)


def test_chosen_frames_alone_arrive(clients: Clients, task: RenderedTask, into: Path) -> None:
    assert clients.download().fetch(1, into, FrameSet.parse("1-9x2,-3")).files == 3
    assert frames_in(into) == named(task, -3, 1, 3)


def test_results_are_listed_page_by_page(
    clients: Clients, task: RenderedTask, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("farmdesk.gateway.results.PAGE", 2)
    task.tell(2, attempt=2, state=FrameState.FAILED, sha256="", path="")  # no longer proven
    task.render(4, b"four")
    pages = list[ResultsSeen]()

    class Noting(ResultDoor):
        def results(self, task_id: int, frames: FrameSet | None, since: int) -> ResultsSeen:
            pages.append(super().results(task_id, frames, since))
            return pages[-1]

    door = Noting(clients.session("ann"))
    assert clients.download(door=door).fetch(1, into).files == 5
    # the five of one revision are not torn apart; the attempt in vain and frame 4 are the next
    assert [len(page.results) for page in pages] == [5, 1, 0]
    assert [seen.frame for seen in pages[1].unproven] == [2]
    pages.clear()
    assert clients.download(door=door).fetch(1, into, FrameSet.parse("3-4")).skipped == 2
    assert [len(page.results) for page in pages] == [2, 0]


def test_of_frames_in_vain_it_is_told_which_are_given_up(
    clients: Clients, task: RenderedTask
) -> None:
    task.tell(4, state=FrameState.FAILED, sha256="", path="")
    task.tell(5, state=FrameState.RETRYING, sha256="", path="")
    unproven = clients.door().results(1, FrameSet.parse("3-5"), 0).unproven
    assert [(seen.frame, seen.given_up) for seen in unproven] == [(4, True), (5, False)]


def test_what_a_user_reads_at_a_time_is_bounded(clients: Clients, task: RenderedTask) -> None:
    door, other = clients.door(), clients.door()
    version = bytes.fromhex(door.results(1, FrameSet.parse("10"), 0).results[0].version)
    with ExitStack() as slow:
        for _ in range(AT_ONCE):
            slow.enter_context(door.run(1, 10, version, range(16)))
        with pytest.raises(FarmUnavailable), other.run(1, 10, version, range(16)):
            pass

    def is_free() -> bool:
        try:
            with other.run(1, 10, version, range(16)):
                return True
        except FarmUnavailable:
            return False

    wait_until(is_free, "the files of clients who hung up are closed")


def test_a_file_that_is_not_the_frame_is_replaced(
    clients: Clients, task: RenderedTask, into: Path
) -> None:
    into.mkdir()
    (into / task.file(1).name).write_bytes(b"eno")
    assert clients.download().fetch(1, into).skipped == 0
    assert frames_in(into) == named(task, *CONTENTS)


def test_only_the_owner_and_the_staff_get_results(
    clients: Clients, task: RenderedTask, into: Path
) -> None:
    with pytest.raises(Refused) as other:
        clients.download("bob").fetch(1, into)
    with pytest.raises(Refused) as none:
        clients.download("bob").fetch(2, into)
    assert str(other.value).replace("1", "2") == str(none.value)
    listed = clients.door().results(1, None, 0).results
    bob = clients.door("bob")
    version = bytes.fromhex(listed[1].version)
    with pytest.raises(Refused), bob.run(1, 1, version, range(1)):
        pass
    with (
        pytest.raises(Refused, match="has 1 segments"),
        clients.door().run(1, 1, version, range(1, 2)),
    ):
        pass
    assert not into.exists()
    assert clients.download("operator").fetch(1, into).files == 5


def test_a_download_is_audited_once_and_begins_with_a_fresh_login(
    clients: Clients, task: RenderedTask, into: Path
) -> None:
    fetching = clients.download()
    clients.room.clock.turn(minutes=6)
    fetching.fetch(1, into)
    fetching.fetch(1, into.with_name("again"))
    begun = [record for record in clients.room.audit() if record.action == "download_begun"]
    assert [(record.actor, record.subject) for record in begun] == [("ann", "task 1")]
    assert [record.action for record in clients.room.audit()].count("login") == 2


def test_a_suspended_user_gets_nothing_more(
    clients: Clients, task: RenderedTask, into: Path
) -> None:
    class Suspending(ResultDoor):
        """The farm suspends ann after her first request for a large frame."""

        def run(self, task_id: int, frame: int, version: bytes, segments: range) -> Pieces:
            if segments.start > 0:
                clients.room.suspend("ann")
            return super().run(task_id, frame, version, segments)

    fetching = clients.download(door=Suspending(clients.session("ann")))
    with pytest.raises(Refused):
        fetching.fetch(1, into)
    assert task.file(10).name not in frames_in(into)


def test_a_frame_that_changes_in_the_middle_comes_in_its_new_form(
    clients: Clients, task: RenderedTask, into: Path
) -> None:
    """Also what has come of the old form is never mixed with it."""
    new = noise(LARGE)

    class Rendering(ResultDoor):
        def run(self, task_id: int, frame: int, version: bytes, segments: range) -> Pieces:
            if segments.start > 0 and task.file(10).read_bytes() != new:
                task.render(10, new, attempt=2)
            return super().run(task_id, frame, version, segments)

    fetching = clients.download(door=Rendering(clients.session("ann")))
    assert fetching.fetch(1, into).files == 5
    assert frames_in(into)[task.file(10).name] == new
    assert not (into / PARTS).exists()


def test_an_answer_is_cut_off_where_its_frame_changes(
    clients: Clients, task: RenderedTask, into: Path
) -> None:
    """What is under way is not mixed with bytes that were not listed."""

    class Overwriting(Progress):
        def say(self, error: FarmError) -> None:
            super().say(error)
            told.append(error)

        def add(self, count: int) -> None:
            super().add(count)
            if count == SEGMENT - 16 and not told:
                os.utime(task.file(10), ns=(0, 0))

    told = list[FarmError]()
    fetching = clients.download(progress=Overwriting(), connections=1)
    assert fetching.fetch(1, into, FrameSet.parse("10")) == fetched(1, LARGE)
    assert told
    assert frames_in(into) == named(task, 10)


def test_a_frame_that_is_not_what_was_proven_gets_no_name(
    clients: Clients, task: RenderedTask, into: Path
) -> None:
    damaged = bytearray(CONTENTS[3])
    damaged[1000] ^= 1
    task.file(3).write_bytes(damaged)  # as bad memory or a bad disk does it
    task.file(1).unlink()
    task.file(2).write_bytes(b"cut off")
    assert clients.download().fetch(1, into).lost == (1, 2, 3)
    assert frames_in(into) == named(task, -3, 10)
    assert not (into / PARTS).exists()


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "link", "links/secret", "pipe"])
def test_no_name_leads_out_of_the_frames(
    clients: Clients, task: RenderedTask, into: Path, path: str
) -> None:
    secret = task.folder.parent / "secret"
    secret.write_bytes(b"secret")
    (task.folder / "link").symlink_to(secret)
    (task.folder / "links").symlink_to(task.folder.parent)
    os.mkfifo(task.folder / "pipe")
    task.tell(5, path=path, bytes=6)
    listed = clients.door().results(1, FrameSet.parse("5"), 0)
    assert [seen.version for seen in listed.results] == [""]
    if path in ("link", "links/secret", "pipe"):
        assert clients.download().fetch(1, into, FrameSet.parse("5")) == fetched(0, 0, lost=(5,))
    else:
        with pytest.raises(BadListing):
            clients.download().fetch(1, into, FrameSet.parse("2-5"))
        assert not into.exists()


def test_another_key_of_the_same_user_opens_nothing(
    clients: Clients, task: RenderedTask, into: Path
) -> None:
    with pytest.raises(WrongKey):
        Download(clients.door(), UserKeys.make("ann", 2)).fetch(1, into)
    assert not into.exists()


def test_a_pause_keeps_what_has_come(clients: Clients, task: RenderedTask, into: Path) -> None:
    only, pause = FrameSet.parse("10"), threading.Event()

    fetching = clients.download(progress=PausesAfter(10 * SEGMENT, pause), pause=pause)
    with pytest.raises(Paused):
        fetching.fetch(1, into, only)
    assert frames_in(into) == {}
    progress = CountedBytes()
    assert clients.download(progress=progress).fetch(1, into, only).files == 1
    assert progress.came < LARGE - 5 * SEGMENT
    assert frames_in(into) == named(task, 10)


def test_a_part_that_lost_bytes_with_the_power_is_fetched_anew(
    clients: Clients, task: RenderedTask, into: Path
) -> None:
    version = clients.door().results(1, FrameSet.parse("10"), 0)
    part = part_path(into, "frames-1-10", bytes.fromhex(version.results[0].version))
    part.parent.mkdir(parents=True)
    part.write_bytes(bytes(15 * SEGMENT))
    assert clients.download().fetch(1, into).files == 5
    assert frames_in(into) == named(task, *CONTENTS)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_full_disk_is_told_and_nothing_is_there_by_half(
    clients: Clients, task: RenderedTask, into: Path
) -> None:
    into.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={LARGE - SEGMENT}", "none", str(into)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("nothing may be mounted here")
    try:
        with pytest.raises(DiskFull, match=r"MB more"):
            clients.download().fetch(1, into)

        class Filling(ResultDoor):
            """Another program fills the disk meanwhile."""

            def run(self, task_id: int, frame: int, version: bytes, segments: range) -> Pieces:
                if segments.start > 0:
                    with suppress(OSError):
                        (into / "other").write_bytes(bytes(2 * LARGE))
                return super().run(task_id, frame, version, segments)

        subprocess.run(["mount", "-o", f"remount,size={2 * LARGE}", str(into)], check=True)
        door = Filling(clients.session("ann"))
        with pytest.raises(DiskFull):
            clients.download(door=door).fetch(1, into, FrameSet.parse("10"))
        (into / "other").unlink()
        assert frames_in(into) == {}
        assert clients.download().fetch(1, into).files == 5
        assert frames_in(into) == named(task, *CONTENTS)
    finally:
        subprocess.run(["umount", str(into)], check=True)


def test_the_gateway_is_killed_and_the_download_goes_on(tmp_path: Path) -> None:
    with gateway_process(tmp_path / "farm") as gateway:
        made = RenderedTask(gateway.url, tmp_path / "frames", CUSTOMER, task_id=2, flushes=1)
        made.make({1: CONTENTS[10]})
        killed, at_the_gateway = threading.Event(), threading.Lock()

        class Killing(Progress):
            def add(self, count: int) -> None:
                super().add(count)
                with at_the_gateway:
                    if self.look().done > 5 * SEGMENT and not killed.is_set():
                        killed.set()
                        gateway.kill()

            def say(self, error: FarmError) -> None:
                assert isinstance(error, FarmUnavailable)
                super().say(error)
                with at_the_gateway:
                    if gateway.process is None:
                        gateway.start()

        session = gateway.session()
        fetching = Download(ResultDoor(session), keys_of(CUSTOMER), progress=Killing())
        assert fetching.fetch(2, tmp_path / "results").files == 1
        session.close()
        assert killed.is_set()
        assert frames_in(tmp_path / "results")[made.file(1).name] == CONTENTS[10]


def test_the_client_is_killed_and_the_next_one_goes_on(
    clients: Clients, task: RenderedTask, into: Path
) -> None:
    gateway = clients.room.gateway
    order = Order.of(
        keys_of("ann"),
        url=gateway.url,
        authority=gateway.authority,
        what="frames",
        folder=str(into),
        size=14 * SEGMENT,
    )
    assert order.is_fatal()
    assert task.file(10).name not in frames_in(into)
    progress = CountedBytes()
    assert clients.download(progress=progress).fetch(1, into).lost == ()
    assert progress.came <= LARGE - 10 * SEGMENT
    assert frames_in(into) == named(task, *CONTENTS)
