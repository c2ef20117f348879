"""Table `command`: what people ask for, and the engine's answers."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Select, bindparam, insert, select

from farmdesk.db.flush_rows import keepable
from farmdesk.db.models import SentCommand, Task, table_of
from farmdesk.db.records import AnyRow
from farmdesk.domain.errors import Refused
from farmdesk.domain.records import CommandRow

BODY_CHARS = 2_000_000  # of all its texts; the longest frames text is half of it


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


def unanswered(connection: Connection, known: Collection[int], limit: int) -> list[CommandRow]:
    """Give commands without an answer, by id, without the known ones.

    Never asks for `id > last`: of two commands at once, the higher number may be committed first.
    """
    rows = connection.execute(_unanswered(), {"most": limit + len(known)})
    return [command_row(row) for row in rows if row.id not in known][:limit]


@cache
def _unanswered() -> Select[tuple[SentCommand]]:
    """Give the question that is asked fifty times a second: to build it anew costs more than it."""
    query = select(table_of(SentCommand)).where(SentCommand.answered_at.is_(None))
    return query.order_by(SentCommand.id).limit(bindparam("most"))


def standing(connection: Connection) -> tuple[CommandRow, ...]:
    """Give the applied commands that hold until the next one of their kind, oldest first.

    Allocations only of tasks that are not recycled: a task that was thrown away has lost its own.
    """
    sent, task = table_of(SentCommand), table_of(Task)
    alive = select(task.c.id).where(task.c.recycled.is_(False))
    query = select(sent).where(
        sent.c.applied.is_(True),
        (sent.c.kind == "set_auto_start")
        | ((sent.c.kind == "allocate_nodes") & sent.c.task_id.in_(alive)),
    )
    return tuple(command_row(row) for row in connection.execute(query.order_by(sent.c.id)))


def command_row(row: AnyRow) -> CommandRow:
    """Read a row of `command`."""
    return CommandRow(
        id=row.id,
        kind=row.kind,
        issued_by=row.issued_by,
        issued_at=row.issued_at,
        body=row.body if isinstance(row.body, dict) else {},  # staff may insert any JSON
        applied=row.applied,
        text=row.text or "",
        text_zh=row.text_zh or "",
        task_id=row.task_id,
    )
