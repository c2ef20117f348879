"""Applying for keys through the gateway, and the one hand-over."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from farmdesk.db import accounts, applications, user_keys
from farmdesk.domain.accounts import Profile
from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.gateway.callers import utc_now
from farmdesk.link.remote import registration
from farmdesk.link.remote.door import Door
from farmdesk.link.remote.registration import Pickup
from farmdesk.security import handover
from farmdesk.security.key_records import key_record
from farmdesk.security.vault import Purpose
from tests.gateway_room import Room
from tests.gateway_settings import VAULT
from tests.gateways import PROFILE, keys_of


class Applicant:
    """Somebody at his own machine."""

    def __init__(self, room: Room, login: str = "zhao") -> None:
        self._room = room
        self.door = Door(room.gateway.url, room.gateway.authority)
        self.pickup = Pickup.make(login)

    def apply(self, profile: Profile | None = PROFILE) -> int:
        """Apply, and remember the number."""
        number = registration.apply(self.door, self.pickup, profile).application
        self.pickup = replace(self.pickup, application=number)
        return number

    def approved(self) -> None:
        """Let a superadmin approve: what the engine does then."""
        keys, number = keys_of(self.pickup.login), self.pickup.application
        with self._room.database.writing() as connection:
            found = applications.find(connection, number)
            record = key_record(keys, found.user_id, VAULT, utc_now())
            user_keys.add(connection, record)
            applications.decide(
                connection,
                number,
                approved=True,
                by="boss",
                now=utc_now(),
                bundle=handover.seal(keys, found.handover_key, number),
            )


@pytest.fixture
def zhao(room: Room) -> Iterator[Applicant]:
    made = Applicant(room)
    yield made
    made.door.close()


def test_an_identity_number_is_nowhere_in_clear(room: Room, zhao: Applicant) -> None:
    zhao.apply()
    with room.database.reading() as connection:
        account = accounts.find(connection, "zhao")
        assert account is not None
        wrapped = dict(accounts.identities(connection))[account.user_id]
    secret = VAULT.unwrap(wrapped, Purpose.IDENTITY, user_id=account.user_id, version=0)
    assert secret.decode() == PROFILE.identity
    farm = Path(room.url.removeprefix("sqlite:///"))
    for path in farm.parent.glob("farm.db*"):
        assert PROFILE.identity.encode() not in path.read_bytes()
    assert PROFILE.identity not in repr(room.audit())


def test_a_stranger_hears_nothing_of_the_master_key(room: Room, zhao: Applicant) -> None:
    path = room.gateway.settings.ca.with_name("master.key")
    path.chmod(0o644)
    try:
        with pytest.raises(FarmUnavailable) as caught:
            zhao.apply()
    finally:
        path.chmod(0o600)
    assert "cannot open its keys now" in caught.value.en
    assert str(path.parent) not in caught.value.en + caught.value.zh
    zhao.apply()  # nothing of the first try stands in the way


def test_only_the_pickup_secret_tells_anything_of_an_application(
    room: Room, zhao: Applicant
) -> None:
    number = zhao.apply()
    seen = registration.look(zhao.door, zhao.pickup)
    assert (seen.login, seen.approved, seen.keys_ready) == ("zhao", None, False)
    wrong = replace(zhao.pickup, secret="guessed")
    strangers = [replace(zhao.pickup, application=number + 1), wrong]
    texts = set()
    for stranger in strangers:
        for deed in (registration.look, registration.fetch_keys, registration.confirm_keys):
            with pytest.raises(Refused) as refused:
                deed(zhao.door, stranger)
            texts.add(refused.value.en.replace(str(number + 1), str(number)))
    assert len(texts) == 1
    for path in (f"/applications/{number}", f"/applications/{number}/keys"):
        assert room.client.get(path).status_code == 401
        header = room.enter("boss")  # a session is no pickup secret
        assert room.client.get(path, headers=header).status_code == 401


def test_keys_are_fetched_again_until_their_owner_has_them(room: Room, zhao: Applicant) -> None:
    zhao.apply()
    with pytest.raises(Refused, match="no keys to collect"):
        registration.fetch_keys(zhao.door, zhao.pickup)
    zhao.approved()
    for _ in range(2):  # the client was killed before it had written them down
        keys = registration.fetch_keys(zhao.door, zhao.pickup)
        assert keys.fingerprint == keys_of("zhao").fingerprint
    registration.confirm_keys(zhao.door, zhao.pickup)
    for deed in (registration.fetch_keys, registration.confirm_keys):
        with pytest.raises(Refused, match="no keys to collect"):
            deed(zhao.door, zhao.pickup)
    actions = [item.action for item in room.audit()]
    assert actions == ["apply", "fetch_keys", "fetch_keys", "collect_keys"]


def test_fetching_keys_does_not_fill_the_audit_log(room: Room, zhao: Applicant) -> None:
    number = zhao.apply()
    zhao.approved()
    header = {"Authorization": f"Pickup {zhao.pickup.secret}"}
    path = f"/applications/{number}/keys"
    codes = [room.client.get(path, headers=header).status_code for _ in range(61)]
    assert codes == [200] * 60 + [429]
    registration.confirm_keys(zhao.door, zhao.pickup)


def test_the_first_login_takes_the_keys_from_the_gateway(room: Room, zhao: Applicant) -> None:
    zhao.apply()
    zhao.approved()
    registration.fetch_keys(zhao.door, zhao.pickup)
    room.enter("zhao")
    with pytest.raises(Refused, match="no keys to collect"):
        registration.fetch_keys(zhao.door, zhao.pickup)


def test_of_two_at_once_one_collects(room: Room, zhao: Applicant) -> None:
    zhao.apply()
    zhao.approved()

    def confirm(_turn: int) -> bool:
        try:
            registration.confirm_keys(zhao.door, zhao.pickup)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(confirm, range(8))) == [False] * 7 + [True]
    assert [item.action for item in room.audit()].count("collect_keys") == 1


def test_keys_that_nobody_collects_for_a_week_are_deleted(room: Room, zhao: Applicant) -> None:
    zhao.apply()
    zhao.approved()
    room.clock.turn(days=6)
    room.gateway.parts.registry.tidy()
    registration.fetch_keys(zhao.door, zhao.pickup)
    room.clock.turn(days=2)
    room.gateway.parts.registry.tidy()
    with pytest.raises(Refused, match="no keys to collect"):
        registration.fetch_keys(zhao.door, zhao.pickup)


def test_a_login_is_taken_once_and_an_address_applies_rarely(room: Room, zhao: Applicant) -> None:
    zhao.apply()
    again = Applicant(room)
    with pytest.raises(Refused, match="taken"):
        again.apply()
    for login in ("zhao-2", "zhao-3", "zhao-4"):
        again.pickup = Pickup.make(login)
        again.apply()
    again.pickup = Pickup.make("zhao-5")
    with pytest.raises(FarmUnavailable, match="Too many"):
        again.apply()
    again.door.close()


def test_new_keys_are_for_an_account_that_there_is(room: Room) -> None:
    ann, nobody = Applicant(room, "ann"), Applicant(room, "nobody")
    ann.apply(profile=None)
    with pytest.raises(Refused, match="no active account"):
        nobody.apply(profile=None)
    ann.door.close()
    nobody.door.close()


def test_a_profile_is_its_owners(room: Room) -> None:
    header = room.enter("ann")
    seen = room.client.get("/profile", headers=header).json()
    assert (seen["login"], seen["fingerprint"]) == ("ann", keys_of("ann").fingerprint)
    assert "identity" not in json.dumps(seen)
    changed = {"name": "安", "department": "d", "contact": "c"}
    assert room.client.put("/profile", json=changed, headers=header).status_code == 204
    assert room.client.get("/profile", headers=header).json()["name"] == "安"
    for bad in (changed | {"name": "a\nb"}, changed | {"name": " "}):
        assert room.client.put("/profile", json=bad, headers=header).status_code == 409
    for bad in (changed | {"role": "superadmin"}, changed | {"name": ""}, {"name": "x"}):
        assert room.client.put("/profile", json=bad, headers=header).status_code == 422
    assert room.client.put("/profile", json=changed).status_code in (401, 422)
    assert room.client.get("/profile", headers=room.enter("bob")).json()["name"] == PROFILE.name
