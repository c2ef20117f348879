"""Applying once, however often it is said: answers that are lost, machines that ask again."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import pytest

from farmdesk.cli import main
from farmdesk.db import accounts, applications, audit, urgent_rows
from farmdesk.db.database import Database, open_database
from farmdesk.domain.accounts import UserState
from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.domain.users import Role, User
from farmdesk.gateway.callers import hash_of, utc_now
from farmdesk.gateway.registry import Registry, Wanted
from farmdesk.link.remote import registration
from farmdesk.link.remote.registration import Pickup
from farmdesk.link.wire import Applied
from farmdesk.security.secret_file import write_secret
from tests.gateway_room import Room
from tests.gateway_settings import VAULT
from tests.gateways import PROFILE, add_user

Apply = Callable[..., int]


@pytest.fixture
def apply(room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Apply:
    """Says `farmdesk apply` on a machine that knows nothing yet; gives the exit code."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    write_secret(tmp_path / "identity", PROFILE.identity.encode())

    def say(login: str, *more: str) -> int:
        who = ["--name", "Zhao", "--department", "content", "--contact", "1"]
        files = [f"--identity-file={tmp_path / 'identity'}", "--ca", str(room.gateway.settings.ca)]
        words = ["apply", "--login", login, *who, *files, "--server", room.gateway.url]
        return main([*words, "--json", *more])

    return say


@pytest.fixture
def lost(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The farm's answers to applications are lost until this is undone."""
    real = registration.apply

    def lose(*given: object) -> Applied:
        real(*given)  # type: ignore[arg-type]
        raise FarmUnavailable("The line is broken.", "线路中断。")

    with monkeypatch.context() as patch:
        patch.setattr(registration, "apply", lose)
        yield patch


def told(capfd: pytest.CaptureFixture[str]) -> dict[str, object]:
    return cast("dict[str, object]", json.loads(capfd.readouterr().out))


def applied(room: Room) -> list[str]:
    return [item.detail for item in room.audit() if item.action == "apply"]


def test_a_lost_answer_is_asked_for_again(
    room: Room, apply: Apply, lost: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(7):  # more often than an address may apply
        assert apply("zhao") == 3
    assert main(["collect", "--server", room.gateway.url]) == 1
    assert "farmdesk apply --login zhao" in " ".join(capfd.readouterr().err.split())
    lost.undo()
    assert apply("zhao") == 0
    with room.database.reading() as connection:
        [waiting] = applications.waiting(connection)
    seen = told(capfd)
    assert (seen["application"], seen["approved"]) == (waiting.id, False)
    assert len(applied(room)) == 1


def test_applying_twice_tells_since_when_it_waits(
    room: Room, apply: Apply, capfd: pytest.CaptureFixture[str]
) -> None:
    assert apply("zhao") == 0
    first = told(capfd)
    assert apply("zhao") == 0
    assert told(capfd) == first
    assert apply("zhao-2") == 1
    shown = " ".join(capfd.readouterr().err.split())
    assert f"Application {first['application']} of this machine, for the login zhao" in shown
    number = int(cast("int", first["application"]))
    with room.database.writing() as connection:
        applications.decide(
            connection, number, approved=False, by="boss", now=utc_now(), reason="unknown"
        )
    assert apply("zhao-2") == 0  # what was turned down stands in nobody's way
    assert told(capfd)["application"] != number
    assert len(applied(room)) == 2


def test_another_login_after_a_lost_answer_is_another_application(
    room: Room, apply: Apply, lost: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nobody will read out the first one's fingerprint: it is rejected some day."""
    assert apply("zhao") == 3
    lost.undo()
    assert apply("zhao-2") == 0
    assert told(capfd)["login"] == "zhao-2"
    with room.database.reading() as connection:
        assert len(applications.waiting(connection)) == 2


def test_a_login_that_is_taken_stays_taken(
    room: Room, apply: Apply, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert apply("ann") == 1
        assert "is taken" in capfd.readouterr().err
    assert apply("zhao") == 0
    assert applied(room) == [f"127.0.0.1: application {told(capfd)['application']}, account"]


def wanted(pickup: Pickup, *, new: bool, secret: str = "") -> Wanted:
    profile = PROFILE if new else None
    pickup_hash = hash_of(secret or pickup.secret)
    return Wanted(pickup.login, profile, pickup.handover.public, pickup_hash)


@pytest.fixture
def database(farm_url: str) -> Iterator[Database]:
    opened = open_database(farm_url)
    yield opened
    opened.close()


@pytest.mark.parametrize("new", [True, False])
def test_the_same_application_at_once_is_one(
    database: Database, farm_url: str, *, new: bool
) -> None:
    """A client whose line broke asks again while its first question is still being written."""
    registry, pickup = Registry(database, lambda: VAULT, utc_now), Pickup.make("zhao")
    if not new:
        add_user(farm_url, "zhao")
    same = wanted(pickup, new=new)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: registry.apply(same, "10.0.0.1"), range(4)))
    with database.reading() as connection:
        [waiting] = applications.waiting(connection)
        records = audit.read(connection)
    assert {answer.application for answer in answers} == {waiting.id}
    assert [record.action for record in records] == ["apply"]


def test_who_has_seen_the_handover_key_is_not_who_made_it(database: Database) -> None:
    registry, pickup = Registry(database, lambda: VAULT, utc_now), Pickup.make("zhao")
    registry.apply(wanted(pickup, new=True), "10.0.0.1")
    with pytest.raises(Refused, match="taken"):
        registry.apply(wanted(pickup, new=True, secret="guessed"), "10.0.0.2")


def test_a_re_issue_waits_three_times_at_most_however_many_come_at_once(
    database: Database,
) -> None:
    with database.writing() as connection:
        accounts.add(
            connection,
            "zhao",
            PROFILE,
            role=Role.CUSTOMER,
            state=UserState.ACTIVE,
            quota_bytes=1,
            now=utc_now(),
            wrap=lambda _user, _identity: b"w",
        )
    registry = Registry(database, lambda: VAULT, utc_now)

    def ask(number: int) -> bool:
        try:
            registry.apply(wanted(Pickup.make("zhao"), new=False), f"10.0.0.{number}")
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(8))) == applications.MAX_OF_ACCOUNT


# ---- bounds --------------------------------------------------------------------------------------


def applies(database: Database, address: str, login: str) -> str:
    """Apply from an address with a gateway that has just started; give the refusal, if any."""
    registry = Registry(database, lambda: VAULT, utc_now)
    new = login != "ann"
    try:
        registry.apply(wanted(Pickup.make(login), new=new), address)
    except Refused as error:
        return type(error).__name__
    return ""


def messages(database: Database, role: Role) -> list[str]:
    with database.reading() as connection:
        rows = urgent_rows.read_messages(connection, User("x", role), 0, 100)
    return [row.record.text for row in rows]


def test_a_network_fills_its_own_places_alone(database: Database) -> None:
    crowd = [applies(database, f"10.0.0.{n}", f"crowd-{n}") for n in range(30)]
    assert crowd == [""] * applications.MAX_OF_NETWORK + ["NetworkFull"] * 10
    wide = [applies(database, f"2001:db8:0:{n:x}::1", f"wide-{n}") for n in range(30)]
    assert wide == crowd  # a customer has a /48 of IPv6
    assert applies(database, "10.0.1.1", "zhao") == ""
    with database.reading() as connection:
        first = applications.waiting(connection)[0]
    with database.writing() as connection:
        applications.decide(connection, first.id, approved=False, by="boss", now=utc_now())
    assert applies(database, "10.0.0.99", "chen") == ""  # one place is free again
    assert messages(database, Role.OPERATOR) == []
    assert messages(database, Role.SUPERADMIN) == [
        "An application waits for a decision: farmdesk user list."
    ]


def test_a_stranger_cannot_take_the_re_issues_of_an_account(
    database: Database, farm_url: str
) -> None:
    add_user(farm_url, "ann")
    stranger = [applies(database, f"10.0.0.{n}", "ann") for n in range(5)]
    assert stranger == [""] * applications.MAX_OF_ACCOUNT + ["TooManyApplications"] * 2
    assert applies(database, "10.0.1.1", "ann") == ""


def test_the_superadmins_are_told_before_the_list_is_full_and_nothing_of_it_is_lost(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applications, "MAX_WAITING", 6)
    monkeypatch.setattr("farmdesk.gateway.registry._TOLD_AT", (1, 3, 6))
    answers = [applies(database, f"10.0.{n}.1", f"crowd-{n}") for n in range(8)]
    assert answers == [""] * 6 + ["ListFull"] * 2
    told = messages(database, Role.SUPERADMIN)
    assert [text.split()[0] for text in told] == ["An", "3", "6"]
    with database.reading() as connection:
        logins = [item.login for item in applications.waiting(connection)]
        assert accounts.find(connection, "crowd-7") is None
    assert logins == [f"crowd-{n}" for n in range(6)]
