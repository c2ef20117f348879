"""Tables `urgent_request`, `urgent_consent` and `message`: written by flushes, read by links."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select
from sqlalchemy.dialects import mysql, sqlite

from farmdesk.db import bulk
from farmdesk.db.columns import NAME_LENGTH, utc_text
from farmdesk.db.database import SERVERS
from farmdesk.db.flush_rows import keepable
from farmdesk.db.models import Message, Task, Urgent, UrgentConsent, table_of
from farmdesk.domain.exits import ExitCost, ExitRule, TaskLoss
from farmdesk.domain.records import MessageRecord
from farmdesk.domain.rows import MessageRow, UrgentRow
from farmdesk.domain.said import Said
from farmdesk.domain.urgent import Consent, UrgentRequest
from farmdesk.domain.urgent_states import Answer, UrgentState
from farmdesk.domain.users import Role, User

_CONSENT = ("request_id", "login", "default_answer", "answer", "answered_by", "answered_at")
_MESSAGE = ("at", "login", "role", "text", "text_zh", "task_id", "request_id")
_OPEN = [state.value for state in (UrgentState.ASKING, UrgentState.ADMITTED)]
_STAFF = (Role.OPERATOR, Role.SUPERADMIN)  # a superadmin reads what the operators are told


def write(connection: Connection, requests: Iterable[UrgentRequest], rev: int) -> None:
    """Write requests as they are now, with their consents; the last word on each counts."""
    for request in {item.id: item for item in requests}.values():
        _write_request(connection, _values(request, rev))
        rows = [_consent_row(request.id, consent) for consent in request.consents]
        bulk.upsert(connection, table_of(UrgentConsent), _CONSENT, rows)


def _write_request(connection: Connection, values: dict[str, object]) -> None:
    table = table_of(Urgent)
    changed = {name: value for name, value in values.items() if name != "id"}
    if connection.dialect.name in SERVERS:
        connection.execute(mysql.insert(table).values(values).on_duplicate_key_update(changed))
    else:
        connection.execute(
            sqlite.insert(table)
            .values(values)
            .on_conflict_do_update(index_elements=["id"], set_=changed)
        )


def write_messages(connection: Connection, messages: Iterable[MessageRecord]) -> None:
    """Add messages."""
    rows = [_message_row(message) for message in messages]
    bulk.insert(connection, table_of(Message), _MESSAGE, rows)


def read_open(connection: Connection) -> tuple[UrgentRequest, ...]:
    """Give the requests that are not over, by id."""
    rows = _requests(connection, Urgent.state.in_(_OPEN))
    return tuple(row.request for row in rows)


def read_since(connection: Connection, since_rev: int) -> list[UrgentRow]:
    """Give the requests that changed since, by id."""
    return _requests(connection, Urgent.rev > since_rev)


def read_messages(
    connection: Connection, user: User, since_id: int, limit: int
) -> list[MessageRow]:
    """Give what a user was told, with a higher number, oldest first; 0: the newest `limit`."""
    roles = {user.role, Role.OPERATOR} if user.role in _STAFF else {user.role}
    login = keepable(user.login, NAME_LENGTH)
    own = and_(Message.login == login, Message.role == "")
    wanted = or_(own, Message.role.in_([role.value for role in roles]))
    query = select(table_of(Message)).where(wanted, Message.id > since_id).limit(limit)
    rows = connection.execute(query.order_by(Message.id if since_id else Message.id.desc())).all()
    return [_message(row) for row in (rows if since_id else reversed(rows))]


def _requests(connection: Connection, wanted: ColumnElement[bool]) -> list[UrgentRow]:
    query = (
        select(table_of(Urgent), Task.name.label("task_name"))
        .outerjoin(Task, Task.id == Urgent.task_id)
        .where(wanted)
        .order_by(Urgent.id)
    )
    rows = connection.execute(query).all()
    consents = _consents(connection, [row.id for row in rows])
    return [
        UrgentRow(row.rev, _request(row, consents[row.id]), row.task_name or "") for row in rows
    ]


def _consents(connection: Connection, ids: Sequence[int]) -> dict[int, list[Consent]]:
    found: dict[int, list[Consent]] = defaultdict(list)
    if ids:
        query = select(table_of(UrgentConsent)).where(UrgentConsent.request_id.in_(ids))
        for row in connection.execute(query.order_by(UrgentConsent.login)):
            found[row.request_id].append(
                Consent(
                    login=row.login,
                    default=Answer(row.default_answer),
                    answer=None if row.answer is None else Answer(row.answer),
                    by=row.answered_by,
                    at=row.answered_at,
                )
            )
    return found


# ---- rows and values -----------------------------------------------------------------------------


def _values(request: UrgentRequest, rev: int) -> dict[str, object]:
    return {
        "id": request.id,
        "task_id": request.task_id,
        "asked_by": keepable(request.asked_by, NAME_LENGTH),
        "reason": keepable(request.reason),
        "asked_at": request.asked_at,
        "deadline": request.deadline,
        "state": request.state.value,
        "rule": request.rule.value,
        "decided_by": keepable(request.decided_by, NAME_LENGTH),
        "decided_at": request.decided_at,
        "decision": keepable(request.decision),
        "ending": keepable(request.ending.en),
        "ending_zh": keepable(request.ending.zh),
        "overruled": request.overruled,
        "forecasts": [asdict(item) for item in request.costs],
        "rev": rev,
    }


def _consent_row(request_id: int, consent: Consent) -> tuple[object, ...]:
    return (
        request_id,
        keepable(consent.login, NAME_LENGTH),
        consent.default.value,
        None if consent.answer is None else consent.answer.value,
        keepable(consent.by, NAME_LENGTH),
        utc_text(consent.at),
    )


def _message_row(message: MessageRecord) -> tuple[object, ...]:
    return (
        utc_text(message.at),
        keepable(message.user, NAME_LENGTH),
        "" if message.role is None else message.role.value,
        keepable(message.text),
        keepable(message.text_zh),
        message.task_id,
        message.request_id,
    )


def _request(row: Row[Any], consents: Sequence[Consent]) -> UrgentRequest:
    return UrgentRequest(
        id=row.id,
        task_id=row.task_id,
        asked_by=row.asked_by,
        reason=row.reason,
        asked_at=row.asked_at,
        deadline=row.deadline,
        consents=tuple(consents),
        state=UrgentState(row.state),
        rule=ExitRule(row.rule),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        decision=row.decision,
        ending=Said(row.ending or "", row.ending_zh or ""),
        overruled=row.overruled,
        costs=tuple(map(_cost, row.forecasts)),
    )


def _cost(told: dict[str, Any]) -> ExitCost:
    tasks = tuple(TaskLoss(**loss) for loss in told["tasks"])
    return ExitCost(**{**told, "rule": ExitRule(told["rule"]), "tasks": tasks})


def _message(row: Row[Any]) -> MessageRow:
    record = MessageRecord(
        at=row.at,
        text=row.text,
        text_zh=row.text_zh,
        user=row.login,
        role=Role(row.role) if row.role else None,
        task_id=row.task_id,
        request_id=row.request_id,
    )
    return MessageRow(row.id, record)
