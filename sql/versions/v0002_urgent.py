"""Urgent requests with their consents, and messages to people.

The servers cannot roll back DDL: each step looks first, so that a run after a crash goes on.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"

_NAME = sa.String(190)
_WORD = sa.String(32)
_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def _need(name: str, kind: sa.types.TypeEngine[Any], *, counts: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, autoincrement=counts)


def _may(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def _table(name: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        *parts,
        if_not_exists=True,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )


def _index(name: str, table: str, *columns: str) -> None:
    if name not in {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}:
        op.create_index(name, table, list(columns))


def upgrade() -> None:
    """Make the tables."""
    _requests()
    _messages()


def _requests() -> None:
    _table(
        "urgent_request",
        _need("id", _NUMBER),
        _need("task_id", _NUMBER),
        _need("asked_by", _NAME),
        _need("reason", _TEXT),
        _need("asked_at", _TIME),
        _need("deadline", _TIME),
        _need("state", _WORD),
        _need("rule", _WORD),
        _need("decided_by", _NAME),
        _may("decided_at", _TIME),
        _need("decision", _TEXT),
        _need("overruled", sa.Boolean()),
        _need("forecasts", sa.JSON()),
        _need("rev", _NUMBER),
        sa.PrimaryKeyConstraint("id", name="pk_urgent_request"),
    )
    _index("ix_urgent_request_rev", "urgent_request", "rev")
    _table(
        "urgent_consent",
        _need("request_id", _NUMBER),
        _need("login", _NAME),
        _need("default_answer", _WORD),
        _may("answer", _WORD),
        _need("answered_by", _NAME),
        _may("answered_at", _TIME),
        sa.PrimaryKeyConstraint("request_id", "login", name="pk_urgent_consent"),
        sa.ForeignKeyConstraint(
            ["request_id"], ["urgent_request.id"], name="fk_urgent_consent_urgent_request"
        ),
    )


def _messages() -> None:
    _table(
        "message",
        _need("id", _NUMBER, counts=True),
        _need("at", _TIME),
        _need("login", _NAME),
        _need("role", _WORD),
        _need("text", _TEXT),
        _need("text_zh", _TEXT),
        _may("task_id", _NUMBER),
        _may("request_id", _NUMBER),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
    )
    _index("ix_message_login", "message", "login", "id")
    _index("ix_message_role", "message", "role", "id")
