"""Ctrl-C where no real terminal is needed; at one: tests/end_to_end/test_ctrl_c.py."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from farmdesk.cli import main
from farmdesk.cli.ctrl_c import ctrl_c_as_sigterm
from tests.empty_farm import new_farm
from tests.farm import ROOT

_DEAF = """
import signal, threading
from farmdesk.cli.call import Call
from farmdesk.cli.options import read_words
from farmdesk.cli.watching import watched

def work(progress, pause):
    print("at work", flush=True)
    pause.wait()
    print("told to pause", flush=True)
    threading.Event().wait()

signal.signal(signal.SIGINT, signal.default_int_handler)
watched(Call(read_words(["upload", "7", "scene", "--json"])), "scene", work)
"""


def test_a_second_ctrl_c_waits_for_no_connection() -> None:
    """Whatever does not hear of the pause: what is kept lies on the disk already."""
    process = subprocess.Popen(
        [sys.executable, "-c", _DEAF],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        for line in ("at work\n", "told to pause\n"):
            assert process.stdout.readline() == line
            process.send_signal(signal.SIGINT)
        _, complaint = process.communicate()
    finally:
        process.kill()
    assert process.returncode == 130
    assert complaint.startswith("Ended by Ctrl-C. What has come through is kept;")
    assert "Traceback" not in complaint


@pytest.mark.parametrize(("language", "told"), [("en_US", "it carries out"), ("zh_CN", "会执行")])
def test_a_command_that_is_sent_is_carried_out(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    language: str,
    told: str,
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    new_farm(tmp_path / "farm.db")
    monkeypatch.setenv("LC_ALL", f"{language}.UTF-8")
    monkeypatch.setattr("farmdesk.cli.call.wait_outcome", interrupted)
    assert main(["stop", "1", "--farm", str(tmp_path)]) == 130
    shown = capfd.readouterr()
    assert (told in shown.err, shown.out) == (True, "")


def test_ctrl_c_is_itself_until_somebody_hears_sigterm() -> None:
    before = signal.getsignal(signal.SIGINT)
    heard = list[int]()
    with pytest.raises(KeyboardInterrupt), ctrl_c_as_sigterm() as came:
        signal.raise_signal(signal.SIGINT)
    assert not came.is_set()
    usual = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        with ctrl_c_as_sigterm() as came:
            signal.raise_signal(signal.SIGINT)
        assert came.is_set()
    finally:
        signal.signal(signal.SIGTERM, usual)
    assert heard == [signal.SIGTERM]
    assert signal.getsignal(signal.SIGINT) is before
