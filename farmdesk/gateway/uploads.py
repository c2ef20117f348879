"""Uploads at the gateway: who may send what, how much, and when a package is whole.

Every method does I/O: call it beside the event loop.
"""

import logging
import threading
from collections import deque
from datetime import timedelta
from functools import partial
from os import urandom
from weakref import WeakValueDictionary

from farmdesk.db import commands, reports, transfers, user_keys
from farmdesk.db.database import Database
from farmdesk.domain.accounts import AuditRecord
from farmdesk.domain.commands import kind_of, to_body
from farmdesk.domain.errors import Refused
from farmdesk.domain.rows import TaskRow
from farmdesk.domain.state_words import TASK_STATES
from farmdesk.domain.states import TaskState
from farmdesk.domain.task import WISHES, IllegalTransition, TaskId, WrongQueue
from farmdesk.domain.task_commands import TakePackage, TakeSentFrames
from farmdesk.domain.transfers import UNENDED, Room, Transfer, TransferKind, TransferState
from farmdesk.domain.users import NotYours, check_allowed
from farmdesk.gateway.arrivals import Arrivals
from farmdesk.gateway.callers import Caller, Clock
from farmdesk.gateway.diary import noted
from farmdesk.gateway.upload_errors import (
    InboxFull,
    NotWhole,
    NoUpload,
    OverQuota,
    StaleLogin,
    UploadEnded,
    told_if_full,
)
from farmdesk.link.transfer_wire import FilesTold, Missing
from farmdesk.security.manifest import MAX_FILES
from farmdesk.security.sealed import HEADER, MAX_SIZE, TAG
from farmdesk.storage.inbox import Inbox

log = logging.getLogger(__name__)

FRESH = timedelta(minutes=5)  # how old the login may be that an upload begins with
MAX_TOLD = 2 * MAX_FILES  # files, those that began anew counted twice
ABANDONED = timedelta(hours=12)  # without a sign of life; then another may hand frames in
_KEPT = 8  # uploads whose state stays in memory between two requests


class Uploads:
    """All uploads of a farm. Safe between threads."""

    def __init__(self, database: Database, inbox: Inbox, now: Clock) -> None:
        self._database = database
        self._inbox = inbox
        self._now = now
        self._lock = threading.Lock()
        self._telling = threading.Lock()  # two at once would each be told of the same room
        self._arrivals: WeakValueDictionary[bytes, Arrivals] = WeakValueDictionary()
        self._recent: deque[Arrivals] = deque(maxlen=_KEPT)

    def begin(self, caller: Caller, task_id: int, kind: TransferKind) -> Transfer:
        """Begin one.

        Raises NotYours, NotAllowed, StaleLogin, UploadOpen, and Refused for a task's state.
        """
        now = self._now()
        if now - caller.session.made_at > FRESH:
            raise StaleLogin
        with self._database.writing() as connection:
            if kind is TransferKind.FRAMES:
                check_allowed(caller.user, TakeSentFrames(task_id, ""), None)
                transfers.end_answered(connection, now)
                transfers.end_abandoned(connection, task_id, before=now - ABANDONED, now=now)
            elif reports.owner_of(connection, task_id) != caller.account.login:
                raise NotYours(task_id)
            _check_state(reports.task(connection, task_id), kind)
            key = user_keys.find(connection, caller.session.fingerprint)
            if key is None:
                raise StaleLogin
            transfer = Transfer(
                id=urandom(16),
                user_id=caller.account.user_id,
                task_id=task_id,
                key_version=key.version,
                bytes_total=0,
                bytes_here=0,
                state=TransferState.OPEN,
                made_at=now,
                touched_at=now,
                kind=kind,
            )
            transfers.begin(connection, transfer)
            self._noted(caller, "upload_begun", transfer)(connection)
        log.info("task %s: upload %s begins", task_id, transfer.id.hex())
        return transfer

    def find(self, caller: Caller, transfer: bytes) -> Transfer:
        """Give one of the caller's. Raises NoUpload."""
        with self._database.reading() as connection:
            found = transfers.find(connection, transfer)
        if found is None or found.user_id != caller.account.user_id:
            raise NoUpload
        return found

    def of_task(self, caller: Caller, task_id: int) -> Transfer:
        """Give the caller's upload for a task that has not ended. Raises NoUpload."""
        with self._database.reading() as connection:
            found = transfers.of_task(connection, task_id)
        if found is None or found.user_id != caller.account.user_id:
            raise NoUpload
        return found

    def open_one(self, caller: Caller, transfer: bytes) -> Arrivals:
        """Give what has arrived of an open upload. Raises NoUpload, UploadEnded."""
        found = self.find(caller, transfer)
        if found.state is not TransferState.OPEN:
            raise UploadEnded(found)
        with self._lock, told_if_full():
            arrivals = self._arrivals.get(transfer)
            if arrivals is None:
                arrivals = self._arrivals[transfer] = Arrivals(self._inbox, transfer)
            self._recent.append(arrivals)
        return arrivals

    def tell_files(self, caller: Caller, transfer: bytes, told: FilesTold) -> Transfer:
        """Take in what files will come. Raises OverQuota, InboxFull, OtherFiles, UploadEnded."""
        arrivals = self.open_one(caller, transfer)
        if told.first + len(told.sizes) > MAX_TOLD:
            raise Refused(
                f"A package may have {MAX_FILES} files. Pack many small files into one.",
                f"一个场景包最多可含 {MAX_FILES} 个文件。请把大量小文件合并。",
            )
        if any(not HEADER + TAG <= size <= 2 * MAX_SIZE for size in told.sizes):
            raise Refused("No sealed file is that long.", "没有这样长的封装文件。")
        with self._telling:
            total = arrivals.total_with(told.first, told.sizes, told.dropped)
            self._check_room(caller, transfer, arrivals, total)
            with told_if_full(arrivals):
                dropped = arrivals.declare(told.first, told.sizes, told.dropped)
            with self._database.writing() as connection:
                transfers.note_total(connection, transfer, arrivals.bytes_total())
        with told_if_full(arrivals):
            arrivals.delete(dropped)  # beside others: it may be a hundred thousand
        return self.find(caller, transfer)

    def _check_room(self, caller: Caller, transfer: bytes, arrivals: Arrivals, total: int) -> None:
        found = self.find(caller, transfer)
        with self._database.reading() as connection:
            reserved = transfers.reserved_bytes(connection, caller.account.user_id)
        others = reserved - found.bytes_total
        if others + total > caller.account.quota_bytes:
            raise OverQuota(total, others, caller.account.quota_bytes)
        room = Room(total - arrivals.bytes_here(), self._inbox.free_bytes())
        if room.coming > room.free:
            raise InboxFull(room)

    def missing(self, caller: Caller, transfer: bytes, first: int) -> Missing:
        """Give what has not arrived. Raises NoUpload, UploadEnded."""
        return Missing(*self.open_one(caller, transfer).missing(first))

    def note_arrived(self, transfer: bytes, arrivals: Arrivals) -> int:
        """Note how much is here, for those who watch; give it. Raises UploadEnded."""
        here = arrivals.bytes_here()
        with self._database.writing() as connection:
            now = self._now()
            if not transfers.note_arrived(connection, transfer, bytes_here=here, now=now):
                ended = transfers.find(connection, transfer)
                raise NoUpload if ended is None else UploadEnded(ended)
        return here

    def open_whole(self, caller: Caller, transfer: bytes) -> Arrivals:
        """Give an open upload that lacks its manifest alone; no quota counts manifests that wait.

        Raises NoUpload, NotWhole, UploadEnded.
        """
        arrivals = self.open_one(caller, transfer)
        if arrivals.missing()[0]:
            raise NotWhole
        return arrivals

    def complete(self, caller: Caller, transfer: bytes) -> Transfer:
        """Hand a package over to the engine; its manifest is here. Raises NotWhole, UploadEnded."""
        arrivals = self.open_whole(caller, transfer)
        with told_if_full(arrivals):
            arrivals.sweep_dropped()
        self.note_arrived(transfer, arrivals)
        found, now = self.find(caller, transfer), self._now()
        take = TakeSentFrames if found.kind is TransferKind.FRAMES else TakePackage
        command, login = take(found.task_id, transfer.hex()), caller.account.login
        kind, body = kind_of(command), to_body(command)
        with self._database.writing() as connection:
            number = commands.send(connection, kind, body, issued_by=login, at=now)
            if not transfers.complete(connection, transfer, command_id=number, now=now):
                raise UploadEnded(found)
            self._noted(caller, "upload_completed", found)(connection)
        log.info("task %s: upload %s is whole", found.task_id, transfer.hex())
        return self.find(caller, transfer)

    def cancel(self, caller: Caller, transfer: bytes) -> Transfer:
        """End an upload and delete what has arrived. Raises NoUpload; one that ended stays so."""
        found, state = self.find(caller, transfer), TransferState.CANCELLED
        if found.state is TransferState.OPEN:
            with self._database.writing() as connection:
                if transfers.end(connection, transfer, state, now=self._now()):
                    self._noted(caller, "upload_cancelled", found)(connection)
        ended = self.find(caller, transfer)
        if ended.state is state:
            self._inbox.discard(transfer)
        return ended

    def tidy(self) -> None:
        """End what the engine is done with; delete what is left of uploads that have ended."""
        with self._database.writing() as connection:
            transfers.end_answered(connection, self._now())
            transfers.end_of_purged(connection, self._now())
        with told_if_full():
            here = self._inbox.transfers()
        for transfer in here:
            with self._database.reading() as connection:
                found = transfers.find(connection, transfer)
            if found is not None and found.state not in UNENDED:
                self._inbox.discard(transfer)

    def _noted(self, caller: Caller, action: str, transfer: Transfer) -> partial[AuditRecord]:
        return noted(
            at=self._now(),
            actor=caller.account.login,
            action=action,
            subject=f"task {transfer.task_id}",
            detail=f"{transfer.id.hex()}, {transfer.bytes_here} bytes",
        )


def _check_state(task: TaskRow, kind: TransferKind) -> None:
    """Refuse what a task would not take. Raises IllegalTransition, and Refused."""
    if task.recycled or task.purged:
        raise WrongQueue(TaskId(task.id), recycled=task.recycled, purged=task.purged)
    if kind is TransferKind.FRAMES:
        if task.state not in WISHES[TakeSentFrames]:
            raise IllegalTransition(TaskId(task.id), task.state, TakeSentFrames)
    elif task.state is not TaskState.UPLOADING:
        state = TASK_STATES[task.state]
        raise Refused(
            f"Task {task.id} waits for no package: it is {state.en.lower()}.",
            f"任务 {task.id} 不在等待场景包（{state.zh}）。",
        )
