"""Key files: opened by their passphrase alone; damage and a wrong passphrase told apart."""

import json
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmdesk.security.key_file import (
    DamagedKeyFile,
    ShortPassphrase,
    WrongPassphrase,
    _checksum,
    change_passphrase,
    from_text,
    key_file_name,
    lock,
    read_key_file,
    to_text,
    write_key_file,
)
from farmdesk.security.secret_file import NoSecretFile, SecretExists
from farmdesk.security.user_keys import UserKeys

FAST = 1 << 14
PASSPHRASE = "correct horse battery"


@pytest.fixture(scope="module")
def text(zhang: UserKeys) -> str:
    return to_text(lock(zhang, PASSPHRASE, n=FAST))


def test_the_passphrase_opens_the_file_and_no_other(tmp_path: Path, zhang: UserKeys) -> None:
    path = tmp_path / key_file_name("zhang", 1)
    write_key_file(path, zhang, PASSPHRASE, n=FAST)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = read_key_file(path)
    assert (found.login, found.version, found.fingerprint) == ("zhang", 1, zhang.fingerprint)
    opened = found.open(PASSPHRASE)
    assert (opened.private_der, opened.user_key) == (zhang.private_der, zhang.user_key)
    with pytest.raises(WrongPassphrase, match=r"zhang\.fdkey"):
        found.open(PASSPHRASE + " ")
    with pytest.raises(SecretExists):
        write_key_file(path, zhang, PASSPHRASE, n=FAST)


def test_neither_file_nor_words_show_a_secret(zhang: UserKeys, text: str) -> None:
    found = from_text(text, "zhang.fdkey")
    with pytest.raises(WrongPassphrase) as caught:
        found.open("another passphrase")
    shown = f"{found!r} {found} {caught.value!r} {text}"
    for secret in (PASSPHRASE, "another passphrase", repr(zhang.user_key), zhang.user_key.hex()):
        assert secret not in shown


def test_keyboards_that_compose_letters_differently_give_one_passphrase(zhang: UserKeys) -> None:
    locked = lock(zhang, "über das Wasser", n=FAST)
    assert locked.open("u\N{COMBINING DIAERESIS}ber das Wasser").version == 1
    with pytest.raises(ShortPassphrase):
        lock(zhang, "u\N{COMBINING DIAERESIS}ber Wasser", n=FAST)


def test_the_passphrase_changes_and_the_old_one_goes(tmp_path: Path, zhang: UserKeys) -> None:
    path = tmp_path / "zhang.fdkey"
    write_key_file(path, zhang, PASSPHRASE, n=FAST)
    before = read_key_file(path)
    with pytest.raises(WrongPassphrase):
        change_passphrase(path, "some wrong passphrase", "another passphrase", n=FAST)
    with pytest.raises(ShortPassphrase):
        change_passphrase(path, PASSPHRASE, "short", n=FAST)
    assert read_key_file(path) == before
    change_passphrase(path, PASSPHRASE, "another passphrase", n=FAST)
    after = read_key_file(path)
    assert after.salt != before.salt
    assert after.open("another passphrase").user_key == zhang.user_key
    with pytest.raises(WrongPassphrase):
        after.open(PASSPHRASE)
    assert [path.name for path in tmp_path.iterdir()] == ["zhang.fdkey"]


@given(data=st.data())
def test_any_damage_is_told_before_a_passphrase_is_asked(data: st.DataObject, text: str) -> None:
    values = json.loads(text)
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.characters(min_codepoint=32, max_codepoint=1000))
    changed = text[:place] + letter + text[place + 1 :]
    try:
        found = from_text(changed, "zhang.fdkey")
    except DamagedKeyFile:
        return
    assert json.loads(changed) == values  # the change did not mean anything
    assert found.login == "zhang"


@given(garbage=st.one_of(st.text(max_size=300), st.integers(0, 3000)))
def test_any_other_text_is_refused(garbage: str | int, text: str) -> None:
    if isinstance(garbage, int):
        garbage = text[: min(garbage, len(text) - 3)]
    with pytest.raises(DamagedKeyFile):
        from_text(garbage, "zhang.fdkey")


def _forged(text: str, change: dict[str, Any]) -> str:
    """Change fields as somebody who knows the form does: with a right checksum."""
    values = json.loads(text)
    values.pop("checksum")
    values |= change
    return json.dumps(values | {"checksum": _checksum(values)})


@pytest.mark.parametrize(
    "change",
    [
        {"login": 5},
        {"login": "../wang"},
        {"login": "wang\x1b[2J"},
        {"version": 0},
        {"version": 1 << 31},
        {"version": True},
        {"version": "1"},
        {"public": "none"},
        {"fingerprint": "00"},
        {"nonce": "AAAA"},
        {"nonce": None},
        {"locked": "###"},
        {"scrypt": None},
        {"scrypt": {"n": 1 << 40, "r": 8, "p": 1, "salt": ""}},  # all memory of the machine
        {"scrypt": {"n": 3 << 14, "r": 8, "p": 1, "salt": ""}},
        {"scrypt": {"n": 1 << 21, "r": 8, "p": 1, "salt": ""}},
        {"scrypt": {"n": 1 << 13, "r": 8, "p": 1, "salt": ""}},
        {"scrypt": {"n": 1 << 14, "r": 1 << 20, "p": 1, "salt": ""}},
        {"format": "farmdesk key file 2"},
        {"more": [[[[]]]]},
    ],
)
def test_a_forged_file_is_refused(text: str, change: dict[str, Any]) -> None:
    forged = _forged(text, change)
    if "more" in change:  # a field that is none of ours is not looked at
        assert from_text(forged, "zhang.fdkey").open(PASSPHRASE).login == "zhang"
        return
    with pytest.raises(DamagedKeyFile):
        from_text(forged, "zhang.fdkey")


def test_a_guess_costs_128_mib_and_a_costlier_file_is_read_too(text: str, zhang: UserKeys) -> None:
    locked = lock(zhang, PASSPHRASE)
    assert locked.n * 8 * 128 == 128 << 20
    assert from_text(to_text(locked), "zhang.fdkey").open(PASSPHRASE).login == "zhang"
    scrypt = json.loads(text)["scrypt"] | {"n": 1 << 20}
    assert from_text(_forged(text, {"scrypt": scrypt}), "zhang.fdkey").n == 1 << 20


def test_a_file_whose_two_keys_do_not_belong_together_is_damaged(
    zhang: UserKeys, wang: UserKeys
) -> None:
    """Whoever wrote it knew the passphrase: nothing else of it is wrong."""
    mixed: Any = SimpleNamespace(
        login="zhang",
        version=1,
        public_pem=wang.public_pem,
        private_der=zhang.private_der,
        user_key=zhang.user_key,
    )
    with pytest.raises(DamagedKeyFile, match="belong together"):
        lock(mixed, PASSPHRASE, n=FAST).open(PASSPHRASE)


def test_keys_cannot_be_given_out_as_another_s(text: str, zhang: UserKeys, wang: UserKeys) -> None:
    for change in (
        {"login": "wang"},
        {"version": 2},
        {"public": wang.public_pem, "fingerprint": wang.fingerprint},
    ):
        with pytest.raises(WrongPassphrase):
            from_text(_forged(text, change), "zhang.fdkey").open(PASSPHRASE)


def test_deep_json_is_refused_not_followed() -> None:
    with pytest.raises(DamagedKeyFile):
        from_text("[" * 100_000, "zhang.fdkey")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoSecretFile):
        read_key_file(tmp_path / "none.fdkey")
    (tmp_path / "bytes.fdkey").write_bytes(b"\xff\xfe")
    with pytest.raises(DamagedKeyFile):
        read_key_file(tmp_path / "bytes.fdkey")


def test_a_re_issued_key_has_a_file_of_its_own() -> None:
    assert key_file_name("zhang", 1) == "zhang.fdkey"
    assert key_file_name("zhang", 2) == "zhang-2.fdkey"
