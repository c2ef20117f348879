"""Which farm a command line is about: none here, one elsewhere, one that was not meant."""

import subprocess
import sys
from pathlib import Path

import pytest

from farmdesk.cli import main


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any farm; gives the folder where one would be made."""
    for name in ("FARMDESK_FARM", "FARMDESK_SERVER", "LANG", "LC_ALL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path / "farmdesk"


@pytest.mark.parametrize("language", ["en_US.UTF-8", "zh_CN.UTF-8"])
@pytest.mark.parametrize(
    "words", ["tasks", "show 1", "nodes", "stop 1", "user list", "audit verify", "forecast"]
)
def test_where_there_is_no_farm_that_is_told(
    nowhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    words: str,
    language: str,
) -> None:
    monkeypatch.setenv("LANG", language)
    assert main(words.split()) == 3
    told = capfd.readouterr().err
    beginning = (
        f"There is no farm in {nowhere}." if language[0] == "e" else f"{nowhere} 中没有农场。"
    )
    assert told.startswith(beginning)
    assert "farmdesk setup" in told
    assert not nowhere.exists()


@pytest.mark.parametrize("words", ["server", "setup", "server --farm {}/f", "setup --farm {}/f"])
def test_no_farm_is_made_here_while_another_one_is_named(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], words: str
) -> None:
    place = "https://farm.example:8443"
    said = words.format(nowhere.parent).split()
    assert main([*said, "--server", place]) == 1
    monkeypatch.setenv("FARMDESK_SERVER", place)
    if "--farm" not in said:
        assert main(said) == 1
    assert f"names the one at {place}" in capfd.readouterr().err
    assert list(nowhere.parent.iterdir()) == []


def test_a_farm_that_is_named_is_set_up_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FARMDESK_SERVER", "https://farm.example:8443")
    words = ["setup", "--farm", str(tmp_path / "here"), "--certificate", "c.pem"]
    assert main(words) == 1
    assert "needs all three" in capfd.readouterr().err  # it has read on


def test_the_words_are_read_before_the_farm_is_loaded() -> None:
    """A farm's server starts three processes: each would take a quarter of a second more."""
    read = "import sys; from farmdesk.cli.options import parser; parser(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", read], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "farmdesk.cli.users" in done
    assert not {"sqlalchemy", "httpx", "PyQt5.QtCore", "pydantic"} & set(done)
