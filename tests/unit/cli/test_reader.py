"""How the words of a command line are read."""

import argparse

import pytest

from farmdesk.cli.options import read_words

COMMON = (
    (("--farm", "/f"), "farm", "/f"),
    (("--server", "https://farm.example:8443"), "server", "https://farm.example:8443"),
    (("--as", "boss"), "login_as", "boss"),
    (("--json",), "json", True),
)
COMMANDS = (("setup",), ("tasks",), ("submit", "a.blend", "--frames", "1"), ("urgent", "list"))


def _common(words: argparse.Namespace) -> dict[str, object]:
    return {name: getattr(words, name) for _, name, _ in COMMON}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(("said", "name", "value"), COMMON, ids=str)
def test_what_every_command_takes_may_stand_at_any_place(
    command: tuple[str, ...], said: tuple[str, ...], name: str, value: object
) -> None:
    unsaid = _common(read_words(command))
    assert unsaid == {"farm": None, "server": None, "login_as": None, "json": False}
    is_two = command[0] == "urgent"
    for place in {0, len(command), *([1] if is_two else [])}:
        words = read_words([*command[:place], *said, *command[place:]])
        assert _common(words) == unsaid | {name: value}
        assert words.verb == command[0]


def test_two_places_add_up_and_the_last_one_counts() -> None:
    words = read_words(["--farm", "/a", "--json", "urgent", "--as", "li", "list", "--farm", "/b"])
    assert (words.farm, words.json, words.login_as) == ("/b", True, "li")


def test_a_second_version_is_that_of_a_show() -> None:
    assert read_words(["submit", "a.blend", "--frames", "1", "--version", "v7"]).version == "v7"
    with pytest.raises(SystemExit) as ended:
        read_words(["--version"])
    assert ended.value.code == 0


def test_a_size_may_have_its_unit_in_a_word_of_its_own() -> None:
    for said in (["1.5TB"], ["1.5", "TB"]):
        words = read_words(["user", "quota", "wang", *said])
        assert "".join((words.size, words.unit)) == "1.5TB"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("show 0", "TASK: 0 is not from 1 to 9,007,199,254,740,991."),
        ("show -1", "TASK: -1 is not from 1 to"),
        ("stop 3 99999999999999999999", "TASK: 99999999999999999999 is not from 1 to"),
        ("logs --tail 0", "--tail: 0 is not from 1 to 100,000."),
        ("messages --tail 100001", "--tail: 100001 is not from 1 to 100,000."),
        ("audit list --tail -1", "--tail: -1 is not from 1 to 100,000."),
        ("show seven", "TASK must be a whole number, not 'seven'."),
        ("logs --tail all", "--tail must be a whole number, not 'all'."),
    ],
)
def test_a_number_that_no_farm_has_is_told_before_it_is_asked(
    line: str, told: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Directly it ended in a traceback, and through the gateway in a word about /openapi.json."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    with pytest.raises(SystemExit) as ended:
        read_words(line.split())
    assert ended.value.code == 2
    assert told in capfd.readouterr().err
