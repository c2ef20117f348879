"""Ctrl-C at a terminal: code 130, one sentence of what stands and how to go on, no traceback."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from farmdesk.domain.states import TaskState
from farmdesk.domain.users import Role
from farmdesk.link.direct import DirectLink
from farmdesk.link.remote.known_farm import KnownFarm
from farmdesk.link.wire import LoggedIn
from farmdesk.security.key_file import write_key_file
from farmdesk.security.secret_file import write_secret
from tests.empty_farm import new_farm
from tests.farm import local_farm, wait_until
from tests.gateway_settings import gateway_files
from tests.gateways import keys_of
from tests.ports import free_port
from tests.result_farm import RenderedTask
from tests.street import PASSPHRASE, Street
from tests.terminal import CTRL_C, Terminal, terminal

KEPT = "Ended by Ctrl-C. What has come through is kept; the same command goes on from there."
WATCHED = "Ended by Ctrl-C. Only the watching has ended; the farm goes on."


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A person's machine, with a farm folder of its own."""
    for name in ("FARMDESK_SERVER", "FARMDESK_MASTER_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FARMDESK_FARM", str(tmp_path / "farm"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return dict(os.environ)


def _interrupt(at: Terminal, sentence: str) -> None:
    """Press Ctrl-C, and look at how the program ends."""
    assert at.interrupt() == 130, at.shown
    assert at.shown.rstrip().endswith(sentence), at.shown
    assert at.shown.count("Ended by Ctrl-C.") == 1
    assert "Traceback" not in at.shown, at.shown


@pytest.fixture
def away(tmp_path: Path, environment: dict[str, str]) -> list[str]:
    """Somebody is logged in to a farm that is away now; what names it, and his keys."""
    url = f"https://127.0.0.1:{free_port()}"
    farm = KnownFarm(url, Path(environment["XDG_CONFIG_HOME"]) / "farmdesk")
    farm.trust(gateway_files(tmp_path).ca.read_bytes())
    until = datetime.now(UTC) + timedelta(hours=8)
    farm.keep_session(LoggedIn("0" * 64, "ann", Role.OPERATOR, until, idle_s=1800))
    write_key_file(farm.folder / "ann.fdkey", keys_of("ann"), PASSPHRASE, n=1 << 14)
    write_secret(tmp_path / "pass", PASSPHRASE.encode())
    return ["--server", url, "--passphrase-file", str(tmp_path / "pass")]


@pytest.mark.parametrize(
    "words", ["download 7", "download 7 --wait", "upload 7 --whole", "fetch 7"]
)
def test_a_transfer_is_paused(
    tmp_path: Path, environment: dict[str, str], away: list[str], words: str
) -> None:
    """It waits for a farm that is away: for as long as this test wants."""
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "a.blend").touch()
    verb, task, *more = words.split()
    folder = ["--to", tmp_path / "to"] if verb == "download" else [tmp_path / "package"]
    with terminal(verb, task, *folder, *more, *away, environment=environment) as at:
        at.wait_for("cannot be reached")
        _interrupt(at, KEPT)


def test_handing_in_frames_is_paused(
    tmp_path: Path, environment: dict[str, str], away: list[str]
) -> None:
    with terminal("hand-in", 7, tmp_path, *away, environment=environment) as at:
        at.wait_for("cannot be reached")
        _interrupt(at, KEPT)


def test_a_transfer_that_tells_programs_is_paused_too(
    tmp_path: Path, environment: dict[str, str], away: list[str]
) -> None:
    """It shows nothing while it goes: what it has made so far tells that it is on its way."""
    with terminal("upload", 7, tmp_path, "--whole", "--json", *away, environment=environment) as at:
        folder = KnownFarm(away[1], tmp_path / "home" / "farmdesk").folder
        wait_until((folder / "uploads" / "7.db").exists, "journal of the upload")
        _interrupt(at, "")


@pytest.mark.parametrize(
    ("words", "question"),
    [
        ("setup", "Login of the first superadmin: "),
        ("setup --login boss --name Li --department a --contact b", "Identity number: "),
        ("key passwd ann.fdkey", "Passphrase of now: "),
    ],
)
def test_a_question_is_left(
    tmp_path: Path,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    question: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_key_file(tmp_path / "ann.fdkey", keys_of("ann"), PASSPHRASE, n=1 << 14)
    with terminal(*words.split(), environment=environment) as at:
        at.wait_for(question)
        _interrupt(at, "The same command goes on where it stood, or begins anew.")
    assert not (tmp_path / "farm").exists()


@pytest.fixture
def rendering(tmp_path: Path, environment: dict[str, str]) -> DirectLink:
    """A farm whose engine has been away since it rendered a frame."""
    (tmp_path / "farm").mkdir()
    url = new_farm(tmp_path / "farm" / "farm.db")
    RenderedTask(url, tmp_path / "frames", "ann").make({1: b"one"}, TaskState.RENDERING)
    return DirectLink(url, issued_by="ann")


def test_only_watching_ends(rendering: DirectLink, environment: dict[str, str]) -> None:
    with terminal("show", 1, "--follow", environment=environment) as at:
        at.wait_for("rendering")
        _interrupt(at, WATCHED)


def test_what_the_server_was_told_it_does(
    rendering: DirectLink, environment: dict[str, str], tmp_path: Path
) -> None:
    with terminal("hand-in", 1, tmp_path, environment=environment) as at:
        wait_until(rendering.commands, "the command")
        _interrupt(at, "What the server was told by then it takes: see farmdesk show 1.")


def test_a_server_and_its_gateway_end_in_good_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The terminal tells all of its processes at once."""
    with local_farm(tmp_path) as farm:
        Street(farm, tmp_path, monkeypatch)
        with terminal("server", "--farm", farm.folder, environment=farm.environment) as at:
            at.wait_for("the engine works for")
            at.wait_for("the gateway listens")
            at.press(CTRL_C)
            assert at.end() == 130, at.shown
            assert at.shown.count("Ended by Ctrl-C.") == 1, at.shown
            assert "`farmdesk server` goes on with all." in at.shown
            assert "Traceback" not in at.shown, at.shown
            for part in ("engine", "gateway"):
                assert f"{part} has ended (0)" in at.shown
