"""The first farm: tasks, frames, nodes, commands, the engine's lease and its counters.

The servers cannot roll back DDL: each step looks first, so that a run after a crash goes on.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None

_NAME = sa.String(190)
_WORD = sa.String(32)
_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_REAL: sa.Double[float] = sa.Double()
_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
_DIGEST = sa.LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")
_BLOB = sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")


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


def _one_row(table: str, **values: object) -> None:
    rows = sa.table(table, sa.column("id"), *(sa.column(name) for name in values))
    if op.get_bind().scalar(sa.select(sa.func.count()).select_from(rows)) == 0:
        op.bulk_insert(rows, [{"id": 1, **values}])


def upgrade() -> None:
    """Make the tables."""
    _tasks()
    _frames()
    _nodes()
    _words()
    _engine()


def _tasks() -> None:
    _table(
        "task",
        _need("id", _NUMBER),
        _need("name", _TEXT),
        _need("owner", _NAME),
        *(_need(n, _TEXT) for n in ("project", "show", "version", "tool", "tool_version")),
        *(_need(n, _TEXT) for n in ("scene", "frames")),
        _may("width", sa.Integer()),
        _may("height", sa.Integer()),
        _may("fps", _REAL),
        _may("camera", _TEXT),
        _may("layer", _TEXT),
        _need("output_format", _TEXT),
        _need("parameters", sa.JSON()),
        _need("policy", _TEXT),
        _may("previous_task", _NUMBER),
        _need("change", _TEXT),
        _need("note", _TEXT),
        _need("start", sa.Boolean()),
        _need("created_at", _TIME),
        _need("total", sa.Integer()),
        _need("output", _TEXT),
        _need("state", _WORD),
        _need("reason", _TEXT),
        _need("priority", sa.Integer()),
        _need("position", _NUMBER),
        *(_need(n, sa.Integer()) for n in ("done", "failed", "running")),
        _need("render_s", _REAL),
        _may("started_at", _TIME),
        _may("finished_at", _TIME),
        _may("check_report", _TEXT),
        _need("recycled", sa.Boolean()),
        _need("purged", sa.Boolean()),
        _need("rev", _NUMBER),
        sa.PrimaryKeyConstraint("id", name="pk_task"),
        sa.CheckConstraint("priority BETWEEN 0 AND 9", name="ck_task_priority"),
    )
    _index("ix_task_rev", "task", "rev")


def _frames() -> None:
    _table(
        "task_frames",
        _need("task_id", _NUMBER),
        _need("states", _BLOB),
        _need("blob_rev", _NUMBER),
        sa.PrimaryKeyConstraint("task_id", name="pk_task_frames"),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name="fk_task_frames_task"),
    )
    _table(
        "frame",
        _need("task_id", _NUMBER),
        *(_need(n, sa.Integer()) for n in ("frame", "attempt", "state")),
        _need("node", _NAME),
        _need("finished_at", _TIME),
        _need("render_s", _REAL),
        _need("load_s", _REAL),
        _need("bytes", _NUMBER),
        _may("sha256", _DIGEST),
        _need("width", _NUMBER),
        _need("height", _NUMBER),
        _need("path", _TEXT),
        _may("reason", _WORD),
        _need("text", _TEXT),
        _need("rev", _NUMBER),
        sa.PrimaryKeyConstraint("task_id", "frame", "attempt", name="pk_frame"),
    )
    _index("ix_frame_task_rev", "frame", "task_id", "rev")


def _nodes() -> None:
    _table(
        "node",
        _need("node", _NAME),
        _need("state", _WORD),
        _need("reason", _TEXT),
        _may("cpus", sa.Integer()),
        _may("memory_mb", sa.Integer()),
        _need("gpus", sa.JSON()),
        _need("failures", sa.Integer()),
        sa.PrimaryKeyConstraint("node", name="pk_node"),
    )
    _table(
        "node_slot",
        _need("node", _NAME),
        _may("task_id", _NUMBER),
        _may("frame", sa.Integer()),
        _may("frame_started_at", _TIME),
        *(_may(n, _REAL) for n in ("cpu", "memory", "gpu")),
        _may("disk_free_mb", _NUMBER),
        _may("sampled_at", _TIME),
        _need("rev", _NUMBER),
        sa.PrimaryKeyConstraint("node", name="pk_node_slot"),
    )


def _words() -> None:
    _table(
        "log",
        _need("id", _NUMBER, counts=True),
        _need("at", _TIME),
        _need("level", _WORD),
        _need("text", _TEXT),
        _may("task_id", _NUMBER),
        _may("node", _NAME),
        _may("frame", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_log"),
    )
    _index("ix_log_task", "log", "task_id", "id")
    _table(
        "command",
        _need("id", _NUMBER, counts=True),
        _need("kind", _WORD),
        _need("body", sa.JSON()),
        _need("issued_by", _NAME),
        _need("issued_at", _TIME),
        _may("answered_at", _TIME),
        _may("applied", sa.Boolean()),
        _may("text", _TEXT),
        _may("text_zh", _TEXT),
        _may("task_id", _NUMBER),
        sa.PrimaryKeyConstraint("id", name="pk_command"),
    )
    _index("ix_command_answered", "command", "answered_at", "id")


def _engine() -> None:
    _table(
        "engine_lease",
        _need("id", sa.Integer()),
        _may("owner", _NAME),
        _may("until", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_engine_lease"),
        sa.CheckConstraint("id = 1", name="ck_engine_lease_one"),
    )
    _one_row("engine_lease")
    _table(
        "farm_counter",
        _need("id", sa.Integer()),
        _need("rev", _NUMBER),
        _need("flush", _NUMBER),
        sa.PrimaryKeyConstraint("id", name="pk_farm_counter"),
        sa.CheckConstraint("id = 1", name="ck_farm_counter_one"),
    )
    _one_row("farm_counter", rev=0, flush=0)
