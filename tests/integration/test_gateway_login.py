"""Who comes in through the gateway, who does not, and what ends a session."""

from dataclasses import replace

import httpx
import pytest

from farmdesk.db import accounts, user_keys
from farmdesk.domain.accounts import UserState
from farmdesk.gateway import login
from farmdesk.gateway.callers import utc_now
from farmdesk.security import audit_chain
from farmdesk.security.challenge import Challenge, ChallengeRefused, is_answered
from farmdesk.security.key_records import key_record
from farmdesk.security.tls import client_context
from tests.gateway_room import Room
from tests.gateway_settings import VAULT
from tests.gateways import keys_of

NOT_IN = 409
OVER = 401


def test_who_signs_rightly_comes_in_until_he_leaves(room: Room) -> None:
    reply = room.answer("ann")
    told = reply.json()
    assert (reply.status_code, told["login"], told["role"]) == (200, "ann", "customer")
    assert told["database"] is None
    assert reply.headers["cache-control"] == "no-store"
    header = {"Authorization": f"Bearer {told['token']}"}
    assert room.client.get("/tasks", headers=header).json() == []
    assert room.client.get("/tasks", params={"token": told["token"]}).status_code == OVER
    cookie = {"Cookie": f"token={told['token']}; session={told['token']}"}
    assert room.client.get("/tasks", headers=cookie).status_code == OVER
    assert room.client.delete("/session", headers=header).status_code == 204
    stolen = room.client.get("/tasks", headers=header)  # the token, after log-out
    assert (stolen.status_code, stolen.json()["kind"]) == (OVER, "login_needed")
    assert stolen.headers["www-authenticate"] == "Bearer"
    assert room.client.delete("/session", headers=header).status_code == OVER


def test_an_answer_counts_once_and_not_for_long(room: Room) -> None:
    challenge = room.challenge("ann")
    assert room.answer("ann", challenge=challenge).status_code == 200
    assert room.answer("ann", challenge=challenge).status_code == NOT_IN  # replayed
    late = room.challenge("ann")
    room.clock.turn(seconds=31)
    assert room.answer("ann", challenge=late).status_code == NOT_IN


def test_no_answer_to_something_else_lets_anybody_in(room: Room) -> None:
    own = room.challenge("ann")
    tries = [
        room.answer("ann", challenge=room.challenge("bob")),
        room.answer("ann", challenge=Challenge(bytes(32), own.expires)),
        room.answer("ann", challenge=replace(own, expires=own.expires + 1)),
        room.answer("ann", tls_fingerprint=bytes(32)),  # somebody stands in the middle
    ]
    room.gateway.serve(room.url)  # a new start forgets the brakes
    tries += [
        room.answer("ann", server_id=bytes(16)),
        room.answer("ann", keys=keys_of("bob")),
        room.answer("ann", changed={"signature": "00" * 384}),
        room.answer("ann", changed={"fingerprint": "00" * 32}),  # a key that nobody has
        room.answer("nobody", keys=keys_of("ann")),
    ]
    assert {reply.status_code for reply in tries} == {NOT_IN}
    assert len({reply.text for reply in tries}) == 1  # nobody learns who has an account


def test_an_unknown_login_costs_the_gateway_the_same_work(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One signature is checked, whoever asks; its time is most of what an answer takes."""
    checked: list[bool] = []

    def counted(text: bytes, signature: bytes, public_pem: str | None) -> bool:
        checked.append(public_pem is not None)
        return is_answered(text, signature, public_pem)

    monkeypatch.setattr(login, "is_answered", counted)
    room.answer("ann", changed={"signature": "00" * 384})
    room.answer("nobody", keys=keys_of("ann"))
    room.answer("ann", keys=keys_of("bob"))
    assert checked == [True, False, False]


def test_what_is_no_answer_at_all_is_refused_before_anything_is_looked_up(room: Room) -> None:
    wrong: list[dict[str, object]] = [
        {"nonce": "00"},
        {"nonce": "Z" * 64},
        {"nonce": 5},
        {"expires": "soon"},
        {"expires": -1},
        {"expires": 1 << 70},
        {"expires": 1e300},
        {"signature": ""},
        {"signature": "0" * 767},
        {"fingerprint": None},
        {"login": "'; DROP TABLE session; --"},
        {"more": 1},
    ]
    replies = [room.answer("ann", changed=changed) for changed in wrong]
    for text in (b"", b"[]", b"{", b'{"login": "\\ud800"}', b"[" * 50_000, b'{"login": NaN}'):
        replies.append(room.client.post("/login/challenge", content=text))
    for reply in replies:
        assert (reply.status_code, set(reply.json())) == (422, {"kind", "en", "zh", "wait_s"})
        assert "DROP" not in reply.text
    assert room.audit() == []


def test_who_is_locked_out_is_told_so_after_he_has_proven_who_he_is(room: Room) -> None:
    header = room.enter("ann")
    with room.database.writing() as connection:
        accounts.move(
            connection,
            "ann",
            wanted=[UserState.ACTIVE],
            state=UserState.SUSPENDED,
            by="boss",
            reason="",
            now=utc_now(),
        )
    assert room.client.get("/tasks", headers=header).status_code == OVER  # at once
    locked = room.answer("ann")
    assert (locked.status_code, "locked" in locked.json()["en"]) == (NOT_IN, True)
    stranger = room.answer("ann", keys=keys_of("bob"))
    assert "locked" not in stranger.json()["en"]


def test_old_and_revoked_keys_let_nobody_in(room: Room) -> None:
    user_id = room.users["ann"].user_id
    newer = keys_of("ann", 2)
    with room.database.writing() as connection:
        user_keys.add(connection, key_record(newer, user_id, VAULT, utc_now()))
    old = room.answer("ann")
    assert (old.status_code, "newer keys" in old.json()["en"]) == (NOT_IN, True)
    assert room.answer("ann", keys=newer).status_code == 200
    with room.database.writing() as connection:
        user_keys.revoke(connection, newer.fingerprint, utc_now())
    revoked = room.answer("ann", keys=newer)
    assert (revoked.status_code, "revoked" in revoked.json()["en"]) == (NOT_IN, True)


def test_sessions_end_by_rest_and_by_age(room: Room) -> None:
    header = room.enter("ann")
    for _ in range(16):  # eight hours, never at rest for long
        room.clock.turn(minutes=29)
        assert room.client.get("/tasks", headers=header).status_code == 200
    room.clock.turn(minutes=29)
    assert room.client.get("/tasks", headers=header).status_code == OVER
    header = room.enter("ann")
    room.clock.turn(minutes=31)
    assert room.client.get("/tasks", headers=header).status_code == OVER


def test_five_failures_put_the_brakes_on_an_address(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = 1000.0
    monkeypatch.setattr(login, "monotonic", lambda: seconds)
    for _ in range(5):
        assert room.answer("ann", keys=keys_of("bob")).status_code == NOT_IN
    braked = room.answer("ann")  # rightly signed, and still too soon
    assert (braked.status_code, braked.json()["kind"]) == (429, "too_many")
    room.client.headers["X-Forwarded-For"] = "192.0.2.7"  # an address that anybody may claim
    assert room.answer("ann").status_code == 429
    wait_s = int(braked.headers["retry-after"])
    assert 0 < wait_s <= 60
    seconds += wait_s - 0.5
    assert room.answer("ann").status_code == 429  # to the last half second
    seconds += 0.6
    assert room.answer("ann").status_code == 200


def test_who_logs_in_and_out_without_end_is_stopped_and_nobody_else(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time leaves two records in the audit log. What a stranger tries does not count."""
    seconds = 1000.0
    monkeypatch.setattr(login, "monotonic", lambda: seconds)
    monkeypatch.setattr(login, "LOGINS_AN_HOUR", 2)
    room.gateway.serve(room.url)
    for _ in range(3):
        assert room.answer("ann", keys=keys_of("bob")).status_code == NOT_IN
    room.client.delete("/session", headers=room.enter("ann"))
    header = room.enter("ann")
    known = room.audit()
    for _ in range(6):  # his tries are none that put the brakes on his address
        often = room.answer("ann")
        told = often.json()
        assert (often.status_code, told["kind"], often.headers["retry-after"]) == (
            429,
            "too_many",
            "3600",
        )
        assert "2 times within an hour" in told["en"]
        assert "一小时内已登录 2 次" in told["zh"]
    assert room.audit() == known
    assert room.client.get("/tasks", headers=header).status_code == 200
    room.enter("bob")
    seconds += 3601
    room.enter("ann")


def test_a_customer_is_lent_no_account_of_the_database(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does he hear of it, where the staff reaches it; SQLite has none to lend."""
    door = login.DatabaseDoor("127.0.0.1:3306/farm", "")
    monkeypatch.setattr(room.gateway.parts.login, "_database_door", door)
    customer, operator = room.answer("ann"), room.answer("operator")
    assert (customer.status_code, customer.json()["database"]) == (200, None)
    assert operator.status_code == NOT_IN


def test_a_stranger_elsewhere_locks_nobody_out(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """He answers challenges that were never given, in her name, until he is made to wait."""
    monkeypatch.setattr(login, "monotonic", lambda: 1000.0)
    never_given = Challenge(bytes(32), room.challenge("ann").expires)
    tries = [room.answer("ann", challenge=never_given).status_code for _ in range(6)]
    assert tries == [NOT_IN] * 5 + [429]
    transport = httpx.HTTPTransport(
        verify=client_context(room.gateway.authority), local_address="127.0.0.2"
    )
    with httpx.Client(base_url=room.gateway.url, transport=transport) as her_machine:
        monkeypatch.setattr(room, "client", her_machine)
        assert room.answer("ann").status_code == 200


def test_every_try_is_in_the_audit_log_and_the_chain_holds(room: Room) -> None:
    header = room.enter("ann")
    room.answer("bob", keys=keys_of("ann"))
    room.client.delete("/session", headers=header)
    records = room.audit()
    assert [(item.actor, item.action) for item in records] == [
        ("ann", "login"),
        ("bob", "login_refused"),
        ("ann", "logout"),
    ]
    assert keys_of("ann").fingerprint in records[0].detail
    assert audit_chain.follow(records) == audit_chain.Link(3, records[-1].digest)


def test_no_network_fills_the_audit_log_with_tries_that_fail(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each address has a brake; a network has very many addresses."""
    monkeypatch.setattr(login, "REFUSALS_AN_HOUR", 6)
    monkeypatch.setattr(login, "ALL_REFUSALS_AN_HOUR", 10)
    room.gateway.serve(room.url)
    desk = room.gateway.parts.login
    nobody = login.Answer("ann", "00" * 32, 0, "00" * 32, "00" * 384)
    for network in range(3):
        for line in range(9):
            with pytest.raises(ChallengeRefused):
                desk.take(nobody, f"2001:db8:{network}:{line}::1")
    noted = [record.detail for record in room.audit()]
    assert [sum(f"2001:db8:{n}:" in detail for detail in noted) for n in range(3)] == [6, 4, 0]
    room.enter("ann")  # who comes in rightly is on record as ever
    assert room.audit()[-1].action == "login"


def test_no_token_is_one(room: Room) -> None:
    for given in (b"", b"Bearer", b"Bearer x y", b"Basic YTpi", b"Bearer " + b"a" * 5000, b"\xff"):
        reply = room.client.get("/tasks", headers={b"Authorization": given})
        assert reply.status_code == OVER, given
