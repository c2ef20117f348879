"""Commands about accounts from the command table to the applicant's key file, on both databases."""

import hashlib
import queue
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from farmdesk.db import accounts, applications, audit, commands, sessions, transfers
from farmdesk.db.account_store import AccountStore
from farmdesk.db.database import Database, open_database
from farmdesk.db.packages import PackageStore
from farmdesk.db.unanswered import Unanswered
from farmdesk.domain.account_commands import (
    AccountCommand,
    ApproveUser,
    ReinstateUser,
    RejectUser,
    RevokeKey,
    SetQuota,
    SuspendUser,
)
from farmdesk.domain.accounts import (
    Account,
    Application,
    ApplicationKind,
    KeyState,
    Profile,
    Session,
    UserState,
)
from farmdesk.domain.commands import kind_of, to_body
from farmdesk.domain.errors import Refused
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.records import FrameRecord, Outcome
from farmdesk.domain.rows import CommandRow
from farmdesk.domain.transfers import Transfer, TransferKind, TransferState
from farmdesk.domain.users import Role
from farmdesk.engine import frame_taker
from farmdesk.engine.check_workers import CheckWorkers
from farmdesk.engine.clerk import Clerk
from farmdesk.engine.frame_taker import FrameTaker
from farmdesk.engine.hand_ins import HandIn
from farmdesk.engine.open_package import Opened
from farmdesk.engine.people import Directory
from farmdesk.engine.posts import AccountsChanged, FrameTaken, HandInEnded
from farmdesk.engine.sent_frames import SentFrames
from farmdesk.engine.unsealer import Unsealer
from farmdesk.security.audit_chain import Broken, digest_of, follow
from farmdesk.security.handover import HandoverKey, handover_fingerprint
from farmdesk.security.user_keys import is_signed
from farmdesk.security.vault import Purpose, Vault
from nodeagent.journal import read_journal
from nodeagent.results import copy_down
from tests.samples import NOW
from tests.stored_keys import stored_keys
from tests.tiny_tool import png

PERSON = Profile("李 雷", "Stage 3", "lilei@example.org", identity="110101199003078515")
WAIT_S = 200  # of a checking process that hardly gets a turn
NO_ACCOUNT = "has no active account", "没有可用的帐号"


class Office:
    """A clerk at work, and what tests ask of him and of the database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.vault = Vault.make()
        self.book = AccountStore(database, digest_of)
        self.posts: queue.SimpleQueue[AccountsChanged] = queue.SimpleQueue()
        self.person("chief", Role.SUPERADMIN, UserState.ACTIVE)
        self.directory = Directory(self.book.everybody())
        self.clerk = Clerk(self.book, self.directory, lambda: self.vault, self.posts.put)

    def person(
        self, login: str, role: Role = Role.CUSTOMER, state: UserState = UserState.PENDING
    ) -> Account:
        with self.database.writing() as connection:
            return accounts.add(
                connection,
                login,
                PERSON,
                role=role,
                state=state,
                quota_bytes=10**9,
                now=NOW,
                wrap=lambda _user, identity: identity.encode()[::-1],
            )

    def apply(
        self, account: Account, kind: ApplicationKind = ApplicationKind.ACCOUNT
    ) -> tuple[Application, HandoverKey]:
        key = HandoverKey.make()
        with self.database.writing() as connection:
            application = applications.apply(
                connection,
                account.user_id,
                kind,
                handover_key=key.public,
                pickup_hash=hashlib.sha256(b"pickup").digest(),
                network="10.0.0.0/24",
                now=NOW,
            )
        return application, key

    def send(self, command: AccountCommand, by: str = "chief") -> Outcome:
        """Send a command, as the desk would hand it on, and wait for its answer."""
        with self.database.writing() as connection:
            number = commands.send(
                connection, kind_of(command), to_body(command), issued_by=by, at=NOW
            )
        row = CommandRow(number, kind_of(command), by, NOW, to_body(command))
        self.clerk.take(row, command)
        return self.posts.get(timeout=WAIT_S).outcome

    def approve(self, login: str = "lilei", role: str = "customer") -> HandoverKey:
        application, key = self.apply(self.person(login))
        outcome = self.send(ApproveUser(application.id, role, key.fingerprint))
        assert outcome.applied, outcome.text
        return key

    def account(self, login: str = "lilei") -> Account:
        with self.database.reading() as connection:
            found = accounts.find(connection, login)
        assert found is not None
        return found

    def audited(self) -> list[tuple[str, str, str]]:
        with self.database.reading() as connection:
            records = audit.read(connection)
        assert not isinstance(follow(records), Broken)
        return [(record.actor, record.action, record.subject) for record in records]


@pytest.fixture
def office(sqlite_url: str) -> Iterator[Office]:
    yield from opened(sqlite_url)


@pytest.fixture
def either(farm_url: str) -> Iterator[Office]:
    """An office on each database; making keys takes long, so only where the database matters."""
    yield from opened(farm_url)


def opened(url: str) -> Iterator[Office]:
    database = open_database(url)
    office = Office(database)
    office.clerk.start()
    yield office
    office.clerk.finish()
    database.close()


def test_an_applicant_gets_keys_that_he_alone_can_open(either: Office) -> None:
    account = either.person("lilei")
    application, key = either.apply(account)
    outcome = either.send(ApproveUser(application.id, "operator", key.fingerprint))
    assert (outcome.applied, "version 1" in outcome.text) == (True, True)
    assert (either.account().state, either.account().role) == (UserState.ACTIVE, Role.OPERATOR)
    with either.database.reading() as connection:
        pickup = hashlib.sha256(b"pickup").digest()
        bundle = applications.bundle(connection, application.id, pickup)
        [record] = stored_keys(connection, account.user_id)
    assert bundle is not None
    keys = key.open(bundle, application.id)
    assert (keys.login, keys.version, keys.fingerprint) == ("lilei", 1, record.fingerprint)
    assert is_signed(b"challenge", keys.sign(b"challenge"), record.public_pem)
    kept = either.vault.unwrap(
        record.wrapped_user_key, Purpose.USER_KEY, user_id=account.user_id, version=1
    )
    assert kept == keys.user_key
    assert either.directory.sender("lilei").role is Role.OPERATOR
    assert either.audited() == [("chief", "approve_user", "lilei")]


def test_the_answer_is_written_with_the_act(office: Office) -> None:
    application, key = office.apply(office.person("lilei"))
    outcome = office.send(ApproveUser(application.id, handover=key.fingerprint))
    assert Unanswered().fresh(office.database, ()) == []
    assert not office.send(ApproveUser(application.id, handover=key.fingerprint)).applied
    assert outcome.applied


@pytest.mark.parametrize("said", ["", "0", "abc", "another", "ffff ffff ffff ffff"])
def test_an_impostors_application_is_not_approved(office: Office, said: str) -> None:
    account = office.person("lilei")
    application, _ = office.apply(account)
    true = HandoverKey.make().fingerprint if said == "another" else said
    outcome = office.send(ApproveUser(application.id, handover=true))
    assert not outcome.applied
    assert "fingerprint" in outcome.text
    assert office.account().state is UserState.PENDING
    assert office.audited() == []


def test_sixteen_digits_read_out_are_enough_and_fifteen_are_not(office: Office) -> None:
    application, key = office.apply(office.person("lilei"))
    said = handover_fingerprint(key.public)[:19].upper()
    refused = office.send(ApproveUser(application.id, handover=said[:-1]))
    assert (refused.applied, "16 digits" in refused.text) == (False, True)
    assert office.send(ApproveUser(application.id, handover=said)).applied


def test_a_rejected_applicant_hears_why(office: Office) -> None:
    application, _ = office.apply(office.person("lilei"))
    assert office.send(RejectUser(application.id, "unknown department")).applied
    assert (office.account().state, office.account().reason) == (
        UserState.REJECTED,
        "unknown department",
    )
    with pytest.raises(Refused):
        office.directory.sender("lilei")


def test_a_suspended_user_is_out_at_once(either: Office) -> None:
    either.approve()
    account = either.account()
    now = datetime.now(UTC)
    with either.database.writing() as connection:
        sessions.begin(
            connection,
            Session(b"t" * 32, account.user_id, "f", "::1", now, now, now.replace(year=2099)),
        )
        transfers.begin(
            connection,
            Transfer(bytes(16), account.user_id, 1, 1, 9, 0, TransferState.OPEN, now, now),
        )
    assert either.send(SuspendUser("lilei", "left the studio")).applied
    assert either.account().state is UserState.SUSPENDED
    with either.database.writing() as connection:
        assert sessions.end_of_user(connection, account.user_id) == 0
        upload = transfers.find(connection, bytes(16))
    assert upload is not None
    assert upload.state is TransferState.CANCELLED
    with pytest.raises(Refused, match="no active account"):
        either.directory.sender("lilei")


class NoProofs:
    """What a task's frames are known by: nothing yet."""

    def proofs(self, task_id: int) -> Iterator[FrameRecord]:
        return iter(())


class OpenedBefore(Unsealer):
    """Its uploads lie open already; what the database says of them is true."""

    def open(
        self, transfer: Transfer, target: Path, *, scene: str = "", previous: str = ""
    ) -> Opened:
        return Opened()


@pytest.mark.parametrize("is_sent", [True, False], ids=["sent", "in a folder of the server"])
def test_no_more_frames_are_taken_of_who_is_suspended_meanwhile(
    either: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_sent: bool
) -> None:
    """What is taken stays, the frame that is being checked is not, nor what follows."""
    account = either.person("ops", Role.OPERATOR, UserState.ACTIVE)
    either.directory.replace(either.book.everybody())
    upload = Transfer(
        b"f" * 16, account.user_id, 7, 1, 9, 9, TransferState.OPEN, NOW, NOW, TransferKind.FRAMES
    )
    with either.database.writing() as connection:
        transfers.begin(connection, upload)
        transfers.complete(connection, upload.id, command_id=1, now=NOW)
    folders = sent, frames, logs = [tmp_path / name for name in ("sent", "frames", "logs")]
    for folder in folders:
        folder.mkdir()
    for frame in (1, 2, 3):
        (sent / f"frame_{frame:04d}.png").write_bytes(png(frame))

    def copied(file: Path, part: Path) -> tuple[str, int]:
        if file.name == "frame_0002.png":
            assert either.send(SuspendUser("ops", "left")).applied
        return copy_down(file, part)

    monkeypatch.setattr(frame_taker, "copy_down", copied)
    posts: queue.SimpleQueue[FrameTaken | HandInEnded] = queue.SimpleQueue()
    unsealer = OpenedBefore(PackageStore(either.database), lambda: either.vault, tmp_path)
    order = HandIn(
        command_id=1,
        sender="ops",
        task_id=7,
        folder=sent,
        pattern="frame_####.png",
        frames=FrameSet.parse("1-3"),
        proven=FrameSet(),
        size=(4, 4),
        output=frames,
        journal=logs / "by hand.jsonl",
        transfer=upload.id.hex() if is_sent else "",
    )
    with CheckWorkers(1) as workers:
        taker = FrameTaker(
            NoProofs(), posts.put, workers, SentFrames(unsealer), either.directory.sender
        )
        taker.begin(order)
        taken, ended = (posts.get(timeout=WAIT_S) for _ in range(2))
    assert isinstance(taken, FrameTaken)
    assert isinstance(ended, HandInEnded)
    assert (taken.line.frame, ended.taken, ended.refused) == (1, 1, ())
    assert ended.error is not None
    en, zh = ("Its owner was suspended;", "其所有者已被停用") if is_sent else NO_ACCOUNT
    assert en in ended.error.en
    assert zh in ended.error.zh
    assert [path.name for path in frames.iterdir()] == ["frame_0001.png"]
    assert [line.frame for line in read_journal(order.journal)] == [1]
    assert sent.exists() is not is_sent  # what was sent was the farm's, the other folder is his


def test_a_suspended_user_comes_back(office: Office) -> None:
    office.approve()
    assert not office.send(ReinstateUser("lilei")).applied
    office.send(SuspendUser("lilei", "holiday"))
    assert office.send(ReinstateUser("lilei")).applied
    assert office.directory.sender("lilei").login == "lilei"


def test_the_last_superadmin_stays(office: Office) -> None:
    outcome = office.send(SuspendUser("chief", "a slip"))
    assert not outcome.applied
    assert "last superadmin" in outcome.text
    assert office.account("chief").state is UserState.ACTIVE
    office.approve("second", "superadmin")
    assert office.send(SuspendUser("chief", "left"), by="second").applied


def test_new_keys_retire_the_old_ones(office: Office) -> None:
    office.approve()
    application, key = office.apply(office.account(), ApplicationKind.REISSUE)
    assert office.send(ApproveUser(application.id, "superadmin", key.fingerprint)).applied
    assert office.account().role is Role.CUSTOMER  # a re-issue raises nobody
    with office.database.reading() as connection:
        keys = stored_keys(connection, office.account().user_id)
        details = [record.detail for record in audit.read(connection)]
    assert [item.state for item in keys] == [KeyState.RETIRED, KeyState.ACTIVE]
    first, second = (f"key {item.fingerprint}" for item in keys)
    assert details == [f"as customer, {first}", second]


def test_a_revoked_key_logs_nobody_in(office: Office) -> None:
    office.approve()
    user_id = office.account().user_id
    with office.database.reading() as connection:
        [record] = stored_keys(connection, user_id)
    assert office.send(RevokeKey(record.fingerprint, "laptop stolen")).applied
    assert not office.send(RevokeKey(record.fingerprint, "again")).applied
    with office.database.reading() as connection:
        [record] = stored_keys(connection, user_id)
    assert record.state is KeyState.REVOKED


def test_a_quota_is_set(office: Office) -> None:
    office.approve()
    outcome = office.send(SetQuota("lilei", 1_500_000_000_000))
    assert (outcome.applied, outcome.text) == (True, "lilei may upload 1.5 TB.")
    assert office.account().quota_bytes == 1_500_000_000_000
    refused = office.send(SetQuota("nobody", 0))
    assert (refused.applied, "no active account" in refused.text) == (False, True)


def test_a_master_key_that_is_gone_changes_nothing(office: Office) -> None:
    application, key = office.apply(office.person("lilei"))

    def gone() -> Vault:
        raise Refused("The master key file is gone.", "主密钥文件不存在。")

    office.clerk._open_vault = gone
    outcome = office.send(ApproveUser(application.id, handover=key.fingerprint))
    assert (outcome.applied, outcome.text) == (False, "The master key file is gone.")
    assert office.account().state is UserState.PENDING
