"""The vault: wrapped secrets open for their own purpose, user, version and master key alone."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmdesk.security.master_key import MasterKey, write_master_keys
from farmdesk.security.vault import (
    DamagedSecret,
    Purpose,
    UnknownMasterKey,
    Vault,
    VaultClosed,
    load_vault,
    told_as_closed,
    wrapped_under,
)

SECRET = b"330102199001011234"
VAULT = Vault.make()
BLOB = VAULT.wrap(SECRET, Purpose.IDENTITY, user_id=7, version=2)


@given(st.binary(max_size=4000), st.integers(0, 2**63), st.integers(0, 2**31))
def test_what_was_wrapped_is_unwrapped(secret: bytes, user_id: int, version: int) -> None:
    blob = VAULT.wrap(secret, Purpose.USER_KEY, user_id=user_id, version=version)
    assert VAULT.unwrap(blob, Purpose.USER_KEY, user_id=user_id, version=version) == secret


@pytest.mark.parametrize(
    ("purpose", "user_id", "version"),
    [
        (Purpose.IDENTITY, 8, 2),
        (Purpose.IDENTITY, 7, 1),
        (Purpose.USER_KEY, 7, 2),
        (Purpose.IDENTITY, 7 + (2 << 32), 0),  # digits that moved between the numbers
    ],
)
def test_a_secret_of_another_place_does_not_open(
    purpose: Purpose, user_id: int, version: int
) -> None:
    with pytest.raises(DamagedSecret) as caught:
        VAULT.unwrap(BLOB, purpose, user_id=user_id, version=version)
    assert SECRET.decode() not in str(caught.value)


@given(st.integers(0, len(BLOB) - 1), st.integers(1, 255))
def test_no_byte_can_be_changed(place: int, flip: int) -> None:
    changed = bytearray(BLOB)
    changed[place] ^= flip
    with pytest.raises((DamagedSecret, UnknownMasterKey)):
        VAULT.unwrap(bytes(changed), Purpose.IDENTITY, user_id=7, version=2)


@given(st.one_of(st.binary(max_size=80), st.integers(0, len(BLOB) - 1).map(lambda n: BLOB[:n])))
def test_any_other_bytes_are_refused(blob: bytes) -> None:
    with pytest.raises((DamagedSecret, UnknownMasterKey)):
        VAULT.unwrap(blob, Purpose.IDENTITY, user_id=7, version=2)


def test_two_wrappings_of_one_secret_have_nothing_in_common() -> None:
    again = VAULT.wrap(SECRET, Purpose.IDENTITY, user_id=7, version=2)
    assert again[8:20] != BLOB[8:20]
    assert again[20:] != BLOB[20:]


def test_rotation_rewraps_and_the_old_key_alone_then_opens_nothing() -> None:
    old = VAULT.current
    both = Vault(MasterKey.make(), (old,))
    moved = both.rewrap(BLOB, Purpose.IDENTITY, user_id=7, version=2)
    assert wrapped_under(moved) == both.current.id != wrapped_under(BLOB)
    assert both.rewrap(moved, Purpose.IDENTITY, user_id=7, version=2) is moved
    new = Vault(both.current)
    assert new.unwrap(moved, Purpose.IDENTITY, user_id=7, version=2) == SECRET
    with pytest.raises(UnknownMasterKey, match=old.id):
        new.unwrap(BLOB, Purpose.IDENTITY, user_id=7, version=2)
    with pytest.raises(DamagedSecret):
        both.rewrap(moved, Purpose.IDENTITY, user_id=8, version=2)


def test_the_file_s_last_key_wraps_and_all_unwrap(tmp_path: Path) -> None:
    new = MasterKey.make()
    write_master_keys(tmp_path / "master.key", (VAULT.current, new))
    loaded = load_vault(tmp_path / "master.key")
    assert loaded.current == new
    assert loaded.unwrap(BLOB, Purpose.IDENTITY, user_id=7, version=2) == SECRET


def test_no_master_key_shows_itself() -> None:
    shown = f"{VAULT!r} {VAULT} {VAULT.current!r} {VAULT.current}"
    assert VAULT.current.id in shown
    for secret in (VAULT.current.secret.hex(), repr(VAULT.current.secret)[2:-1]):
        assert secret not in shown


@pytest.mark.parametrize("mode", [None, 0o644, 0o600])
def test_who_cannot_mend_a_vault_hears_nothing_of_it(
    mode: int | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "master.key"  # not there, open to others, or without the key that is needed
    if mode is not None:
        write_master_keys(path, [MasterKey.make()])
        path.chmod(mode)
    with pytest.raises(VaultClosed) as caught, told_as_closed():
        load_vault(path).unwrap(BLOB, Purpose.IDENTITY, user_id=7, version=2)
    for said in (caught.value.en, caught.value.zh):
        assert "master" not in said
        assert str(tmp_path) not in said
    assert "master" in caplog.text
