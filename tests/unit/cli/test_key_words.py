"""`farmdesk key`, at a terminal."""

from pathlib import Path

import pytest

from farmdesk.cli.main import main
from farmdesk.security.key_file import write_key_file
from tests.gateways import keys_of


def test_a_slip_in_the_old_passphrase_is_told_before_a_new_one_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ann.fdkey"
    write_key_file(file, keys_of("ann"), "the passphrase of now")
    typed = iter(["a slip of the pen"])  # one more question would find nothing
    monkeypatch.setattr("getpass.getpass", lambda _question: next(typed))
    assert main(["key", "passwd", str(file)]) == 1
    assert "does not open" in capfd.readouterr().err
