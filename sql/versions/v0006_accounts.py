"""People's accounts: keys, applications, sessions, leases, the audit log, and transfers.

The servers cannot roll back DDL: each step looks first, so that a run after a crash goes on.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0006"
down_revision = "0005"

_NAME = sa.String(190)
_WORD = sa.String(32)
_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
_BLOB = sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
_DIGEST = sa.LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")
_KEY = sa.LargeBinary(16).with_variant(mysql.BINARY(16), "mysql", "mariadb")


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


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_user_account"
    return sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=name)


def upgrade() -> None:
    """Make the tables."""
    _people()
    _keys()
    _application()
    _doors()
    _audit()
    _transfer()


def _people() -> None:
    _table(
        "user_account",
        _need("id", _NUMBER, counts=True),
        _need("login", _NAME),
        _need("role", _WORD),
        _need("state", _WORD),
        _need("name", _TEXT),
        _need("department", _TEXT),
        _need("contact", _TEXT),
        _need("identity", _BLOB),
        _need("quota_bytes", _NUMBER),
        _need("created_at", _TIME),
        _need("decided_by", _NAME),
        _may("decided_at", _TIME),
        _need("reason", _TEXT),
        sa.PrimaryKeyConstraint("id", name="pk_user_account"),
        sa.UniqueConstraint("login", name="uq_user_account_login"),
    )


def _keys() -> None:
    _table(
        "user_key",
        _need("user_id", _NUMBER),
        _need("version", sa.Integer()),
        _need("fingerprint", _NAME),
        _need("public_pem", _TEXT),
        _need("wrapped_private", _BLOB),
        _need("wrapped_user_key", _BLOB),
        _need("state", _WORD),
        _need("made_at", _TIME),
        _may("ended_at", _TIME),
        sa.PrimaryKeyConstraint("user_id", "version", name="pk_user_key"),
        sa.UniqueConstraint("fingerprint", name="uq_user_key_fingerprint"),
        _of_user("user_key"),
    )


def _application() -> None:
    _table(
        "application",
        _need("id", _NUMBER, counts=True),
        _need("user_id", _NUMBER),
        _need("kind", _WORD),
        _need("handover_key", _DIGEST),
        _need("pickup_hash", _DIGEST),
        _need("made_at", _TIME),
        _may("approved", sa.Boolean()),
        _need("decided_by", _NAME),
        _may("decided_at", _TIME),
        _need("reason", _TEXT),
        _may("bundle", _BLOB),
        _may("collected_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_application"),
        _of_user("application"),
    )


def _doors() -> None:
    _table(
        "session",
        _need("token_hash", _DIGEST),
        _need("user_id", _NUMBER),
        _need("fingerprint", _NAME),
        _need("address", _NAME),
        _need("made_at", _TIME),
        _need("seen_at", _TIME),
        _need("until", _TIME),
        sa.PrimaryKeyConstraint("token_hash", name="pk_session"),
        _of_user("session"),
    )
    _table(
        "db_lease",
        _need("account", _NAME),
        _need("user_id", _NUMBER),
        _need("token_hash", _DIGEST),
        _need("made_at", _TIME),
        _need("until", _TIME),
        _may("ended_at", _TIME),
        _may("dropped_at", _TIME),
        sa.PrimaryKeyConstraint("account", name="pk_db_lease"),
        _of_user("db_lease"),
    )
    _index("ix_db_lease_dropped", "db_lease", "dropped_at")


def _audit() -> None:
    _table(
        "audit",
        _need("id", _NUMBER),
        _need("at", _TIME),
        _need("actor", _NAME),
        _need("action", _NAME),
        _need("subject", _TEXT),
        _need("detail", _TEXT),
        _need("previous", _DIGEST),
        _need("digest", _DIGEST),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    _table(
        "audit_head",
        _need("id", sa.Integer()),
        _need("last", _NUMBER),
        _need("digest", _DIGEST),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
        sa.CheckConstraint("id = 1", name="ck_audit_head_one"),
    )
    head = sa.table("audit_head", sa.column("id"), sa.column("last"), sa.column("digest", _DIGEST))
    if not op.get_bind().scalar(sa.select(sa.func.count()).select_from(head)):
        op.execute(head.insert().values(id=1, last=0, digest=bytes(32)))


def _transfer() -> None:
    _table(
        "transfer",
        _need("id", _KEY),
        _need("user_id", _NUMBER),
        _need("task_id", _NUMBER),
        _may("open_task", _NUMBER),
        _need("key_version", sa.Integer()),
        _need("bytes_total", _NUMBER),
        _need("bytes_here", _NUMBER),
        _need("state", _WORD),
        _need("reason", _TEXT),
        _need("reason_zh", _TEXT),
        _need("made_at", _TIME),
        _need("touched_at", _TIME),
        _may("ended_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_transfer"),
        sa.UniqueConstraint("open_task", name="uq_transfer_open_task"),
        _of_user("transfer"),
    )
    _index("ix_transfer_user", "transfer", "user_id", "state")
