"""Handing keys over: the applicant's own handover key opens them, for his application alone."""

import traceback
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmdesk.security.handover import BadBundle, HandoverKey, handover_fingerprint, seal
from farmdesk.security.user_keys import UserKeys

MINE = HandoverKey.make()


@pytest.fixture(scope="module")
def sealed(zhang: UserKeys) -> bytes:
    return seal(zhang, MINE.public, 5)


def test_the_applicant_opens_his_keys(zhang: UserKeys, sealed: bytes) -> None:
    keys = MINE.open(sealed, 5)
    assert (keys.login, keys.version) == ("zhang", 1)
    assert (keys.private_der, keys.user_key) == (zhang.private_der, zhang.user_key)


def test_nobody_else_does_and_no_other_application(sealed: bytes) -> None:
    with pytest.raises(BadBundle):
        HandoverKey.make().open(sealed, 5)
    with pytest.raises(BadBundle):
        MINE.open(sealed, 6)


def test_two_bundles_have_nothing_in_common(zhang: UserKeys, sealed: bytes) -> None:
    again = seal(zhang, MINE.public, 5)
    assert again[4:36] != sealed[4:36]
    assert zhang.user_key not in sealed
    assert zhang.user_key.hex().encode() not in sealed


@given(data=st.data())
def test_no_byte_can_be_changed(sealed: bytes, data: st.DataObject) -> None:
    changed = bytearray(sealed)
    changed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        keys = MINE.open(bytes(changed), 5)
    except BadBundle:
        return
    # X25519 ignores one bit of a public key (RFC 7748); our salt does not: never reached
    raise AssertionError(keys)


@given(st.binary(max_size=200))
def test_any_other_bytes_are_refused(garbage: bytes) -> None:
    with pytest.raises(BadBundle):
        MINE.open(garbage, 5)
    with pytest.raises(BadBundle):
        MINE.open(b"FDH1" + garbage, 5)


@pytest.mark.parametrize("public", [b"", bytes(32), b"\1" + bytes(31), b"x" * 31, b"x" * 33])
def test_a_handover_key_that_gives_everybody_one_secret_is_refused(
    zhang: UserKeys, public: bytes
) -> None:
    with pytest.raises(BadBundle):
        seal(zhang, public, 5)
    with pytest.raises(BadBundle):
        MINE.open(b"FDH1" + public + bytes(64), 5)


@pytest.mark.parametrize("login", ["../../.ssh/id", "a/b", "A", "wang\n", "fl_wang", ""])
def test_a_farm_cannot_choose_the_file_that_is_written(zhang: UserKeys, login: str) -> None:
    with pytest.raises(BadBundle):
        MINE.open(seal(replace(zhang, login=login), MINE.public, 5), 5)


def test_the_fingerprint_can_be_read_aloud() -> None:
    shown = handover_fingerprint(MINE.public)
    assert shown == MINE.fingerprint
    assert [len(group) for group in shown.split()] == [4] * 8
    assert shown != HandoverKey.make().fingerprint


def test_no_secret_shows_itself(sealed: bytes) -> None:
    with pytest.raises(BadBundle) as caught:
        MINE.open(sealed[:-1], 5)
    shown = f"{MINE!r} {MINE} {''.join(traceback.format_exception(caught.value))}"
    assert repr(MINE.secret) not in shown
    assert MINE.secret.hex() not in shown
