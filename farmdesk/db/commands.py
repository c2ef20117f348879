"""Table `command`: what people ask for, and the engine's answers."""

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from sqlalchemy import (
    Connection,
    Text,
    bindparam,
    func,
    insert,
    select,
    type_coerce,
    update,
)

from farmdesk.db.flush_rows import keepable
from farmdesk.db.models import DbLease, SentCommand, Task, UserAccount, table_of
from farmdesk.db.records import AnyRow
from farmdesk.domain.errors import Refused
from farmdesk.domain.records import Outcome
from farmdesk.domain.rows import CommandRow

BODY_CHARS = 2_000_000  # of all its texts; the longest frames text is half of it
_LENT_TO = (
    select(UserAccount.login)
    .join(DbLease, DbLease.user_id == UserAccount.id)
    .where(DbLease.account == SentCommand.issued_by)
)
LOGIN = func.coalesce(_LENT_TO.scalar_subquery(), SentCommand.issued_by)
"""Who sent a command: for a leased account the login of its user."""

COLUMNS = tuple(
    {
        "body": type_coerce(column, Text).label("body"),
        "issued_by": LOGIN.label("issued_by"),
    }.get(column.name, column)
    for column in table_of(SentCommand).columns
)
"""A command as `command_row` reads it: one that is no JSON shall not spoil those beside it.

And a leased account's bears the login of its user, though its lease may have been over.
"""
_ANSWER = (
    update(SentCommand)
    .where(SentCommand.id == bindparam("command_key"), SentCommand.answered_at.is_(None))
    .values(issued_by=LOGIN)
)


def send(
    connection: Connection, kind: str, body: dict[str, object], *, issued_by: str, at: datetime
) -> int:
    """Insert a command and give its number. Raises Refused for text that no database can keep."""
    _check(body)
    values = {"kind": kind, "body": body, "issued_by": issued_by, "issued_at": at}
    return int(connection.execute(insert(table_of(SentCommand)).values(values)).lastrowid)


def _check(body: dict[str, object]) -> None:
    texts = list(_texts(body))
    if sum(map(len, texts)) > BODY_CHARS or any(
        keepable(text, BODY_CHARS) != text for text in texts
    ):
        raise Refused(
            "The command holds characters that cannot be saved (NUL, half a surrogate pair), or it "
            "is longer than 2 million characters. Correct the text and send it again.",
            "命令中含有无法保存的字符（NUL 或不完整的代理字符），或超过两百万个字符。"
            "请改正后重新发送。",
        )


def _texts(value: object) -> Iterator[str]:
    """Give all texts of a JSON-like value, names included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield str(name)
            yield from _texts(item)


def standing(connection: Connection) -> tuple[CommandRow, ...]:
    """Give the applied commands that hold until somebody says otherwise, oldest first.

    Allocations only of tasks that are not recycled: a task that was thrown away has lost its own.
    """
    sent, task = table_of(SentCommand), table_of(Task)
    alive = select(task.c.id).where(task.c.recycled.is_(False))
    query = select(*COLUMNS).where(
        sent.c.applied.is_(True),
        sent.c.kind.in_(("set_auto_start", "drain_nodes", "wake_nodes"))
        | ((sent.c.kind == "allocate_nodes") & sent.c.task_id.in_(alive)),
    )
    return tuple(command_row(row) for row in connection.execute(query.order_by(sent.c.id)))


def answer(connection: Connection, outcomes: Collection[Outcome]) -> None:
    """Write what became of commands; those of a leased account then bear its user's login.

    The first answer stands: what was done and answered in one transaction stays so.
    """
    rows = [
        {
            "command_key": outcome.command_id,
            "applied": outcome.applied,
            "text": keepable(outcome.text),
            "text_zh": keepable(outcome.text_zh),
            "answered_at": outcome.at,
            "task_id": outcome.task_id,
        }
        for outcome in outcomes
    ]
    if rows:
        connection.execute(_ANSWER, rows)


def command_row(row: AnyRow) -> CommandRow:
    """Read a row of `COLUMNS`."""
    return CommandRow(
        id=row.id,
        kind=row.kind,
        issued_by=row.issued_by,
        issued_at=row.issued_at,
        body=_body(row.body),
        applied=row.applied,
        text=row.text or "",
        text_zh=row.text_zh or "",
        task_id=row.task_id,
    )


def _body(text: str) -> dict[str, object]:
    """Read a body; nothing for what is none. Staff may insert anything that MariaDB takes for JSON.

    That is more than Python takes: numbers of 5000 digits, or text without end.
    """
    try:
        body = json.loads(text)
    except (TypeError, ValueError, RecursionError):  # SQLite may give a number
        return {}
    return body if isinstance(body, dict) else {}
