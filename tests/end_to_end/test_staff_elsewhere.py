"""The staff at desks elsewhere, by real words: frames are sent and taken, a package is fetched."""

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from farmdesk.domain.states import TaskState
from farmdesk.engine.workspace import Workspace
from farmdesk.farm_toml import read_config
from farmdesk.link.transfer_wire import UploadSeen
from farmdesk.link.wire import from_json
from farmdesk.security.sealed import SEGMENT
from tests.farm import wait_until
from tests.package_farm import files_in
from tests.street import Street
from tests.tiny_tool import png


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder that the farm's server has never heard of."""
    folder = tmp_path / "别处 rendered"
    folder.mkdir()
    return folder


def log_in_as_boss(street: Street) -> list[str]:
    """Sit down at the superadmin's machine; give the words about the keys."""
    gateway = read_config(street.farm.folder).gateway
    assert gateway is not None
    keys = [f"--key={next(street.farm.folder.parent.glob('boss*.fdkey'))}", street.passphrase]
    street.be("boss")
    assert street.run("login", *keys, "--ca", gateway.ca) == 0
    return keys


def submit(street: Street, said: Callable[[], str], *words: object, **scene: Any) -> int:
    """Submit a task whose scene lies on the farm; give its number."""
    path = street.farm.scene(**scene).path
    tool = ("--tool", "tiny", "--tool-version", "2", "--size", "4x4")
    said()
    wish = ("submit", path, *tool, *words, "--as", "boss", "--json")
    assert street.farm.run(*wish) == 0
    number = json.loads(said())[0]["task_id"]
    assert isinstance(number, int)
    return number


def transfers_of(street: Street) -> list[tuple[str, str]]:
    """Give the kind and the state of each upload, the oldest first."""
    with sqlite3.connect(street.farm.folder / "farm.db") as database:
        return database.execute("SELECT kind, state FROM transfer ORDER BY made_at").fetchall()


def test_frames_are_sent_checked_and_taken(
    street: Street, said: Callable[[], str], elsewhere: Path
) -> None:
    task = submit(
        street, said, "--frames", "1-4", "--start", faults={"2": ["small", 9], "3": ["crash", 9]}
    )
    keys = log_in_as_boss(street)
    assert street.farm.wait_state(task).state is TaskState.PARTLY_FAILED

    def hand_in(code: int) -> str:
        said()
        assert street.run("hand-in", task, elsewhere, *keys) == code
        return said()

    assert "nothing to hand in" in hand_in(1)
    (elsewhere / "frame_0001.png").write_bytes(png(99))  # proven: it stays here
    (elsewhere / "frame_0002.png").write_bytes(png(2)[:-9])
    (elsewhere / "frame_0003.png").write_bytes(png(3))
    (elsewhere / "notes.txt").touch()
    (elsewhere / "more").mkdir()
    told = hand_in(0)
    assert "1 frame taken by hand" in told
    assert "frame_0002.png fails the frame check" in told
    assert "notes.txt is not named like" in told
    assert "frame_0001" not in told
    row = street.farm.wait_state(task, TaskState.PARTLY_FAILED)
    assert (row.done, row.failed) == (3, 1)
    assert street.farm.frame_file(task, 3).read_bytes() == png(3)

    (elsewhere / "frame_0002.png").write_bytes(png(2))
    assert "1 frame taken by hand" in hand_in(0)
    street.farm.prove(task, range(1, 5))
    assert "cannot be given frames by hand" in hand_in(1)
    workspace = Workspace(street.farm.folder)
    assert not workspace.hand_in(task).exists()
    ended = [("frames", "taken_in")] * 2
    wait_until(lambda: transfers_of(street) == ended, "the uploads' end")
    wait_until(lambda: not list((street.farm.folder / "inbox").iterdir()), "an empty inbox")
    journals = [path.name for path in street.known().folder.joinpath("uploads").iterdir()]
    assert journals == [f"hand-in-{task}-boss.db"]  # of the one that was refused


def test_a_folder_of_the_server_is_named_as_such(
    street: Street, said: Callable[[], str], elsewhere: Path
) -> None:
    task = submit(street, said, "--frames", "1-2")
    keys = log_in_as_boss(street)
    for frame in (1, 2):
        (elsewhere / f"frame_{frame:04d}.png").write_bytes(png(frame))
    assert street.run("hand-in", task, elsewhere, "--on-server") == 0
    street.farm.prove(task, range(1, 3))
    assert transfers_of(street) == []
    said()
    street.come_in("wang", said)
    assert street.run("hand-in", task, elsewhere, street.passphrase) == 1
    assert "Only the render staff" in said()
    assert keys


def test_a_killed_engine_takes_sent_frames_when_it_is_back(
    street: Street, said: Callable[[], str], elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who hands in again after his client was killed is told of both."""
    task = submit(street, said, "--frames", "1-4")
    keys = log_in_as_boss(street)
    for frame in (1, 2, 3):
        (elsewhere / f"frame_{frame:04d}.png").write_bytes(png(frame))
    farm = street.farm
    farm.kill()
    release = farm.hold_checks(only=2)
    farm.start()

    def die(*_: object) -> None:
        farm.wait_done(task, 1)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("farmdesk.link.remote.hand_in.FramesByHand._answer", die)
        assert street.run("hand-in", task, elsewhere, *keys) == 130
    farm.kill()
    release()  # for the process that held the frame
    farm.wait_empty("check")
    farm.start()
    release()
    said()
    (elsewhere / "frame_0004.png").write_bytes(png(4))
    assert street.run("hand-in", task, elsewhere, *keys, "--json") == 0
    texts = [row["text"] for row in json.loads(said())]
    assert [text[:16] for text in texts] == ["2 frames taken b", "1 frame taken by"]
    release()
    farm.prove(task, range(1, 5))
    assert not Workspace(farm.folder).hand_in(task).exists()


def test_a_package_is_fetched_as_its_customer_sent_it(
    street: Street, said: Callable[[], str], elsewhere: Path, tmp_path: Path
) -> None:
    package, scene = tmp_path / "package", "镜头 1/开幕.tiny"
    contents = {scene: b"{}", "textures/ice.exr": os.urandom(3 * SEGMENT), "empty": b""}
    for name, content in contents.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_bytes(content)
    street.come_in("wang", said)
    tool = ("--tool", "tiny", "--tool-version", "2", "--frames", "1-3")
    wish = ("submit", scene, "--package", package, *tool, street.passphrase, "--json")
    assert street.run(*wish) == 0, said()
    task = from_json(UploadSeen, said().encode()).task_id
    street.farm.wait_state(task, TaskState.QUEUED, TaskState.REJECTED)
    assert street.run("fetch", task, elsewhere, street.passphrase) == 1
    assert "no package that can be fetched" in said()
    keys = log_in_as_boss(street)
    assert street.run("fetch", task, elsewhere, *keys) == 0, said()
    assert files_in(elsewhere) == contents
    assert street.farm.run("audit", "list", "--what", "fetch_package", "--json") == 0
