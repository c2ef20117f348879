"""The audit log: appended to, never changed; each record is chained to the one before it.

The gateway and the engine append at the same time. Whoever comes second waits for the row in
`audit_head` until the first one's transaction is over, so the chain has neither gaps nor forks.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from farmdesk.db.columns import NAME_LENGTH
from farmdesk.db.flush_rows import keepable
from farmdesk.db.models import AuditEntry, AuditHead, table_of
from farmdesk.db.records import AnyRow
from farmdesk.domain.accounts import AuditRecord

Chain = Callable[[AuditRecord], bytes]
"""Gives the digest of a record, its `previous` included and its own `digest` left out."""


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
    """Add a record and give it; needs a writing connection, and is true when that commits.

    Call it last in a transaction: others wait for the chain's end until then.
    """
    last, digest = connection.execute(
        select(AuditHead.last, AuditHead.digest).with_for_update()
    ).one()
    record = AuditRecord(
        id=last + 1,
        at=at,
        actor=keepable(actor, NAME_LENGTH),
        action=keepable(action, NAME_LENGTH),
        subject=keepable(subject),
        detail=keepable(detail),
        previous=digest,
        digest=b"",
    )
    record = replace(record, digest=chain(record))
    values = {c.name: getattr(record, c.name) for c in table_of(AuditEntry).columns}
    connection.execute(insert(table_of(AuditEntry)).values(values))
    connection.execute(update(AuditHead).values(last=record.id, digest=record.digest))
    return record


def read(connection: Connection, since_id: int = 0, limit: int = 1000) -> list[AuditRecord]:
    """Give records with a higher number, oldest first."""
    table = table_of(AuditEntry)
    query = select(table).where(table.c.id > since_id).order_by(table.c.id).limit(limit)
    return [_record(row) for row in connection.execute(query)]


def newest(connection: Connection, limit: int = 200) -> list[AuditRecord]:
    """Give the last records, oldest first."""
    table = table_of(AuditEntry)
    rows = connection.execute(select(table).order_by(table.c.id.desc()).limit(limit)).all()
    return [_record(row) for row in reversed(rows)]


def head(connection: Connection) -> tuple[int, bytes]:
    """Give the number and the digest that the last record must have; 0 and zeros without any."""
    last, digest = connection.execute(select(AuditHead.last, AuditHead.digest)).one()
    return int(last), bytes(digest)


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
