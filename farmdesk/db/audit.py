"""The audit log: appended to, never changed; each record is chained to the one before it.

The gateway and the engine append at the same time. Whoever comes second waits for the row in
`audit_head` until the first one's transaction is over, so the chain has neither gaps nor forks.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Select, bindparam, insert, select, update

from farmdesk.db.columns import NAME_LENGTH
from farmdesk.db.faults import WrongSchema
from farmdesk.db.flush_rows import keepable
from farmdesk.db.models import AuditEntry, AuditHead, table_of
from farmdesk.db.records import AnyRow
from farmdesk.domain.accounts import AuditRecord, Deed, about_task

Chain = Callable[[AuditRecord], bytes]
"""Gives the digest of a record, its `previous` included and its own `digest` left out."""

_AUDIT = table_of(AuditEntry)
_HEAD = table_of(AuditHead)
_COLUMNS = tuple(column.name for column in _AUDIT.columns)
_END = select(_HEAD.c.last, _HEAD.c.digest).with_for_update()
_ADD = insert(_AUDIT)
_MOVE_END = update(_HEAD).values(last=bindparam("last"), digest=bindparam("digest"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records to give: empty fields and None mean all. `task`: those about this task."""

    actor: str = ""
    action: str = ""
    since: datetime | None = None
    task: int | None = None


def append(
    connection: Connection,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: str = "",
    chain: Chain,
) -> AuditRecord:
    """Add a record and give it; see `append_all`."""
    [record] = append_all(connection, (Deed(at, actor, action, subject, detail),), chain)
    return record


def append_all(connection: Connection, deeds: Collection[Deed], chain: Chain) -> list[AuditRecord]:
    """Add records and give them; needs a writing connection, and is true when that commits.

    Call it last in a transaction: others wait for the chain's end until then.
    """
    if not deeds:
        return []
    last, digest = connection.execute(_END).one()
    records = []
    for number, deed in enumerate(deeds, last + 1):
        record = _record_of(deed, number, digest)
        digest = chain(record)
        records.append(replace(record, digest=digest))
    rows = [{name: getattr(record, name) for name in _COLUMNS} for record in records]
    connection.execute(_ADD, rows)
    connection.execute(_MOVE_END, {"last": records[-1].id, "digest": digest})
    return records


def _record_of(deed: Deed, number: int, previous: bytes) -> AuditRecord:
    """Give a record without its digest; text that no database can keep is mended first."""
    return AuditRecord(
        id=number,
        at=deed.at,
        actor=keepable(deed.actor, NAME_LENGTH),
        action=keepable(deed.action, NAME_LENGTH),
        subject=keepable(deed.subject),
        detail=keepable(deed.detail),
        previous=previous,
        digest=b"",
    )


def read(connection: Connection, since_id: int = 0, limit: int = 1000) -> list[AuditRecord]:
    """Give records with a higher number, oldest first."""
    query = select(_AUDIT).where(_AUDIT.c.id > since_id).order_by(_AUDIT.c.id).limit(limit)
    return [_record(row) for row in connection.execute(query)]


def newest(connection: Connection, limit: int, wanted: Wanted = Wanted()) -> list[AuditRecord]:
    """Give the last of the records that are wanted, oldest first."""
    query = _only(wanted).order_by(_AUDIT.c.id.desc()).limit(limit)
    return [_record(row) for row in reversed(connection.execute(query).all())]


def _only(wanted: Wanted) -> Select[tuple[object, ...]]:
    query = select(_AUDIT)
    if wanted.actor:
        query = query.where(_AUDIT.c.actor == wanted.actor)
    if wanted.action:
        query = query.where(_AUDIT.c.action == wanted.action)
    if wanted.since is not None:
        query = query.where(_AUDIT.c.at >= wanted.since)
    if wanted.task is not None:
        query = query.where(_AUDIT.c.subject == about_task(wanted.task))
    return query


def has(connection: Connection, *, actor: str, action: str, subject: str) -> bool:
    """Tell whether he ever did this to it. By SQL, staff may have a command noted as any action."""
    done = (_AUDIT.c.actor == actor) & (_AUDIT.c.action == action)
    here = done & (_AUDIT.c.subject == subject)
    return connection.execute(select(_AUDIT.c.id).where(here).limit(1)).first() is not None


def head(connection: Connection) -> tuple[int, bytes]:
    """Give the number and the digest that the last record must have; 0 and zeros without any.

    Raises WrongSchema where somebody took that row away.
    """
    row = connection.execute(select(AuditHead.last, AuditHead.digest)).one_or_none()
    if row is None:
        raise WrongSchema(
            "The row of table audit_head, which says how the audit log ends, was removed. Keep "
            "this database as it is, and find out who can write it.",
            "表 audit_head 中记录审计日志末尾的那一行已被删除。请保持此数据库原样，"
            "并查明谁可以写入。",
        )
    return int(row.last), bytes(row.digest)


def _record(row: AnyRow) -> AuditRecord:
    return AuditRecord(
        id=row.id,
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        detail=row.detail,
        previous=row.previous,
        digest=row.digest,
    )
