"""What the engine needs of the database: flushes out, commands in, the farm back at a restart."""

import logging
from collections.abc import Collection, Iterator
from datetime import datetime
from operator import attrgetter

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy import insert as insert_into

from farmdesk.db import (
    audit,
    bulk,
    command_deeds,
    commands,
    flush_rows,
    lease,
    reports,
    snapshot,
    urgent_rows,
)
from farmdesk.db.database import Database, open_database
from farmdesk.db.models import (
    FarmCounter,
    Frame,
    Log,
    Node,
    NodeSlot,
    Task,
    TaskFrames,
    table_of,
)
from farmdesk.db.pruning import prune
from farmdesk.db.unanswered import Unanswered
from farmdesk.domain.records import Flush, FrameRecord, NewTask, NodeRecord, TaskRecord
from farmdesk.domain.rows import CommandRow, FrameTimes, NodeRow, Pace, TaskRow, UrgentRow
from farmdesk.domain.snapshot import FarmSnapshot, StoredTask
from farmdesk.domain.states import FrameState

log = logging.getLogger(__name__)

_what_it_is = attrgetter(*(name for name in flush_rows.NODE if name != "node"))
_UPDATE_TASK = (
    update(Task)
    .where(Task.id == bindparam("task_key"))
    .values(check_report=func.coalesce(bindparam("new_report"), Task.check_report))
)


class Store:
    """The farm's only writer. Every method may raise FarmUnavailable; nothing is half done then.

    `owner` names this engine to people (host and process); `apply` needs its lease. `chain` chains
    the audit log's records: each command leaves one in the transaction that answers it.
    """

    def __init__(self, url: str, *, owner: str, chain: audit.Chain) -> None:
        self._database: Database = open_database(url)
        self._owner = owner
        self._chain = chain
        self._unanswered = Unanswered()
        self._nodes: dict[str, tuple[object, ...]] = {}  # what table `node` says of each

    def acquire_lease(self, now: datetime, seconds: float) -> None:
        """Become the farm's engine for so long. Raises LeaseHeld when another one is."""
        with self._database.writing() as connection:
            lease.take(connection, self._owner, now=now, seconds=seconds)

    def renew_lease(self, now: datetime, seconds: float) -> None:
        """Stay the farm's engine. Raises LeaseLost when another one took over."""
        with self._database.writing() as connection:
            lease.prolong(connection, self._owner, now=now, seconds=seconds)

    def release_lease(self) -> None:
        """Let another engine start at once."""
        with self._database.writing() as connection:
            lease.give_back(connection, self._owner)

    def apply(self, flush: Flush) -> int:
        """Write a flush in one durable transaction and give the farm's rev.

        A flush that was applied before changes nothing. Raises LeaseLost.
        """
        with self._database.writing() as connection:
            lease.confirm(connection, self._owner)
            rev, last = connection.execute(select(FarmCounter.rev, FarmCounter.flush)).one()
            if flush.number <= last:
                return int(rev)
            if flush.number > last + 1:
                log.error("flush %s follows flush %s: some are missing", flush.number, last)
            connection.execute(update(FarmCounter).values(rev=rev + 1, flush=flush.number))
            nodes = {
                flush_rows.node_name(node): node for node in flush.nodes
            }  # the last word counts
            _write(connection, flush, nodes, rev + 1)
            self._write_changed_nodes(connection, nodes)
            prune(connection, flush)
            deeds = command_deeds.deeds_of(connection, flush.outcomes)
            commands.answer(connection, flush.outcomes)
            audit.append_all(connection, [*deeds, *flush.deeds], self._chain)
        self._nodes |= {name: _what_it_is(node) for name, node in nodes.items()}  # it is committed
        return int(rev + 1)

    def _write_changed_nodes(self, connection: Connection, nodes: dict[str, NodeRecord]) -> None:
        """What a node is seldom changes; what it does, in `node_slot`, always."""
        changed = [n for name, n in nodes.items() if self._nodes.get(name) != _what_it_is(n)]
        rows = [flush_rows.node_row(node) for node in changed]
        bulk.upsert(connection, table_of(Node), flush_rows.NODE, rows)

    def new_commands(self, known: Collection[int] = ()) -> list[CommandRow]:
        """Give each person's oldest commands without an answer, by id, without the known ones."""
        return self._unanswered.fresh(self._database, known)

    def load_farm(self) -> FarmSnapshot:
        """Give the farm as of the last flush: in milliseconds, whatever the number of frames."""
        with self._database.reading() as connection:
            return snapshot.load_farm(connection)

    def load_task(self, task_id: int) -> StoredTask | None:
        """Give one task, also from the recycle queue; None when there is none."""
        with self._database.reading() as connection:
            return snapshot.load_task(connection, task_id)

    def proofs(self, task_id: int) -> Iterator[FrameRecord]:
        """Give the last attempt of each finished frame, where it proved the frame, by frame."""
        return snapshot.proofs(self._database, task_id)

    def task_rows(self) -> list[TaskRow]:
        """Give the tasks that are not recycled, as readers see them."""
        with self._database.reading() as connection:
            return reports.tasks(connection, 0, recycled=False)

    def node_rows(self) -> list[NodeRow]:
        """Give the nodes, as readers see them."""
        with self._database.reading() as connection:
            return reports.nodes(connection, 0)

    def urgent_requests(self) -> list[UrgentRow]:
        """Give the urgent requests, those that are over too."""
        with self._database.reading() as connection:
            return urgent_rows.read_since(connection, 0)

    def paces(self, task_ids: Collection[int]) -> list[Pace]:
        """Give how fast the proven frames of these tasks were."""
        with self._database.reading() as connection:
            return reports.paces(connection, task_ids)

    def frame_times(self, task_id: int) -> FrameTimes:
        """Give the render seconds of each proven frame; none for a task that there is not."""
        return snapshot.frame_times(self._database, task_id)

    def close(self) -> None:
        """Give back the connections; the lease stays until it is released or over."""
        self._database.close()


def _write(connection: Connection, flush: Flush, nodes: dict[str, NodeRecord], rev: int) -> None:
    _write_new_tasks(connection, flush.new_tasks, rev)
    if flush.tasks:
        connection.execute(
            _UPDATE_TASK, [flush_rows.task_values(task, rev) for task in flush.tasks]
        )
    _write_blobs(connection, flush.tasks, rev)
    frames = [flush_rows.frame_row(frame, rev) for frame in flush.frames]
    bulk.upsert(connection, table_of(Frame), flush_rows.FRAME, frames)
    _touch_tasks(connection, flush, nodes, rev)
    slots = [flush_rows.slot_row(node, rev) for node in nodes.values()]
    bulk.upsert(connection, table_of(NodeSlot), flush_rows.SLOT, slots)
    bulk.insert(
        connection, table_of(Log), flush_rows.LOG, [flush_rows.log_row(r) for r in flush.logs]
    )
    urgent_rows.write(connection, flush.urgents, rev)
    urgent_rows.write_messages(connection, flush.messages)


def _write_new_tasks(connection: Connection, new_tasks: tuple[NewTask, ...], rev: int) -> None:
    if new_tasks:
        rows = [flush_rows.new_task_values(new, rev) for new in new_tasks]
        connection.execute(insert_into(Task), rows)
        blank = [(new.task_id, bytes([FrameState.WAITING]) * new.total) for new in new_tasks]
        _save_blobs(connection, blank, rev)


def _write_blobs(connection: Connection, tasks: tuple[TaskRecord, ...], rev: int) -> None:
    blobs = [(task.task_id, task.frame_states) for task in tasks if task.frame_states is not None]
    _save_blobs(connection, blobs, rev)


def _save_blobs(connection: Connection, blobs: list[tuple[int, bytes]], rev: int) -> None:
    rows = [(task_id, flush_rows.packed(states), rev) for task_id, states in blobs]
    bulk.upsert(connection, table_of(TaskFrames), ("task_id", "states", "blob_rev"), rows)


def _touch_tasks(
    connection: Connection, flush: Flush, nodes: dict[str, NodeRecord], rev: int
) -> None:
    """A task's line shows how many nodes work for it: it changes when one comes or goes."""
    if not nodes:
        return
    before = select(NodeSlot.task_id).distinct().where(NodeSlot.node.in_(nodes))
    tasks = {task_id for task_id in connection.scalars(before) if task_id is not None}
    tasks |= {node.task_id for node in nodes.values() if node.task_id is not None}
    tasks -= {task.task_id for task in flush.tasks}
    if tasks:
        connection.execute(update(Task).where(Task.id.in_(tasks)).values(rev=rev))
