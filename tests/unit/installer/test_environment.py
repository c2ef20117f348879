"""The stamp: when the environment is made again."""

from pathlib import Path

import pytest

from installer import environment
from installer.environment import STAMP, is_current, moved, stamp_text


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """A finished environment of a checkout at tmp_path."""
    (tmp_path / "requirements.lock").write_text("rich==1\n", encoding="utf-8")
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    python = venv / "bin" / "python"
    python.write_text("#!/bin/sh\n", encoding="utf-8")
    python.chmod(0o755)
    (venv / STAMP).write_text(stamp_text(tmp_path / "requirements.lock"), encoding="utf-8")
    return venv


def test_a_finished_environment_is_left_alone(venv: Path) -> None:
    assert is_current(venv, venv.parent / "requirements.lock")
    assert not moved(venv)


def test_a_changed_lock_brings_the_packages_again(venv: Path) -> None:
    (venv.parent / "requirements.lock").write_text("rich==2\n", encoding="utf-8")
    assert not is_current(venv, venv.parent / "requirements.lock")
    assert not moved(venv)


def test_an_interrupted_set_up_is_not_current(venv: Path) -> None:
    (venv / STAMP).unlink()
    assert not is_current(venv, venv.parent / "requirements.lock")
    assert not moved(venv)


def test_an_environment_without_its_python_is_not_current(venv: Path) -> None:
    (venv / "bin" / "python").unlink()
    assert not is_current(venv, venv.parent / "requirements.lock")


def test_a_moved_checkout_gets_a_new_environment(venv: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "requirements.lock").rename(elsewhere / "requirements.lock")
    venv.rename(elsewhere / ".venv")
    assert not is_current(elsewhere / ".venv", elsewhere / "requirements.lock")
    assert moved(elsewhere / ".venv")


def test_a_python_without_ensurepip_asks_for_it_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("rich==1\n", encoding="utf-8")
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "LOCK", lock)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    def refuse() -> None:
        raise environment_refused

    environment_refused = RuntimeError("asked")
    with pytest.raises(RuntimeError, match="asked"):
        environment.prepare_environment(refuse)
    assert not (tmp_path / ".venv").exists()
