"""What a person at a terminal is asked, and asked again."""

import pytest

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
