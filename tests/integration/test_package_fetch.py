"""Packages are fetched through a real gateway by the staff: whole, sealed, and by nobody else."""

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from farmdesk.domain.errors import FarmError, FarmUnavailable, Refused
from farmdesk.domain.users import Role
from farmdesk.link.packages_wire import FilesWanted, FileWanted, PackageFileSeen, PackageSeen
from farmdesk.link.remote.package_door import PackageDoor
from farmdesk.link.remote.package_fetch import FetchedPackage, PackageFetch
from farmdesk.link.remote.parts_folder import PARTS
from farmdesk.link.remote.patience import Paused
from farmdesk.link.remote.progress import Progress
from farmdesk.link.wire import LoginNeeded
from farmdesk.security.sealed import HEADER, SEGMENT, Seed, SegmentPlan
from farmdesk.security.sealed_packages import package_file_version
from tests.dying_fetch import Order
from tests.gateway_room import Room
from tests.gateways import add_user, keys_of
from tests.package_farm import PackagedTask, files_in
from tests.result_farm import noise
from tests.transfer_farm import gateway_process
from tests.watched_progress import CountedBytes, PausesAfter

LARGE = 20 * SEGMENT + 17  # two requests
CONTENTS = {
    "a.blend": noise(SEGMENT - 55),
    "textures/冰/ice.exr": noise(LARGE),
    "textures/empty": b"",
    "textures.txt": b"behind the folder",
    "b": b"last",
}


@pytest.fixture
def task(room: Room, tmp_path: Path) -> PackagedTask:
    made = PackagedTask(room.url, tmp_path / "work", "ann")
    made.make(CONTENTS)
    return made


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "to"


class Clients:
    """Users elsewhere who fetch packages."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self._sessions = ExitStack()

    def door(self, login: str = "operator", kind: type[PackageDoor] = PackageDoor) -> PackageDoor:
        session = self.room.gateway.session(login)
        self._sessions.callback(session.close)
        return kind(session)

    def fetch(self, login: str = "operator", **more: Any) -> PackageFetch:
        return PackageFetch(more.pop("door", None) or self.door(login), keys_of(login), **more)

    def close(self) -> None:
        self._sessions.close()


@pytest.fixture
def clients(room: Room) -> Iterator[Clients]:
    made = Clients(room)
    yield made
    made.close()


def test_a_package_arrives_and_each_fetch_is_on_record(
    clients: Clients, task: PackagedTask, into: Path
) -> None:
    total = sum(map(len, CONTENTS.values()))
    assert clients.fetch().fetch(1, into) == FetchedPackage(5, 5, total)
    assert files_in(into) == CONTENTS
    one, other = task.package / "b", into / "b"
    assert one.stat().st_mtime_ns == other.stat().st_mtime_ns
    boss = clients.fetch("boss")
    for minutes in (0, 6):  # one session: a fetch begins with a login of just now all the same
        clients.room.clock.turn(minutes=minutes)
        assert boss.fetch(1, into) == FetchedPackage(5, 0, total)
    records = clients.room.audit()
    begun = [record for record in records if record.action == "fetch_package"]
    assert [(record.actor, record.subject) for record in begun] == [
        ("operator", "task 1"),
        ("boss", "task 1"),
        ("boss", "task 1"),
    ]
    assert [record.action for record in records].count("login") == 3


def test_a_package_is_listed_page_by_page(
    clients: Clients, task: PackagedTask, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it is one fetch."""
    monkeypatch.setattr("farmdesk.gateway.packages.PAGE", 2)
    pages = list[PackageSeen]()

    class Noting(PackageDoor):
        def files(self, task_id: int, after: str) -> PackageSeen:
            pages.append(super().files(task_id, after))
            clients.room.clock.turn(minutes=6)  # what has begun needs no login of just now
            return pages[-1]

    assert clients.fetch(door=clients.door(kind=Noting)).fetch(1, into).files == 5
    assert [[seen.name for seen in page.files] for page in pages] == [
        ["a.blend", "b"],
        ["textures/empty", "textures/冰/ice.exr"],
        ["textures.txt"],
    ]
    actions = [record.action for record in clients.room.audit()]
    assert (actions.count("fetch_package"), actions.count("login")) == (1, 1)


def test_a_customer_is_told_of_every_task_that_there_is_no_package(
    clients: Clients, task: PackagedTask
) -> None:
    [_, seen, *_] = clients.door().files(1, "").files
    own = clients.door("ann")
    told = set[str]()
    for number in (1, 2):
        with pytest.raises(Refused) as listed:
            own.files(number, "")
        with (
            pytest.raises(Refused) as read,
            own.run(number, seen.name, bytes.fromhex(seen.version), range(1)),
        ):
            pass
        with pytest.raises(Refused) as together, own.together(number, _wanted(seen)):
            pass
        told |= {str(refused.value).replace("2", "1") for refused in (listed, read, together)}
    assert len(told) == 1
    assert [r.actor for r in clients.room.audit() if r.action == "fetch_package"] == ["operator"]


def _wanted(*seen: PackageFileSeen, **changed: int) -> FilesWanted:
    files = [FileWanted(file.name, file.version, file.size) for file in seen]
    return FilesWanted([replace(file, **changed) for file in files])  # type: ignore[arg-type]


def test_small_files_come_sealed_behind_each_other(clients: Clients, task: PackagedTask) -> None:
    """Each under a seed of its own; what is not as it was listed ends the answer."""
    door = clients.door()
    listed = {seen.name: seen for seen in door.files(1, "").files}
    small = [listed[name] for name in ("b", "textures/empty", "textures.txt")]
    sealed = [SegmentPlan(seen.size).sealed_size for seen in small]
    with door.together(1, _wanted(*small)) as pieces:
        answer = b"".join(pieces)
    assert len(answer) == sum(sealed)
    begins = (sum(sealed[:place]) for place in range(3))
    assert len({Seed.of_header(answer[begin:][:HEADER]).salt for begin in begins}) == 3
    task.write("textures/empty", b"no more")
    with door.together(1, _wanted(*small)) as pieces:
        assert len(b"".join(pieces)) == sealed[0]
    with (
        pytest.raises(Refused, match="textures/empty has changed"),
        door.together(1, _wanted(*small[1:])),
    ):
        pass
    with (
        pytest.raises(Refused, match="b has changed"),
        door.together(1, _wanted(small[0], size=5)),  # its version is the listed one
    ):
        pass


def test_a_session_that_is_over_fetches_nothing(
    clients: Clients, task: PackagedTask, into: Path
) -> None:
    header = clients.room.enter("operator")
    client = clients.room.client
    assert client.get("/packages/1", headers=header).status_code == 200
    assert client.delete("/session", headers=header).is_success
    assert client.get("/packages/1", headers=header).status_code == 401
    assert client.get("/packages/1").status_code == 401
    session = clients.room.gateway.session("operator")
    session.end()  # whoever copied its token comes late, and has no keys to log in anew
    session._keys = None
    with pytest.raises(LoginNeeded):
        PackageFetch(PackageDoor(session), keys_of("operator")).fetch(1, into)
    session.close()
    assert not into.exists()


def test_a_scene_on_the_storage_is_not_given(
    clients: Clients, room: Room, tmp_path: Path, into: Path
) -> None:
    """An operator could name any file that the farm's account may read."""
    secret = tmp_path / "master.key"
    secret.write_bytes(b"secret")
    made = PackagedTask(room.url, tmp_path / "work", "operator")
    made.make({"master.key": b"not this one"}, scene=str(secret))
    with pytest.raises(Refused, match="lies on the farm's storage"):
        clients.fetch().fetch(1, into)
    with pytest.raises(Refused, match="no task 7"):
        clients.fetch().fetch(7, into)


@pytest.mark.parametrize(
    "name", ["../frames/0001.png", "/etc/passwd", "link", "links/secret", "pipe", "textures", "no"]
)
def test_no_name_leads_out_of_the_package(
    clients: Clients, task: PackagedTask, into: Path, name: str
) -> None:
    secret = task.folder / "secret"
    secret.write_bytes(b"secret")
    (task.package / "link").symlink_to(secret)
    (task.package / "links").symlink_to(task.folder)
    os.mkfifo(task.package / "pipe")
    task.write("CON.txt", b"a name that some system does not take")
    assert [seen.name for seen in clients.door().files(1, "").files] == sorted(
        CONTENTS, key=lambda one: one.split("/")
    )
    door = clients.door()
    with pytest.raises(Refused, match="has changed"), door.run(1, name, bytes(32), range(1)):
        pass
    asked = FilesWanted([FileWanted(name, "00" * 32, 0)])
    with pytest.raises(Refused, match="has changed"), door.together(1, asked):
        pass
    assert clients.fetch().fetch(1, into).files == 5
    assert files_in(into) == CONTENTS


def test_a_link_in_the_package_s_own_place_leads_nowhere(
    clients: Clients, task: PackagedTask, into: Path
) -> None:
    """A program on a node may put one there, and tell somebody how what it leads to looks."""
    elsewhere = task.folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "master.key").write_bytes(b"secret")
    task.package.rename(task.folder / "moved")
    task.package.symlink_to(elsewhere)
    version = package_file_version(1, "master.key", (elsewhere / "master.key").stat())
    door = clients.door()
    with pytest.raises(Refused), door.run(1, "master.key", version, range(1)):
        pass
    with pytest.raises(Refused, match="no package"):
        clients.fetch().fetch(1, into)


def test_a_file_that_changes_in_the_middle_comes_in_its_new_form(
    clients: Clients, task: PackagedTask, into: Path
) -> None:
    """Also where the answer is under way: it is cut off, and what has come is not mixed."""
    name, new = "textures/冰/ice.exr", noise(LARGE)

    class Writing(Progress):
        def add(self, count: int) -> None:
            super().add(count)
            if count == SEGMENT - 16 and (task.package / name).read_bytes() != new:
                task.write(name, new)

    assert clients.fetch(progress=Writing()).fetch(1, into).files == 5
    assert files_in(into) == CONTENTS | {name: new}
    assert not (into / PARTS).exists()


def test_a_pause_keeps_what_has_come(clients: Clients, task: PackagedTask, into: Path) -> None:
    pause = threading.Event()

    with pytest.raises(Paused):
        clients.fetch(progress=PausesAfter(10 * SEGMENT, pause), pause=pause).fetch(1, into)
    progress = CountedBytes()
    assert clients.fetch(progress=progress).fetch(1, into).files == 5
    assert progress.came < LARGE - 5 * SEGMENT
    assert files_in(into) == CONTENTS


def test_the_gateway_is_killed_and_the_fetch_goes_on(tmp_path: Path, into: Path) -> None:
    with gateway_process(tmp_path / "farm") as gateway:
        add_user(gateway.url, "ops", Role.OPERATOR)
        PackagedTask(gateway.url, tmp_path / "work", "director", task_id=2).make(CONTENTS, number=2)
        killed = threading.Event()

        class Killing(Progress):
            def add(self, count: int) -> None:
                super().add(count)
                if self.look().done > 5 * SEGMENT and not killed.is_set():
                    killed.set()
                    gateway.kill()

            def say(self, error: FarmError) -> None:
                assert isinstance(error, FarmUnavailable)
                super().say(error)
                if gateway.process is None:
                    gateway.start()

        session = gateway.session(keys_of("ops"))
        fetching = PackageFetch(
            PackageDoor(session), keys_of("ops"), progress=Killing(), connections=1
        )
        assert fetching.fetch(2, into).files == 5
        session.close()
        assert killed.is_set()
        assert files_in(into) == CONTENTS


def test_the_client_is_killed_and_the_next_one_goes_on(
    clients: Clients, task: PackagedTask, into: Path
) -> None:
    gateway = clients.room.gateway
    order = Order.of(
        keys_of("operator"),
        url=gateway.url,
        authority=gateway.authority,
        what="package",
        folder=str(into),
        size=14 * SEGMENT,
    )
    assert order.is_fatal()
    assert not (into / "textures/冰/ice.exr").exists()
    progress = CountedBytes()
    assert clients.fetch(progress=progress).fetch(1, into).files == 5
    assert progress.came <= LARGE - 10 * SEGMENT
    assert files_in(into) == CONTENTS
