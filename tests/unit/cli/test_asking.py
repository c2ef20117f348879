"""What a person at a terminal is asked, and asked again."""

from pathlib import Path

import pytest

from farmdesk.cli import main
from farmdesk.cli.asking import NobodyAnswers, ask_new_passphrase


def test_two_passphrases_that_differ_are_asked_for_again_not_left_to_the_shell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = iter(["a long passphrase", "a slip of the pen", "what counts now", "what counts now"])
    monkeypatch.setattr("getpass.getpass", lambda _question: next(typed))
    assert ask_new_passphrase() == "what counts now"
    told = capsys.readouterr()
    assert told.err == "The two passphrases differ. Type both again.\n"
    assert told.out == ""  # that may be JSON


def test_nobody_there_is_not_asked_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_question: str) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", gone)
    with pytest.raises(NobodyAnswers):
        ask_new_passphrase()


def test_a_short_passphrase_is_told_before_it_is_typed_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = iter(["short", "what counts now", "what counts now"])
    monkeypatch.setattr("getpass.getpass", lambda _question: next(typed))
    assert ask_new_passphrase() == "what counts now"
    assert capsys.readouterr().err.startswith("A passphrase needs 12 characters at least.")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("apply --login Wang", "The field login must be"),
        ("apply --login wang --name=", "The field name must be"),
        ("profile --contact=", "The field contact must be"),
    ],
)
def test_what_is_said_wrong_of_oneself_never_travels(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: str,
    told: str,
) -> None:
    """The farm is not even asked: nobody listens at this address."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert main([*words.split(), "--server", "https://127.0.0.1:1"]) == 1
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
