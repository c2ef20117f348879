"""What the audit log says of commands: who sent what, about what, and what became of it."""

import json
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, Text, bindparam, func, select, type_coerce

from farmdesk.db.commands import LOGIN
from farmdesk.db.models import SentCommand
from farmdesk.domain.accounts import Deed, about_task
from farmdesk.domain.records import Outcome

BODY_CHARS = 2000  # of a command's body; a longer one is cut: it is whole in table `command`
_SUBJECTS = {  # a field of a command, and the word for what it names
    "task_id": "task",
    "request_id": "request",
    "application_id": "application",
    "login": "",
    "fingerprint": "",
    "nodes": "nodes",
    "pool": "pool",
}
_UNANSWERED = select(
    SentCommand.id,
    SentCommand.kind,
    LOGIN.label("login"),
    func.substr(type_coerce(SentCommand.body, Text), 1, BODY_CHARS).label("body"),
).where(SentCommand.id.in_(bindparam("ids", expanding=True)), SentCommand.answered_at.is_(None))


def deeds_of(connection: Connection, outcomes: Collection[Outcome]) -> list[Deed]:
    """Give what is to be noted of commands that this transaction answers, in its order.

    Those that are answered already are left out: whoever answered them has noted them. So call it
    before `commands.answer`.
    """
    if not outcomes:
        return []
    ids = [outcome.command_id for outcome in outcomes]
    rows = {row.id: row for row in connection.execute(_UNANSWERED, {"ids": ids})}
    return [
        Deed(outcome.at, row.login, row.kind, _subject(outcome, row.body), _told(outcome, row.body))
        for outcome in outcomes
        if (row := rows.get(outcome.command_id)) is not None
    ]


def _told(outcome: Outcome, body: str) -> str:
    return f"{'done' if outcome.applied else 'refused'}: {outcome.text} {body}"


def _subject(outcome: Outcome, body: str) -> str:
    """Give what a command is about; nothing where its body was cut and it was refused.

    Staff may insert any body by SQL: whatever it holds, the flush must go on.
    """
    if outcome.task_id is not None:
        return about_task(outcome.task_id)
    fields = _fields(body)
    for name, word in _SUBJECTS.items():
        value = fields.get(name)
        names = value if isinstance(value, list) else [value]
        told = ", ".join(str(item) for item in names if isinstance(item, str | int))
        if told:
            return f"{word} {told}".strip()
    return ""


def _fields(body: str) -> Mapping[str, object]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}
