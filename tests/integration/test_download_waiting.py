"""A download waits for a task: each frame comes as it is proven, until the task has ended."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from farmdesk.cli.uploading import transfer_session
from farmdesk.domain.errors import Refused
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.states import FailureReason, FrameState, TaskState
from farmdesk.link.remote.download import Download, Fetched
from farmdesk.link.remote.known_farm import KnownFarm
from farmdesk.link.remote.patience import Paused
from farmdesk.link.remote.progress import Progress
from farmdesk.link.remote.result_door import ResultDoor
from farmdesk.link.remote.session import RemoteSession, log_in
from farmdesk.link.results_wire import ResultsSeen
from tests.farm import wait_until
from tests.gateway_room import Room
from tests.gateways import keys_of
from tests.result_farm import RenderedTask, noise

Happening = Callable[[], object]
FIRST = {1: b"one", 2: b"two"}


@pytest.fixture
def task(room: Room, tmp_path: Path) -> RenderedTask:
    made = RenderedTask(room.url, tmp_path / "frames", "ann", frames="1-6")
    made.make(FIRST, TaskState.RENDERING)
    return made


@pytest.fixture
def session(room: Room) -> Iterator[RemoteSession]:
    with closing(room.gateway.session("ann")) as session:
        yield session


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "results"


class Happenings(ResultDoor):
    """The farm's pages; behind each look something happens on the farm."""

    def __init__(self, session: RemoteSession, *happenings: Happening) -> None:
        super().__init__(session)
        self.pages = list[ResultsSeen]()
        self._happenings = iter(happenings)

    def results(self, task_id: int, frames: FrameSet | None, since: int) -> ResultsSeen:
        self.pages.append(super().results(task_id, frames, since))
        next(self._happenings, lambda: None)()
        return self.pages[-1]


def fetch(door: ResultDoor, into: Path, chosen: FrameSet | None = None, **more: object) -> Fetched:
    download = Download(door, keys_of("ann"), poll_s=0.001, **more)  # type: ignore[arg-type]
    return download.fetch(1, into, chosen, wait=True)


def came(task: RenderedTask, into: Path, frame: int, content: bytes) -> Happening:
    """Wait until a frame lies on the customer's disk."""
    path = into / task.file(frame).name

    def look() -> None:
        wait_until(lambda: path.exists() and path.read_bytes() == content, f"frame {frame}")

    return look


def then(*happenings: Happening) -> Happening:
    def all_of_them() -> None:
        for happening in happenings:
            happening()

    return all_of_them


def test_frames_come_as_they_are_proven_and_anew_as_they_are_rendered_again(
    task: RenderedTask, session: RemoteSession, into: Path
) -> None:
    """Each is here before the task goes on; a look tells of what is new alone."""
    again = noise(3_000_000)
    here = then(came(task, into, 1, b"one"), came(task, into, 2, b"two"))
    door = Happenings(
        session,
        lambda: None,
        then(here, lambda: task.render(4, b"four")),
        lambda: None,
        then(came(task, into, 4, b"four"), lambda: task.render(2, again, attempt=2)),
        lambda: None,
        then(came(task, into, 2, again), lambda: task.fail(3, FailureReason.GPU)),
        lambda: task.render(5, b"five"),
        lambda: task.end(TaskState.PARTLY_FAILED),
    )
    progress = Progress()
    fetched = fetch(door, into, progress=progress)
    assert fetched == Fetched(
        files=4,
        bytes=3 + len(again) + 4 + 4,
        skipped=0,
        lost=(),
        given_up={3: FailureReason.GPU},
        absent=FrameSet.parse("6"),
        state=TaskState.PARTLY_FAILED,
    )
    contents = {1: b"one", 2: again, 4: b"four", 5: b"five"}
    assert {task.file(frame).name: content for frame, content in contents.items()} == {
        path.name: path.read_bytes() for path in into.iterdir()
    }
    told = [[seen.frame for seen in page.results] for page in door.pages]
    assert [frames for frames in told if frames] == [[1, 2], [4], [2], [5]]
    seen = progress.look()
    assert (seen.done, seen.total, seen.files) == (fetched.bytes, fetched.bytes, (4, 6))


def test_a_frame_is_rendered_again_while_its_old_form_is_on_its_way(
    task: RenderedTask, session: RemoteSession, into: Path
) -> None:
    """The new one gets the name, whichever is here first."""
    old, new = noise(3_000_000), noise(2_000_000)
    task.render(3, old)
    held, told = threading.Event(), threading.Event()

    class Holding(Progress):
        """Keeps the old form back at its first segment until the farm has told of the new one."""

        def add(self, count: int) -> None:
            super().add(count)
            if count > 1_000_000 and not held.is_set():
                held.set()
                assert told.wait(30)

    door = Happenings(
        session,
        lambda: None,
        then(lambda: held.wait(30), lambda: task.render(3, new, attempt=2)),
        lambda: None,
        told.set,
        lambda: task.end(TaskState.STOPPED),
    )
    fetched = fetch(door, into, FrameSet.parse("3"), progress=Holding(), connections=2)
    assert (fetched.files, fetched.bytes, fetched.lost) == (1, len(new), ())
    assert (into / task.file(3).name).read_bytes() == new
    assert [path.name for path in into.iterdir()] == [task.file(3).name]


def test_a_frame_that_the_check_did_not_accept_comes_when_it_is_proven(
    task: RenderedTask, session: RemoteSession, into: Path
) -> None:
    task.file(2).unlink()
    door = Happenings(
        session,
        lambda: task.tell(2, attempt=2, state=FrameState.RETRYING, sha256="", path=""),
        lambda: task.render(2, b"two again", attempt=3),
        lambda: task.end(TaskState.STOPPED),
    )
    fetched = fetch(door, into)
    assert (fetched.files, fetched.lost, str(fetched.absent)) == (2, (), "3-6")
    assert (into / task.file(2).name).read_bytes() == b"two again"


def test_a_wait_is_paused_and_goes_on(
    task: RenderedTask, session: RemoteSession, into: Path
) -> None:
    pause = threading.Event()
    here = then(came(task, into, 1, b"one"), came(task, into, 2, b"two"))
    door = Happenings(session, lambda: None, then(here, pause.set))
    with pytest.raises(Paused):
        fetch(door, into, pause=pause)
    task.render(3, b"three")
    task.end(TaskState.STOPPED)
    fetched = fetch(Happenings(session), into)
    assert (fetched.files, fetched.skipped) == (1, 2)


def test_who_is_suspended_while_he_waits_gets_nothing_more(
    room: Room, task: RenderedTask, session: RemoteSession, into: Path
) -> None:
    door = Happenings(
        session,
        lambda: None,
        then(came(task, into, 1, b"one"), came(task, into, 2, b"two")),
        then(lambda: task.render(3, b"three"), lambda: room.suspend("ann")),
    )
    with pytest.raises(Refused):
        fetch(door, into)
    assert sorted(path.read_bytes() for path in into.iterdir()) == [b"one", b"two"]


def test_a_look_that_finds_nothing_new_opens_no_file(
    task: RenderedTask, session: RemoteSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = ResultDoor(session)
    first = door.results(1, None, 0)
    assert (len(first.results), first.frames, first.more) == (2, "1-6", False)
    monkeypatch.setattr("farmdesk.gateway.results.seen", None)  # whoever calls it fails
    again = door.results(1, None, first.rev)
    assert (again.results, again.unproven, again.rev) == ([], [], first.rev)


@pytest.mark.parametrize(("minutes", "logins"), [(0, 1), (6, 2)])
def test_a_transfer_needs_no_login_where_one_is_fresh(
    room: Room, task: RenderedTask, into: Path, tmp_path: Path, minutes: int, logins: int
) -> None:
    """What is remembered goes on afterwards; what was begun for the transfer ends with it."""
    farm = KnownFarm(room.gateway.url, tmp_path)
    farm.trust(room.gateway.authority)
    with closing(farm.door()) as door:
        farm.keep_session(log_in(door, keys_of("ann")))
    room.clock.turn(minutes=minutes)
    task.end(TaskState.STOPPED)
    with transfer_session(farm, keys_of("ann")) as session:
        assert fetch(ResultDoor(session), into).files == 2
    acts = [record.action for record in room.audit()]
    assert (acts.count("login"), acts.count("logout")) == (logins, logins - 1)
    with closing(farm.session()) as session:
        assert len(ResultDoor(session).results(1, None, 0).results) == 2
