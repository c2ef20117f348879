"""A package's whole way: submitted, sealed, sent, opened by the engine, rendered; by real words."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from farmdesk.domain.states import TaskState
from farmdesk.domain.transfers import TransferState
from farmdesk.engine.workspace import Workspace
from farmdesk.link.remote.patience import Paused
from farmdesk.link.transfer_wire import UploadSeen
from farmdesk.link.wire import from_json
from farmdesk.security.sealed import SEGMENT
from tests.street import Street

SCENE = "shots/开幕 式.tiny"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A scene of the tiny tool, and what belongs to it."""
    folder = tmp_path / "package"
    for name in ("shots", "textures/冰"):
        (folder / name).mkdir(parents=True)
    (folder / SCENE).write_text("{}")
    (folder / "textures/冰/ice.exr").write_bytes(os.urandom(3 * SEGMENT))
    (folder / "textures/empty").touch()
    return folder


def _submit(street: Street, said: Callable[[], str], package: Path, *words: object) -> UploadSeen:
    """Submit a package as wang; give what became of the upload."""
    tool = ("--tool", "tiny", "--tool-version", "2", "--frames", "1-3")
    said()
    wish = ("submit", SCENE, "--package", package, *tool, *words, street.passphrase, "--json")
    assert street.run(*wish) == 0, said()
    seen = from_json(UploadSeen, said().encode())
    assert seen.state is TransferState.COMPLETE
    return seen


def _opened(street: Street, task_id: int) -> dict[str, bytes]:
    """Wait until a task is queued; give what the engine made of its package."""
    street.farm.wait_state(task_id, TaskState.QUEUED, TaskState.REJECTED)
    assert street.farm.task(task_id).state is TaskState.QUEUED
    return _files(Workspace(street.farm.folder).scene(task_id))


def _files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_a_package_is_sent_opened_and_rendered_and_its_next_version_sends_what_changed(
    street: Street, said: Callable[[], str], package: Path
) -> None:
    street.come_in("wang", said)
    task = _submit(street, said, package).task_id
    assert _opened(street, task) == _files(package)
    assert street.farm.run("start", task, "--as", "boss") == 0
    results = package.with_name("results")
    fetch = ("download", task, "--to", results, street.passphrase)
    assert street.run(*fetch, "--wait", "--frames", "2-3") == 0, said()
    assert street.farm.task(task).state is TaskState.COMPLETED
    assert len(_files(results)) == 2
    assert street.run(*fetch) == 0, said()
    assert _files(results) == _files(Workspace(street.farm.folder).frames(task))
    assert not list((street.farm.folder / "inbox").iterdir())

    (package / "textures/new.exr").write_bytes(os.urandom(1000))
    (package / "textures/empty").write_bytes(b"no more")
    again = _submit(street, said, package, "--previous", task, "--change", "minor")
    assert _opened(street, again.task_id) == _files(package)
    assert again.bytes_total < 2000


def test_who_goes_on_with_another_folder_is_told_what_has_changed(
    street: Street, said: Callable[[], str], package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def paused(*_: object) -> None:
        raise Paused

    street.come_in("wang", said)
    with monkeypatch.context() as pausing:
        pausing.setattr("farmdesk.link.remote.upload.Upload._send_segments", paused)
        wish = ("submit", SCENE, "--package", package, "--tool", "tiny", "--tool-version", "2")
        assert street.run(*wish, "--frames", "1", street.passphrase) == 130
    told, path = said(), street.passphrase.partition("=")[2]
    again = f"farmdesk upload 1 {package} --server {street.url} --passphrase-file {path}"
    assert f"What has come through is kept; to go on: {again}\n" in told
    (package / "textures/empty").unlink()
    (package / "textures/[red]new.exr").touch()
    assert street.run("upload", 1, package, street.passphrase) == 0
    told = said()
    assert "1 file gone, no longer sent (textures/empty)" in told
    assert "1 file new, sent too (textures/[red]new.exr)" in told
    assert _opened(street, 1) == _files(package)


def test_words_about_an_upload_that_cannot_be(
    street: Street, said: Callable[[], str], package: Path
) -> None:
    street.come_in("wang", said)
    wish = ("submit", "other.tiny", "--tool", "tiny", "--tool-version", "2", "--frames", "1")
    for words, told in (
        (("upload", 1), "Name the scene's folder"),
        (("upload", 99, package, street.passphrase), "99"),
        (("upload", 99, "--cancel"), "no such upload"),
        ((*wish, "--package", package), "no scene other.tiny"),
    ):
        said()
        assert street.run(*words) == 1
        assert told in said()
