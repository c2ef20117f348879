"""Login by challenge: replayed, expired, foreign and malformed answers, and floods of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmdesk.security import challenge as module
from farmdesk.security.challenge import (
    Challenge,
    ChallengeBook,
    ChallengeRefused,
    is_answered,
    sign,
    signed_text,
)
from farmdesk.security.user_keys import UserKeys, is_signed

SERVER, TLS = b"S" * 16, b"T" * 32
NOW = 1_770_000_000.25


def _text(challenge: Challenge, server: bytes = SERVER, tls: bytes = TLS) -> bytes:
    return signed_text(server_id=server, tls_fingerprint=tls, challenge=challenge)


def test_what_is_signed_is_what_the_design_says() -> None:
    challenge = Challenge(bytes(range(32)), 1_770_000_030)
    expected = b"farmdesk-login-1" + SERVER + TLS + bytes(range(32))
    assert _text(challenge) == expected + (1_770_000_030).to_bytes(8, "big")


def test_an_answer_is_good_once(zhang: UserKeys) -> None:
    book = ChallengeBook()
    challenge = book.issue("zhang", NOW)
    assert (len(challenge.nonce), challenge.expires) == (32, 1_770_000_030)
    signature = sign(zhang, server_id=SERVER, tls_fingerprint=TLS, challenge=challenge)
    book.take("zhang", challenge, NOW + 29)
    assert is_answered(_text(challenge), signature, zhang.public_pem)
    with pytest.raises(ChallengeRefused):
        book.take("zhang", challenge, NOW + 29)


def test_a_challenge_is_over_after_30_seconds_and_none_is_from_the_future() -> None:
    book = ChallengeBook()
    challenge = book.issue("zhang", NOW)
    with pytest.raises(ChallengeRefused):
        book.take("zhang", challenge, NOW + 30)
    with pytest.raises(ChallengeRefused):  # nor in its last instant: there it is forgotten
        book.take("zhang", challenge, challenge.expires)
    with pytest.raises(ChallengeRefused):
        book.take("zhang", challenge, NOW - 60)


def test_what_was_taken_stays_taken_when_an_older_one_is_forgotten() -> None:
    book = ChallengeBook()
    book.take("wang", book.issue("wang", NOW), NOW)
    challenge = book.issue("zhang", NOW + 20)
    book.take("zhang", challenge, NOW + 20)
    for seconds in (29, 30, 40, 49):
        with pytest.raises(ChallengeRefused):
            book.take("zhang", challenge, NOW + seconds)


def test_a_challenge_is_for_its_login_and_its_server_alone(zhang: UserKeys, wang: UserKeys) -> None:
    book = ChallengeBook()
    challenge = book.issue("zhang", NOW)
    with pytest.raises(ChallengeRefused):
        book.take("wang", challenge, NOW)
    with pytest.raises(ChallengeRefused):
        ChallengeBook().take("zhang", challenge, NOW)
    signature = sign(zhang, server_id=SERVER, tls_fingerprint=TLS, challenge=challenge)
    assert not is_answered(_text(challenge), signature, wang.public_pem)
    assert not is_answered(_text(challenge, server=b"X" * 16), signature, zhang.public_pem)
    # somebody in the middle shows his own certificate: what the client signs is no use to him
    caught = sign(zhang, server_id=SERVER, tls_fingerprint=b"M" * 32, challenge=challenge)
    assert not is_answered(_text(challenge), caught, zhang.public_pem)


def test_a_longer_life_cannot_be_asked_for() -> None:
    book = ChallengeBook()
    challenge = book.issue("zhang", NOW)
    for expires in (challenge.expires + 1, challenge.expires + 10_000, 1 << 62, 0):
        with pytest.raises(ChallengeRefused):
            book.take("zhang", Challenge(challenge.nonce, expires), NOW)
    book.take("zhang", challenge, NOW)


@given(st.binary(max_size=64), st.integers(-(1 << 70), 1 << 70), st.text(max_size=40))
def test_any_other_answer_is_refused(nonce: bytes, expires: int, login: str) -> None:
    with pytest.raises(ChallengeRefused):
        ChallengeBook().take(login, Challenge(nonce, expires), NOW)


def test_a_flood_costs_a_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TAKEN", 50)
    book = ChallengeBook()
    asked = [book.issue("zhang", NOW) for _ in range(200)]
    assert not book._taken  # questions are not remembered
    for challenge in asked[:50]:
        book.take("zhang", challenge, NOW)
    with pytest.raises(ChallengeRefused):
        book.take("zhang", asked[50], NOW)
    with pytest.raises(ChallengeRefused):  # what was taken stays taken
        book.take("zhang", asked[0], NOW)
    later = book.issue("zhang", NOW + 31)
    book.take("zhang", later, NOW + 31)
    assert len(book._taken) == 1


def test_an_unknown_login_meets_the_same_questions_and_the_same_work(
    zhang: UserKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = ChallengeBook()
    known, unknown = book.issue("zhang", NOW), book.issue("nobody", NOW)
    assert len(known.nonce) == len(unknown.nonce)
    assert known.expires == unknown.expires
    book.take("nobody", unknown, NOW)
    seen: list[str] = []

    def watched(text: bytes, signature: bytes, public_pem: str) -> bool:
        seen.append(public_pem)
        return is_signed(text, signature, public_pem)

    monkeypatch.setattr("farmdesk.security.challenge.is_signed", watched)
    signature = sign(zhang, server_id=SERVER, tls_fingerprint=TLS, challenge=known)
    assert not is_answered(_text(known), signature, None)
    assert len(seen) == 1
    assert len(seen[0]) == len(zhang.public_pem)
    monkeypatch.setattr("farmdesk.security.challenge.is_signed", lambda *_: True)
    assert not is_answered(_text(known), signature, None)  # not even if the decoy had a signer


@pytest.mark.parametrize(
    ("server", "tls", "nonce"), [(15, 32, 32), (16, 31, 32), (16, 32, 33), (17, 31, 32)]
)
def test_parts_of_other_lengths_are_never_signed(server: int, tls: int, nonce: int) -> None:
    with pytest.raises(ValueError, match="lengths"):
        signed_text(
            server_id=bytes(server),
            tls_fingerprint=bytes(tls),
            challenge=Challenge(bytes(nonce), 1),
        )
