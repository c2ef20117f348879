"""A client's session: it goes on by itself where it may, and trusts one farm alone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.domain.node_commands import SetAutoStart
from farmdesk.domain.users import Role, User
from farmdesk.link.remote.door import Door, NoServerUrl, WrongServer, checked_url, fetch_authority
from farmdesk.link.remote.known_farm import KnownFarm, NoKeyFile, NoPickup, UnknownFarm
from farmdesk.link.remote.link import RemoteLink
from farmdesk.link.remote.registration import Pickup
from farmdesk.link.remote.session import RemoteSession, log_in
from farmdesk.link.wire import LentDatabase, LoggedIn, LoginNeeded
from farmdesk.security.authority import make_ca
from tests.gateway_room import Room
from tests.gateways import keys_of
from tests.ports import free_port

TOLD = LoggedIn(
    token="t0ken",
    login="ann",
    role=Role.CUSTOMER,
    until=datetime(2026, 2, 4, tzinfo=UTC),
    idle_s=1800,
    database=LentDatabase("db:3306/farm", "fl_1", "pässword", "operator", "PEM"),
)


def test_with_keys_at_hand_a_session_begins_again_by_itself(room: Room) -> None:
    link = RemoteLink(room.gateway.session("operator"))
    link.send(SetAutoStart(on=True))
    room.clock.turn(minutes=31)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _turn: len(link.commands()), range(16))) == [1] * 16
    assert [item.action for item in room.audit()] == ["login", "login"]  # once for all threads
    room.clock.turn(minutes=31)
    link.send(SetAutoStart(on=False))
    assert len(link.commands()) == 2
    link.close()


def test_who_is_locked_out_is_told_so_by_every_connection_and_tries_once(room: Room) -> None:
    session = room.gateway.session("ann")
    room.suspend("ann")

    def refusal(_turn: int) -> str:
        with pytest.raises(Refused) as refused:
            session.ask("GET", "/tasks")
        return refused.value.en

    with ThreadPoolExecutor(8) as pool:
        told = set(pool.map(refusal, range(16)))
    assert told == {"Your account is locked. Ask a superadmin."}  # and nowhere "Too many tries"
    assert [item.action for item in room.audit() if item.action.startswith("login")] == [
        "login",
        "login_refused",
    ]
    session.close()


def test_nothing_of_this_machine_s_surroundings_leads_a_client_elsewhere(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("SSL_CERT_FILE", "/dev/null")
    assert fetch_authority(room.gateway.url) == room.gateway.authority
    link = RemoteLink(room.gateway.session("ann"))
    assert link.tasks() == []
    link.close()


def test_without_keys_it_says_that_it_is_over(room: Room) -> None:
    door = room.gateway.door()
    told = log_in(door, keys_of("ann"))
    session = RemoteSession(door, User(told.login, told.role), told.token)
    assert RemoteLink(session).tasks() == []
    session.end()
    session.end()  # over already: nothing to do
    with pytest.raises(LoginNeeded):
        RemoteLink(session).tasks()
    session.close()


def test_a_server_of_another_authority_is_sent_nothing(room: Room) -> None:
    stranger = make_ca("another farm", datetime.now(UTC)).certificate
    door = Door(room.gateway.url, stranger)
    with pytest.raises(WrongServer):
        log_in(door, keys_of("ann"))
    door.close()
    by_another_name = Door(room.gateway.url.replace("127.0.0.1", "127.0.0.2"), stranger)
    with pytest.raises((WrongServer, FarmUnavailable)):
        by_another_name.ask("GET", "/tasks")
    by_another_name.close()
    assert room.audit() == []
    assert fetch_authority(room.gateway.url) == room.gateway.authority


@pytest.mark.parametrize(
    "url",
    ["", "farm", "http://farm", "https://", "https://u:p@farm", "https://f/x", "https://f:99999",
     "https://[::1", "ftp://f"],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(NoServerUrl):
        checked_url(url)


def test_an_address_is_written_in_one_way() -> None:
    assert checked_url("https://Farm.Example/") == "https://farm.example:443"
    assert checked_url("https://[::1]:8443") == "https://[::1]:8443"


def test_a_machine_remembers_a_farm_and_keeps_its_secrets_to_itself(tmp_path: Path) -> None:
    farm = KnownFarm(f"https://127.0.0.1:{free_port()}", tmp_path)
    with pytest.raises(UnknownFarm):
        farm.door()
    with pytest.raises(Refused):
        farm.trust(b"no certificate")
    assert not farm.is_trusted
    farm.trust(make_ca("farm", datetime.now(UTC)).certificate)
    farm.door().close()
    with pytest.raises(LoginNeeded):
        farm.login()
    farm.keep_session(TOLD)
    assert farm.login() == TOLD
    with pytest.raises(NoPickup):
        farm.pickup()
    pickup = Pickup.make("ann")
    farm.keep_pickup(pickup)
    assert farm.pickup() == pickup
    for secret in farm.folder.glob("*.json"):
        assert secret.stat().st_mode & 0o077 == 0
    for shown in (repr(TOLD), repr(pickup)):
        assert not any(hidden in shown for hidden in ("t0ken", "pässword", pickup.secret))
    for damaged in farm.folder.glob("*.json"):
        damaged.write_text("{")
    with pytest.raises(LoginNeeded):
        farm.login()
    with pytest.raises(NoPickup):
        farm.pickup()
    with pytest.raises(NoKeyFile):
        farm.key_file()
    other = KnownFarm("https://127.0.0.1:1", tmp_path)
    assert not other.is_trusted  # farms are kept apart
