"""Accounts, keys, applications, sessions and uploads on both databases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import Connection, text

from farmdesk.db import accounts, applications, sessions, transfers, user_keys
from farmdesk.db.account_errors import (
    AlreadyDecided,
    AppliedBefore,
    LoginTaken,
    NoAccount,
    NoApplication,
    NoKey,
    TooManyApplications,
    WrongUserState,
)
from farmdesk.db.database import Database, open_database
from farmdesk.domain.accounts import (
    Account,
    Application,
    ApplicationKind,
    BadAccountField,
    KeyRecord,
    KeyState,
    Profile,
    Session,
    UserState,
)
from farmdesk.domain.transfers import Transfer, TransferState
from farmdesk.domain.users import Role
from tests.samples import NOW
from tests.stored_keys import stored_keys

PERSON = Profile("李 雷", "Stage 3", "lilei@example.org", identity="110101199003078515")
HOUR = timedelta(hours=1)


@pytest.fixture
def database(farm_url: str) -> Iterator[Database]:
    opened = open_database(farm_url)
    yield opened
    opened.close()


def wrap(user_id: int, identity: str) -> bytes:
    """Something that is not the identity number, and other for each user."""
    return f"{user_id}:".encode() + bytes(byte ^ 0x5A for byte in identity.encode())


def person(
    connection: Connection, login: str = "lilei", state: UserState = UserState.ACTIVE
) -> Account:
    return accounts.add(
        connection,
        login,
        PERSON,
        role=Role.CUSTOMER,
        state=state,
        quota_bytes=10**12,
        now=NOW,
        wrap=wrap,
    )


def apply(
    connection: Connection, user_id: int, *, reissue: bool = False, secret: bytes = b"p"
) -> Application:
    return applications.apply(
        connection,
        user_id,
        ApplicationKind.REISSUE if reissue else ApplicationKind.ACCOUNT,
        handover_key=b"h" * 32,
        pickup_hash=secret * 32,
        network="10.0.0.0/24",
        now=NOW,
    )


def key(user_id: int, version: int = 1) -> KeyRecord:
    return KeyRecord(
        user_id=user_id,
        version=version,
        fingerprint=f"{user_id:032x}{version:032x}",
        public_pem="-----BEGIN PUBLIC KEY-----",
        wrapped_private=b"\0wrapped private\xff" * 100,
        wrapped_user_key=b"\0wrapped key\xff",
        state=KeyState.ACTIVE,
        made_at=NOW,
    )


def upload(user_id: int, number: int, task_id: int = 1, size: int = 1000) -> Transfer:
    return Transfer(
        id=number.to_bytes(16, "big"),
        user_id=user_id,
        task_id=task_id,
        key_version=1,
        bytes_total=size,
        bytes_here=0,
        state=TransferState.OPEN,
        made_at=NOW,
        touched_at=NOW,
    )


def test_an_approved_applicant_has_an_account_and_collects_his_keys_once(
    database: Database,
) -> None:
    with database.writing() as connection:
        account = person(connection, state=UserState.PENDING)
        asked = apply(connection, account.user_id)
    with database.reading() as connection:
        assert applications.waiting(connection) == [asked]
        with pytest.raises(NoAccount):
            accounts.active(connection, "lilei")
    with database.writing() as connection:
        user_keys.add(connection, key(account.user_id))
        done = applications.decide(
            connection, asked.id, approved=True, by="root", now=NOW, bundle=b"sealed\0"
        )
    assert (done.approved, done.decided_at) == (True, NOW)
    with database.writing() as connection:
        assert accounts.active(connection, "lilei").decided_by == "root"
        assert stored_keys(connection, account.user_id) == [key(account.user_id)]
        assert applications.waiting(connection) == []
        assert applications.bundle(connection, asked.id, b"x" * 32) is None
        assert applications.bundle(connection, asked.id, b"p" * 32) == b"sealed\0"
        assert applications.collected(connection, asked.id, NOW)
        assert not applications.collected(connection, asked.id, NOW)
        assert applications.bundle(connection, asked.id, b"p" * 32) is None
        assert applications.find(connection, asked.id).collected_at == NOW


def test_a_decision_is_made_once(database: Database) -> None:
    with database.writing() as connection:
        asked = apply(connection, person(connection, state=UserState.PENDING).user_id)
    barrier, ends = Barrier(4), list[str]()

    def decide(approved: bool) -> None:
        barrier.wait()
        try:
            with database.writing() as connection:
                applications.decide(connection, asked.id, approved=approved, by="root", now=NOW)
            ends.append("approved" if approved else "rejected")
        except AlreadyDecided:
            ends.append("too late")

    threads = [Thread(target=decide, args=(number % 2 == 0,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends)[1:] == ["too late"] * 3
    with database.reading() as connection:
        account = accounts.find(connection, "lilei")
        assert account is not None
        assert account.state == (UserState.ACTIVE if "approved" in ends else UserState.REJECTED)
        with pytest.raises(NoApplication):
            applications.find(connection, asked.id + 1)


def test_a_rejected_applicant_may_apply_again_and_nobody_else_takes_a_login(
    database: Database,
) -> None:
    with database.writing() as connection:
        account = person(connection, state=UserState.PENDING)
        asked = apply(connection, account.user_id)
        applications.decide(
            connection, asked.id, approved=False, by="root", now=NOW, reason="no ID"
        )
    with database.writing() as connection:
        again = person(connection, state=UserState.PENDING)
    assert (again.user_id, again.state, again.reason) == (account.user_id, UserState.PENDING, "")
    for state in (UserState.PENDING, UserState.ACTIVE):
        with pytest.raises(LoginTaken), database.writing() as connection:
            person(connection, state=state)
    with database.writing() as connection, pytest.raises(BadAccountField):
        person(connection, login="fl_lilei")


def test_strangers_cannot_flood_the_list_with_reissues(database: Database) -> None:
    with database.writing() as connection:
        account = person(connection)
        for number in range(applications.MAX_OF_ACCOUNT):
            apply(connection, account.user_id, reissue=True, secret=bytes([number]))
        with pytest.raises(AppliedBefore):
            apply(connection, account.user_id, reissue=True, secret=b"\0")
        with pytest.raises(TooManyApplications):
            apply(connection, account.user_id, reissue=True)
        first = applications.waiting(connection)[0]
        applications.decide(connection, first.id, approved=False, by="root", now=NOW)
        assert accounts.active(connection, "lilei") == account  # a re-issue refused harms nobody
        apply(connection, account.user_id, reissue=True)


def test_the_identity_number_is_only_kept_wrapped(database: Database) -> None:
    with database.writing() as connection:
        account = person(connection)
        assert dict(accounts.identities(connection))[account.user_id] == wrap(
            account.user_id, PERSON.identity
        )
        everything = connection.execute(text("SELECT * FROM user_account")).one()
        assert PERSON.identity not in str(tuple(everything)) + repr(account) + repr(PERSON)
        for user_id, wrapped in list(accounts.identities(connection)):
            again = b"new" + wrapped
            accounts.rewrap_identity(connection, user_id, old=wrapped, new=again)
            accounts.rewrap_identity(connection, user_id, old=b"changed since", new=b"lost")
            accounts.rewrap_identity(connection, user_id + 1, old=again, new=b"another's")
        assert dict(accounts.identities(connection))[account.user_id].startswith(b"new")


def test_new_keys_retire_old_ones_and_a_revoked_key_stays_for_old_files(
    database: Database,
) -> None:
    with database.writing() as connection:
        account = person(connection)
        assert user_keys.next_version(connection, account.user_id) == 1
        user_keys.add(connection, key(account.user_id))
        assert user_keys.next_version(connection, account.user_id) == 2
        user_keys.add(connection, key(account.user_id, 2))
        states = [one.state for one in stored_keys(connection, account.user_id)]
        assert states == [KeyState.RETIRED, KeyState.ACTIVE]
        second = key(account.user_id, 2).fingerprint
        assert user_keys.revoke(connection, second, NOW).state is KeyState.REVOKED
        with pytest.raises(NoKey):
            user_keys.revoke(connection, second, NOW)
        old = user_keys.version(connection, account.user_id, 2)
        assert old is not None
        assert old.wrapped_private == key(1).wrapped_private
        user_keys.set_wrapped(connection, old, wrapped_private=b"a", wrapped_user_key=b"b")
        again = user_keys.find(connection, second)
        assert again == replace(old, wrapped_private=b"a", wrapped_user_key=b"b")
        assert "wrapped" not in repr(old)


def test_an_account_moves_only_where_it_may(database: Database) -> None:
    def move(wanted: UserState, state: UserState, login: str = "lilei") -> Account:
        with database.writing() as connection:
            return accounts.move(
                connection, login, wanted=(wanted,), state=state, by="root", reason="r", now=NOW
            )

    with database.writing() as connection:
        other = person(connection, "anna")
        person(connection)
    assert move(UserState.ACTIVE, UserState.SUSPENDED).state is UserState.SUSPENDED
    with pytest.raises(WrongUserState, match="suspended"):
        move(UserState.ACTIVE, UserState.SUSPENDED)
    with pytest.raises(NoAccount):
        move(UserState.ACTIVE, UserState.SUSPENDED, "nobody")
    assert move(UserState.SUSPENDED, UserState.ACTIVE).user.role is Role.CUSTOMER
    with database.writing() as connection:
        assert accounts.set_quota(connection, "lilei", 5).quota_bytes == 5
        account = accounts.active(connection, "lilei")
        assert accounts.superadmin(connection) is None
        accounts.set_role(connection, account.user_id, Role.SUPERADMIN)
        assert accounts.superadmin(connection) == "lilei"
        assert accounts.staff_count(connection, Role.SUPERADMIN) == 1
        changed = accounts.set_profile(
            connection, account.user_id, name="Han Meimei", department="4", contact="x"
        )
        assert accounts.everybody(connection) == [other, changed]


def test_a_session_ends_by_time_idleness_log_out_key_or_suspension(database: Database) -> None:
    with database.writing() as connection:
        account = person(connection)
        for number in range(5):
            sessions.begin(
                connection,
                Session(
                    token_hash=bytes([number]) * 32,
                    user_id=account.user_id,
                    fingerprint="k1" if number < 2 else "k2",
                    address="2001:db8::1",
                    made_at=NOW,
                    seen_at=NOW,
                    until=NOW + 8 * HOUR,
                ),
            )

    def lives(number: int, now_h: float = 0.1) -> bool:
        with database.reading() as connection:
            now = NOW + now_h * HOUR
            found = sessions.find(connection, bytes([number]) * 32, now=now, idle=HOUR / 2)
        assert found is None or found[1] == account
        return found is not None

    assert lives(0)
    assert not lives(0, 0.6)
    with database.writing() as connection:
        for used in (bytes(32), b"\4" * 32):
            sessions.touch(connection, used, NOW + 7.9 * HOUR)
    assert lives(0, 7.95)
    assert not lives(0, 8.01)
    with database.writing() as connection:
        assert sorted(sessions.end_of_key(connection, "k1")) == [bytes(32), b"\1" * 32]
        assert sessions.end(connection, b"\2" * 32)
        assert not sessions.end(connection, b"\2" * 32)
    assert [lives(number) for number in range(4)] == [False, False, False, True]
    with database.writing() as connection:
        accounts.move(
            connection,
            "lilei",
            wanted=(UserState.ACTIVE,),
            state=UserState.SUSPENDED,
            by="root",
            reason="",
            now=NOW,
        )
    assert not lives(3)
    with database.writing() as connection:
        assert sessions.sweep(connection, now=NOW + HOUR, idle=HOUR / 2) == [b"\3" * 32]
        assert sessions.sweep(connection, now=NOW + 8 * HOUR, idle=HOUR / 2) == [b"\4" * 32]
        assert sessions.end_of_user(connection, account.user_id) == 0


def test_one_open_upload_a_task_and_a_quota_over_all(database: Database) -> None:
    with database.writing() as connection:
        user = person(connection).user_id
        transfers.begin(connection, upload(user, 1))
    with pytest.raises(transfers.UploadOpen), database.writing() as connection:
        transfers.begin(connection, upload(user, 2))
    with database.writing() as connection:
        transfers.begin(connection, upload(user, 3, task_id=2, size=50))
        assert transfers.reserved_bytes(connection, user) == 1050
        first = bytes(15) + b"\1"
        assert transfers.note_total(connection, first, 2000)
        assert transfers.note_arrived(connection, first, bytes_here=7, now=NOW + HOUR)
        assert transfers.complete(connection, first, command_id=7, now=NOW + HOUR)
        assert not transfers.complete(connection, first, command_id=8, now=NOW)
        assert not transfers.note_arrived(connection, first, bytes_here=8, now=NOW)
        ready = transfers.find(connection, first)
        assert ready is not None
        assert ready.state is TransferState.COMPLETE
        assert (ready.bytes_here, ready.bytes_total, ready.touched_at) == (7, 2000, NOW + HOUR)
        assert transfers.of_task(connection, 1) == ready
        assert transfers.end(connection, first, TransferState.TAKEN_IN, now=NOW)
        assert not transfers.end(connection, first, TransferState.CANCELLED, now=NOW)
        assert transfers.of_task(connection, 1) is None
        assert transfers.reserved_bytes(connection, user) == 50
        transfers.begin(connection, upload(user, 4))  # a new upload after the old one ended
        cancelled = transfers.cancel_of_user(
            connection, user, now=NOW, reason="suspended", reason_zh="已停用"
        )
        assert (cancelled, transfers.reserved_bytes(connection, user)) == (2, 0)
        last = transfers.find(connection, bytes(15) + b"\4")
        assert last is not None
        assert (last.state, last.reason_zh) == (TransferState.CANCELLED, "已停用")
