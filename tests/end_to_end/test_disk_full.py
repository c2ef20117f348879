"""The storage is full: frames fail with the reason; one command finishes the task afterwards."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from farmdesk.domain.states import FailureReason, TaskState
from tests.farm import LocalFarm, local_farm, wait_until

EDGE = 200  # pixels of noise, about 120 KB a frame


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """An empty folder with room for 1 MiB only."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    folder = tmp_path / "small"
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", "size=1M", "none", str(folder))
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _mount(*words: str) -> None:
    done = subprocess.run(["mount", *words], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no small file system here: {done.stderr.strip()}")


def _grow(folder: Path) -> None:
    _mount("-o", "remount,size=64M", str(folder))


@pytest.mark.parametrize("version", ["1", "2"])
def test_share_is_full(
    tmp_path: Path, small: Path, version: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with local_farm(tmp_path) as farm:
        (farm.folder / "work").symlink_to(small)
        farm.start()
        task = farm.submit(farm.scene(edge=EDGE), "1-20", tool_version=version)
        row = farm.wait_state(task)
        assert row.state is TaskState.PARTLY_FAILED
        assert "No space left on device" in row.reason
        assert 0 < row.done < 20
        assert row.done + row.failed == 20
        reasons = {item.reason for item in farm.attempts(task) if item.reason}
        assert reasons == {FailureReason.OUTPUT_WRITE}
        good = {item.frame: item for item in farm.attempts(task) if not item.reason}
        assert all((Path(row.output) / item.path).exists() for item in good.values())
        _grow(small)
        assert farm.run("retry", task) == 0, capsys.readouterr().err
        farm.prove(task, range(1, 21))
        again = {item.frame: item for item in farm.attempts(task) if not item.reason}
        assert {frame: again[frame] for frame in good} == good  # they were not touched


def test_whole_farm_folder_is_full(tmp_path: Path, small: Path) -> None:
    """Database, engine's journal, share and scratch: the farm stands, and goes on by itself."""
    with local_farm(small) as farm:
        _grow(small)
        farm.start()
        scene = farm.scene(gated=True, edge=EDGE)
        task = farm.submit(scene, "1-6")
        scene.wait_in_hand()
        ballast = small / "ballast"
        _fill(ballast)
        scene.let()
        wait_until(lambda: "no disk space" in farm.said(), "a word of it")
        assert farm.server is not None
        assert farm.server.poll() is None
        ballast.unlink()
        row = farm.wait_state(task)
        if row.state is not TaskState.COMPLETED:
            assert "No space left on device" in row.reason
            assert farm.run("retry", task) == 0
        farm.prove(task, range(1, 7))


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


def test_unwritable_results(farm: LocalFarm, capsys: pytest.CaptureFixture[str]) -> None:
    """Something lies where the task's folder must be: refused at the start, with the place."""
    work = farm.folder / "work"
    work.mkdir(exist_ok=True)
    (work / "000001").write_text("in the way")
    scene = farm.scene()
    code = farm.run("submit", scene.path, "--frames", "1-5", "--tool", "tiny",
                    "--tool-version", "2", "--start")  # fmt: skip
    assert code == 1
    told = capsys.readouterr().err
    assert "000001" in told
    assert "cannot be written" in told
    assert farm.link.tasks() == []
    (work / "000001").unlink()
    farm.prove(farm.submit(scene, "1-5"), range(1, 6))
