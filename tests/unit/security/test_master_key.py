"""The master key in its file, in the environment, and on paper."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from farmdesk.security.master_key import (
    VARIABLE,
    BadMasterKey,
    MasterKey,
    parse_master_keys,
    read_master_keys,
    write_master_keys,
)
from farmdesk.security.recovery_copy import BadRecoveryCopy, print_recovery, read_recovery
from farmdesk.security.secret_file import OpenToOthers, SecretExists

KEY = MasterKey(bytes(range(32)))
OTHER = MasterKey(bytes(range(32, 64)))
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def test_the_file_is_read_as_written_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    write_master_keys(path, (KEY, OTHER))
    assert read_master_keys(path) == (KEY, OTHER)
    with pytest.raises(SecretExists):
        write_master_keys(path, (OTHER,))
    path.chmod(0o640)
    with pytest.raises(OpenToOthers):
        read_master_keys(path)


def test_no_key_stays_where_a_writer_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, keys = tmp_path / "master[1].key", [MasterKey.make(), MasterKey.make()]
    write_master_keys(path, keys[:1])
    with monkeypatch.context() as patch:  # before the new file bears its name, or is taken away
        for name in ("replace", "unlink"):
            patch.setattr(Path, name, _killed)
        with pytest.raises(KeyboardInterrupt):
            write_master_keys(path, keys, replace=True)
    assert len(list(tmp_path.iterdir())) == 2
    assert read_master_keys(path) == tuple(keys[:1])
    write_master_keys(path, keys[1:], replace=True)
    assert list(tmp_path.iterdir()) == [path]


def _killed(*_given: object, **_named: object) -> None:
    raise KeyboardInterrupt


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    write_master_keys(path, (KEY,))
    path.write_bytes(b"\xff\xfe" + path.read_bytes())
    with pytest.raises(BadMasterKey, match="damaged"):
        read_master_keys(path)


def test_the_environment_takes_the_file_s_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, f"{KEY.id} {KEY.secret.hex()} {OTHER.id} {OTHER.secret.hex()}")
    assert read_master_keys(tmp_path / "none") == (KEY, OTHER)
    monkeypatch.setenv(VARIABLE, "")
    with pytest.raises(BadMasterKey, match=VARIABLE):
        read_master_keys(tmp_path / "none")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        KEY.id,
        KEY.secret.hex(),
        f"{OTHER.id} {KEY.secret.hex()}",
        f"{KEY.id} {KEY.secret.hex()[:-2]}",
        f"{KEY.id} {KEY.secret.hex().upper()}",
        f"{KEY.id} {KEY.secret.hex()[:-2]}zz",
        f"{KEY.id} {KEY.secret.hex()}\n" * 2,
        f"{KEY.id} {KEY.secret.hex()} {OTHER.id}",
    ],
)
def test_a_damaged_file_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(BadMasterKey) as caught:
        parse_master_keys(text, "master.key")
    assert KEY.secret.hex()[:16] not in f"{caught.value} {caught.value.zh}"


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(BadMasterKey):
        parse_master_keys(text, "master.key")
    with pytest.raises(BadRecoveryCopy):
        read_recovery(text)


@given(st.binary(min_size=32, max_size=32))
def test_the_paper_gives_the_key_back(secret: bytes) -> None:
    paper = print_recovery(MasterKey(secret))
    assert read_recovery(paper).secret == secret
    assert len(paper.splitlines()) == 5


def test_the_paper_may_be_typed_sloppily() -> None:
    lines = print_recovery(KEY).splitlines()[1:]
    typed = "\n".join(reversed(lines)).lower().replace("-", " ").replace("0", "o").replace("1", "l")
    typed = re.sub(r"^([l2-4]):", lambda found: found[0].replace("l", "1"), typed, flags=re.M)
    assert read_recovery(typed) == KEY


@given(st.integers(1, 4), st.integers(0, 14), st.sampled_from(LETTERS))
@example(line=2, place=3, letter="U")  # none of the alphabet
@example(line=3, place=0, letter="")
@example(line=4, place=14, letter="00")
def test_a_slip_is_told_by_its_line(line: int, place: int, letter: str) -> None:
    lines = print_recovery(KEY).splitlines()
    places = [found.start() for found in re.finditer(f"[{LETTERS}]", lines[line][2:])]
    at = 2 + places[place]
    if lines[line][at] == letter:
        return
    lines[line] = lines[line][:at] + letter + lines[line][at + 1 :]
    with pytest.raises(BadRecoveryCopy) as caught:
        read_recovery("\n".join(lines))
    assert caught.value.line in (line, 0)  # 0: one slip of 1,024 is found by the key's name alone


def test_lines_of_two_papers_do_not_mix() -> None:
    one, two = print_recovery(KEY).splitlines(), print_recovery(OTHER).splitlines()
    with pytest.raises(BadRecoveryCopy) as caught:
        read_recovery("\n".join([*one[:3], *two[3:]]))
    assert caught.value.line == 0
    with pytest.raises(BadRecoveryCopy):
        read_recovery("\n".join(one[:4]))
    swapped = [one[0], f"1{one[2][1:]}", f"2{one[1][1:]}", *one[3:]]
    with pytest.raises(BadRecoveryCopy) as caught:
        read_recovery("\n".join(swapped))
    assert caught.value.line == 1
