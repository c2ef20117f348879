"""Results go to a storage: whole or not at all, once, and on after whatever happened."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from farmdesk.config import Config, ResultsConfig
from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.domain.records import FrameRecord
from farmdesk.domain.rows import TaskRow
from farmdesk.domain.said import Said
from farmdesk.domain.states import TaskState
from farmdesk.engine.deliverer import Deliverer, results_storage
from farmdesk.engine.delivery import ChangedFrame, DamagedCopy, deliver
from farmdesk.engine.posts import ResultsBrought
from farmdesk.engine.workspace import Workspace
from farmdesk.farm_toml import read_config
from farmdesk.storage.errors import StorageAway, StorageFull
from farmdesk.storage.folder import Folder
from farmdesk.storage.opening import open_storage
from farmdesk.storage.smb import SmbShare
from tests.samples import NOW, frame_record

FOLDER = PurePosixPath("000001")


class Shaky(Folder):
    """A folder that fails when it was asked often enough; `spoil` damages what is written."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.asked = 0
        self.fail_at = 0
        self.spoil = False
        self.written = list[str]()

    def _ask(self) -> None:
        self.asked += 1
        if self.asked == self.fail_at:
            raise StorageAway("there", Said("pulled", "被拔出"))

    def write(self, path: PurePosixPath, pieces: Iterable[bytes]) -> None:
        def doubtful() -> Iterator[bytes]:
            for piece in pieces:
                yield piece[:-1] + b"!" if self.spoil else piece
                self._ask()

        self.written.append(path.name)
        super().write(path, doubtful())

    def read(self, path: PurePosixPath, *, offset: int, length: int) -> bytes:
        self._ask()
        return super().read(path, offset=offset, length=length)

    def rename(self, old: PurePosixPath, new: PurePosixPath) -> None:
        self._ask()
        super().rename(old, new)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Three frames on the farm, one of them in a folder of its own."""
    folder = tmp_path / "work/000001/frames"
    (folder / "左 眼").mkdir(parents=True)
    (tmp_path / "work/000001/logs").mkdir()
    for name, text in (("1.png", b"one"), ("2.png", b"two" * 1000), ("左 眼/3 号.png", b"3")):
        (folder / name).write_bytes(text)
    return folder


@pytest.fixture
def storage(tmp_path: Path) -> Shaky:
    (tmp_path / "storage").mkdir()
    return Shaky(tmp_path / "storage")


def proofs(source: Path) -> list[FrameRecord]:
    names = ["1.png", "2.png", "左 眼/3 号.png"]
    found = [(name, (source / name).read_bytes()) for name in names]
    return [
        replace(
            frame_record(number),
            path=name,
            bytes=len(text),
            sha256=hashlib.sha256(text).hexdigest(),
        )
        for number, (name, text) in enumerate(found, 1)
    ]


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_every_frame_is_brought_once(source: Path, storage: Shaky, tmp_path: Path) -> None:
    wanted = proofs(source)
    assert deliver(storage, FOLDER, source, wanted) == 3
    assert files(tmp_path / "storage/000001") == files(source)
    assert deliver(storage, FOLDER, source, wanted) == 0
    (tmp_path / "storage/000001/2.png").write_bytes(b"cut")
    (tmp_path / "storage/000001/1.png").unlink()
    assert deliver(storage, FOLDER, source, wanted) == 2
    assert files(tmp_path / "storage/000001") == files(source)


def test_wherever_it_breaks_names_are_of_whole_frames(
    source: Path, storage: Shaky, tmp_path: Path
) -> None:
    wanted, breaks = proofs(source), 0
    storage.fail_at = 1
    while True:
        try:
            deliver(storage, FOLDER, source, wanted)
        except StorageAway:
            breaks += 1
            storage.fail_at = storage.asked + breaks + 1  # a little further each time
            there = files(tmp_path / "storage")
            whole = {f"000001/{name}": text for name, text in files(source).items()}
            assert {name: text for name, text in there.items() if name[-5:] != ".part"}.items() <= (
                whole.items()
            )
        else:
            break
    assert breaks > 3
    assert files(tmp_path / "storage/000001") == files(source)  # and no part is left
    assert len(storage.written) < 3 * breaks  # what was whole was not sent again


def test_a_copy_that_was_damaged_never_bears_the_name(
    source: Path, storage: Shaky, tmp_path: Path
) -> None:
    storage.spoil = True
    with pytest.raises(DamagedCopy):
        deliver(storage, FOLDER, source, proofs(source))
    assert list(files(tmp_path / "storage")) == ["000001/1.png.part"]
    storage.spoil = False
    deliver(storage, FOLDER, source, proofs(source))
    assert files(tmp_path / "storage/000001") == files(source)


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_a_frame_that_is_not_the_proven_one_is_not_brought(
    source: Path, storage: Shaky, tmp_path: Path, harm: str
) -> None:
    wanted = proofs(source)
    (source / "2.png").write_bytes(b"TWO" * 1000)
    if harm == "gone":
        (source / "2.png").unlink()
    with pytest.raises(ChangedFrame, match="Frame 2 "):
        deliver(storage, FOLDER, source, wanted)
    named = [name for name in files(tmp_path / "storage") if not name.endswith(".part")]
    assert named == ["000001/1.png"]


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "C:x", "..\\x", "a\\..\\..\\x"])
def test_an_agents_path_does_not_leave_the_folder(
    source: Path, storage: Shaky, tmp_path: Path, path: str
) -> None:
    with pytest.raises(ChangedFrame):
        deliver(storage, FOLDER, source, [replace(proofs(source)[0], path=path)])
    assert files(tmp_path / "storage") == {}


# ---- the thread ----------------------------------------------------------------------------------


class FarmRows:
    """One task, as the database tells of it."""

    def __init__(self, frames: list[FrameRecord]) -> None:
        self.frames = frames
        self.row = TaskRow(
            id=1, rev=1, name="n", owner="lilei", project="", show="", version="", tool="t",
            tool_version="1", state=TaskState.RENDERING, reason="", priority=5, position=10,
            frames="1-3", total=3, done=3, failed=0, running=0, nodes=0, render_s=1.0,
            created_at=NOW, started_at=NOW, finished_at=NOW, recycled=False, output="o",
        )  # fmt: skip

    def task_rows(self) -> list[TaskRow]:
        return [self.row]

    def proofs(self, _task_id: int) -> Iterator[FrameRecord]:
        return iter(self.frames)


def test_completed_tasks_are_brought_and_told_once(
    source: Path, storage: Shaky, tmp_path: Path
) -> None:
    rows, posts = FarmRows(proofs(source)), list[ResultsBrought]()

    def look() -> int:
        """As an engine that was just started."""
        posts.clear()
        Deliverer(rows, storage, Workspace(tmp_path), posts.append).look()
        return len(storage.written)

    assert look() == 0
    rows.row = replace(rows.row, state=TaskState.COMPLETED)
    assert look() == 3
    assert posts == [ResultsBrought(1, f"{tmp_path}/storage/000001")]
    assert (look(), posts) == (3, [])
    (source / "1.png").write_bytes(b"new")
    rows.frames = proofs(source)
    rows.row = replace(rows.row, finished_at=NOW.replace(year=2027))  # rendered again
    (tmp_path / "storage/000001/1.png").unlink()
    assert look() == 4
    assert len(posts) == 1


def test_what_stands_in_the_way_is_told_once(source: Path, tmp_path: Path) -> None:
    rows, posts = FarmRows(proofs(source)), list[ResultsBrought]()
    rows.row = replace(rows.row, state=TaskState.COMPLETED)
    thread = Deliverer(rows, Folder(tmp_path / "gone"), Workspace(tmp_path), posts.append)
    for _ in range(3):
        with pytest.raises(FarmUnavailable):
            thread.look()
    assert [(post.task_id, "gone" in post.en, "gone" in post.zh) for post in posts] == [
        (1, True, True)
    ]
    (tmp_path / "gone").mkdir()
    thread.look()
    assert len(posts) == 2
    assert posts[1].en == ""


def test_an_ended_thread_leaves_the_rest(source: Path, storage: Shaky, tmp_path: Path) -> None:
    rows, posts = FarmRows(proofs(source)), list[ResultsBrought]()
    rows.row = replace(rows.row, state=TaskState.COMPLETED)
    thread = Deliverer(rows, storage, Workspace(tmp_path), posts.append)
    thread.finish()
    thread.look()
    assert (posts, storage.written) == ([], [])


# ---- farm.toml -----------------------------------------------------------------------------------


def test_farm_toml_names_the_storage(tmp_path: Path) -> None:
    (tmp_path / "farm.toml").write_text(
        '[results]\nto = "smb://shows@nas.example/结果/2026 冬"\npassword_file = "nas.password"\n',
        encoding="utf-8",
    )
    (tmp_path / "nas.password").write_text("p:@/w\n")
    config = read_config(tmp_path)
    with pytest.raises(Refused, match="0600"):
        results_storage(config)
    (tmp_path / "nas.password").chmod(0o600)
    storage = results_storage(config)
    assert isinstance(storage, SmbShare)
    assert storage.place == "smb://nas.example/结果/2026 冬"
    assert results_storage(Config(tmp_path, "", ())) is None
    there = Config(tmp_path, "", (), results=ResultsConfig(str(tmp_path)))
    assert isinstance(results_storage(there), Folder)


@pytest.mark.parametrize(
    "place",
    [
        "results", "", "smb://nas/share", "smb://u@nas", "smb://u:pw@nas/share", "ftp://u@nas/x",
        "smb://u@nas/share/../x", "smb://u@nas:port/share", "smb://@nas/share",
    ],
)  # fmt: skip
def test_what_names_no_storage_is_refused(place: str) -> None:
    with pytest.raises(Refused) as refusal:
        open_storage(place, "")
    assert "pw" not in str(refusal.value)


def test_a_full_storage_is_no_fault_of_the_frame(
    source: Path, storage: Shaky, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: PurePosixPath, _pieces: Iterable[bytes]) -> None:
        raise StorageFull("there")

    monkeypatch.setattr(storage, "write", full)
    with pytest.raises(StorageFull):
        deliver(storage, FOLDER, source, proofs(source))
