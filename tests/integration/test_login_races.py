"""Log-ins in the moment in which their key or their user is locked out, on a real server."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event
from types import ModuleType
from typing import Any

import pytest

from farmdesk.db import applications, commands, leases, sessions
from farmdesk.db.account_store import AccountStore, Act
from farmdesk.domain.accounts import Account, ApplicationKind
from farmdesk.domain.errors import Refused
from farmdesk.domain.records import Outcome
from farmdesk.domain.users import Role
from farmdesk.gateway.callers import utc_now
from farmdesk.gateway.login import Answer, DatabaseDoor, LoginDesk
from farmdesk.link.wire import LoggedIn
from farmdesk.security.audit_chain import digest_of
from farmdesk.security.challenge import Challenge, sign
from farmdesk.security.key_records import key_record
from tests.farm import wait_until
from tests.gateway_settings import VAULT
from tests.gateways import add_user, keys_of
from tests.integration.staffed_farm import StaffedFarm

NAME = "racer"
SERVER = {"server_id": bytes(16), "tls_fingerprint": bytes(32)}
ACTS = ("revoked", "suspended", "re-issued")
TABLES = ("db_lease", "session", "application", "user_key")


@dataclass(frozen=True)
class Racer:
    """An operator who logs in while a superadmin acts."""

    staffed: StaffedFarm
    account: Account
    desk: LoginDesk

    def log_in(self) -> LoggedIn:
        """Log in as a client does."""
        given = self.desk.challenge(NAME)
        challenge = Challenge(bytes.fromhex(given.nonce), given.expires)
        signature = sign(keys_of(NAME), challenge=challenge, **SERVER).hex()
        key = keys_of(NAME).fingerprint
        return self.desk.take(Answer(NAME, given.nonce, given.expires, key, signature), "::1")

    def act(self, how: str) -> None:
        """Do what a superadmin does to a user's log-ins."""
        book = AccountStore(self.staffed.database, digest_of)
        now = datetime.now(UTC)
        act = Act("root", how, NAME, Outcome(0, applied=True, text="", at=now))
        if how == "revoked":
            book.revoke(keys_of(NAME).fingerprint, act)
        elif how == "suspended":
            book.suspend(NAME, act)
        else:
            with self.staffed.database.writing() as connection:
                application = applications.apply(
                    connection,
                    self.account.user_id,
                    ApplicationKind.REISSUE,
                    handover_key=bytes(32),
                    pickup_hash=bytes(32),
                    network="10.0.0.0/24",
                    now=now,
                )
            record = key_record(keys_of(NAME, 2), self.account.user_id, VAULT, now)
            book.approve(application, record, b"sealed", Role.OPERATOR, act)

    def left(self) -> tuple[object, ...]:
        """Count his sessions, and the database accounts that are lent to him."""
        leases.drop_ended(self.staffed.database, datetime.now(UTC), digest_of)
        root = self.staffed.root()
        mine = "SELECT COUNT(*) FROM {} WHERE user_id = %s"
        counts = [
            root.run(mine.format(place), self.account.user_id)[0][0]
            for place in ("session", "db_lease JOIN mysql.user ON User = account")
        ]
        root.close()
        return tuple(counts)

    def wait_until_over_or_waiting(self, work: "Future[Any]") -> None:
        """Wait until the work is done, or stands before a row that somebody else holds."""
        root = self.staffed.root()
        waits = (
            "SELECT COUNT(*) FROM information_schema.innodb_trx JOIN information_schema.processlist"
            " p ON p.id = trx_mysql_thread_id WHERE trx_state = 'LOCK WAIT' AND p.db = %s"
        )
        wait_until(
            lambda: work.done() or root.run(waits, self.staffed.name) == [(1,)],
            "one who waits for the other",
        )
        root.close()


@pytest.fixture
def racer(staffed: StaffedFarm) -> Iterator[Racer]:
    account = add_user(staffed.url, NAME, Role.OPERATOR)
    door = DatabaseDoor("host:1/farm", "")
    yield Racer(
        staffed, account, LoginDesk(staffed.database, database_door=door, now=utc_now, **SERVER)
    )
    leases.drop_ended(staffed.database, datetime.now(UTC) + timedelta(hours=9), digest_of)
    root = staffed.root()
    for table in TABLES:
        root.run(f"DELETE FROM `{table}` WHERE user_id = %s", account.user_id)
    root.run("DELETE FROM user_account WHERE id = %s", account.user_id)
    root.close()


@dataclass(frozen=True)
class Pause:
    """Somebody who stops after a step until he is told to go on."""

    reached: Event
    go: Event


@pytest.fixture
def pause(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[ModuleType, str], Pause]]:
    """Let the first who takes a step stop after it, within his transaction."""
    made = Pause(Event(), Event())

    def paused_after(module: ModuleType, name: str) -> Pause:
        step = getattr(module, name)

        def slow(*given: Any, **named: Any) -> Any:
            done = step(*given, **named)
            if not made.reached.is_set():
                made.reached.set()
                assert made.go.wait(30)
            return done

        monkeypatch.setattr(module, name, slow)
        return made

    yield paused_after
    made.go.set()


@pytest.mark.parametrize("how", ACTS)
@pytest.mark.parametrize(("module", "step"), [(sessions, "begin"), (sessions, "hold")])
def test_a_login_that_was_quicker_is_ended(
    racer: Racer,
    pause: Callable[[ModuleType, str], Pause],
    *,
    module: ModuleType,
    step: str,
    how: str,
) -> None:
    """Neither its session outlives the act, nor the database account that is lent for it."""
    with ThreadPoolExecutor(2) as pool:
        stopped = pause(module, step)
        coming = pool.submit(racer.log_in)
        assert stopped.reached.wait(30)
        acting = pool.submit(racer.act, how)
        racer.wait_until_over_or_waiting(acting)
        stopped.go.set()
        acting.result()
        assert isinstance(coming.exception(), Refused | None)
    assert racer.left() == (0, 0)


@pytest.mark.parametrize("how", ACTS)
def test_a_login_that_was_slower_is_refused(
    racer: Racer, pause: Callable[[ModuleType, str], Pause], how: str
) -> None:
    """The act is done, and not committed yet."""
    with ThreadPoolExecutor(2) as pool:
        stopped = pause(commands, "answer")
        acting = pool.submit(racer.act, how)
        assert stopped.reached.wait(30)
        coming = pool.submit(racer.log_in)
        racer.wait_until_over_or_waiting(coming)
        stopped.go.set()
        acting.result()
        assert isinstance(coming.exception(), Refused)
    assert racer.left() == (0, 0)


@pytest.mark.parametrize("how", ACTS)
def test_nothing_is_lent_for_a_session_that_was_ended(
    racer: Racer, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """The act comes between a session's beginning and its lease."""
    lend = leases.lend

    def late(*given: Any, **named: Any) -> Any:
        racer.act(how)
        return lend(*given, **named)

    monkeypatch.setattr(leases, "lend", late)
    with pytest.raises(leases.NoLease):
        racer.log_in()
    assert racer.left() == (0, 0)


def test_who_is_not_disturbed_comes_in(racer: Racer) -> None:
    assert racer.log_in().database is not None
    assert racer.left() == (1, 1)
