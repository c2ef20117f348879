"""How a server ends: in good order, not at all, twice on one farm; and what clients say then."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from farmdesk.domain.states import TaskState
from tests.farm import ROOT, LocalFarm, local_farm, wait_until


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_ends_in_mid_frame(farm: LocalFarm, number: signal.Signals, code: int) -> None:
    """Agents finish the frame in hand, note it and end; the next start knows of it."""
    scene = farm.scene(gated=True)
    task = farm.submit(scene, "1-8")
    in_hand = scene.wait_in_hand()
    assert farm.server is not None
    farm.server.send_signal(number)
    assert farm.server.wait(60) == code
    assert ("Ended by Ctrl-C." in farm.said()) == (number == signal.SIGINT)
    farm.wait_empty("check", "spare")
    assert farm.processes("agent")
    scene.let(*in_hand.values())
    farm.wait_empty("agent", "guard", "tool")
    assert {line.frame for line in farm.journal(task)} == set(in_hand.values())
    assert farm.task(task).done == 0
    farm.start()
    assert "was killed" not in farm.said()  # it gave its lease back
    farm.wait_done(task, 2)
    scene.let()
    farm.prove(task, range(1, 9))
    assert all(scene.ends()[frame] == 1 for frame in in_hand.values())


def test_second_server_is_refused(farm: LocalFarm) -> None:
    scene = farm.scene(gated=True)
    task = farm.submit(scene, "1-4")
    scene.wait_in_hand()
    assert farm.server is not None
    words = [sys.executable, "-m", "farmdesk", "server", "--farm", str(farm.folder)]
    second = subprocess.run(words, cwd=ROOT, env=farm.environment, capture_output=True, text=True)
    assert second.returncode == 1
    assert f"/{farm.server.pid}/" in second.stderr  # who holds it
    assert "Another engine" in second.stderr
    assert "Traceback" not in second.stderr
    scene.let()
    farm.prove(task, range(1, 5))
    assert set(scene.ends()) == {1, 2, 3, 4}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nodes = 2\nnodes = = 3", "line 2"),
        ("nodes = 0", "nodes must be a number from 1 to 64"),
        ("stall_s = -1", "stall_s must be a number of seconds above 0"),
        ("colour = 1", "unknown entry 'colour'"),
        ('database = "mysql//nowhere"', "no database that FarmDesk knows"),
    ],
)
def test_broken_configuration(
    tmp_path: Path, text: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with local_farm(tmp_path) as farm:
        farm.write_config(text)
        for verb in ("server", "tasks"):
            assert farm.run(verb) == 1
            told = capsys.readouterr().err
            assert reason in told
            assert len(told.strip().splitlines()) == 1


def test_broken_tool_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with local_farm(tmp_path) as farm:
        (farm.folder / "tools" / "坏.toml").write_text('name = "x"\nversion = ', encoding="utf-8")
        assert farm.run("server") == 1
        assert "坏.toml" in capsys.readouterr().err


def test_no_farm_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with local_farm(tmp_path, database="mysql://a:s3cret@127.0.0.1:1/farm") as farm:
        assert farm.run("tasks") == 3
        told = capsys.readouterr().err
        assert "cannot be reached" in told
        assert "s3cret" not in told
    with local_farm(tmp_path / "other") as farm:
        (farm.folder / "farm.db").unlink()
        assert farm.run("tasks") == 1
        assert "farmdesk server" in capsys.readouterr().err


def test_nobody_answers(
    farm: LocalFarm, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is there, the engine is not: said so; the command is carried out later."""
    monkeypatch.setattr(sys.modules["farmdesk.cli.call"], "ANSWER_S", 0.3)
    scene = farm.scene()
    farm.end()
    link = farm.link
    words = ["submit", scene.path, "--frames", "1-3", "--tool", "tiny", "--tool-version", "2"]
    assert farm.run(*words, "--start") == 3
    assert "has not answered" in capsys.readouterr().err
    farm.start()
    wait_until(link.tasks, "the task")
    farm.prove(link.tasks()[0].id, range(1, 4))


def _hear_ctrl_c() -> None:
    """Take the signal's default: a shell in the background hands it on ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_at_the_command_line(farm: LocalFarm) -> None:
    task = farm.submit(farm.scene(gated=True), "1-4")
    words = [sys.executable, "-m", "farmdesk", "logs", str(task), "--follow"]
    watching = subprocess.Popen(
        [*words, "--farm", str(farm.folder)],
        cwd=ROOT,
        env=farm.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=_hear_ctrl_c,  # noqa: PLW1509 - no other thread starts a process here
    )
    assert watching.stdout is not None
    assert b"started" in watching.stdout.readline()  # it is at work
    watching.send_signal(signal.SIGINT)
    _, complaint = watching.communicate(timeout=60)
    assert watching.returncode == 130
    assert b"Traceback" not in complaint
    assert b"Only the watching has ended" in complaint
    assert farm.task(task).state is TaskState.RENDERING  # only the watching has ended


def test_half_a_million_frames(farm: LocalFarm, capsys: pytest.CaptureFixture[str]) -> None:
    scene = farm.scene(gated=True)
    task = farm.submit(scene, "1-500000")
    row = farm.task(task)
    assert (row.total, row.done) == (500_000, 0)
    in_hand = scene.wait_in_hand()
    scene.let(*in_hand.values())
    farm.wait_done(task, 2)
    assert len(farm.link.frame_states(task).states) == 500_000
    farm.kill()
    farm.start()  # a restart with all of it in memory again
    assert farm.task(task).state is TaskState.RENDERING
    assert farm.run("stop", task) == 0
    assert "2 frames are kept" in capsys.readouterr().out
    assert farm.run("show", task, "--json") == 0
    assert json.loads(capsys.readouterr().out)["done"] == 2
