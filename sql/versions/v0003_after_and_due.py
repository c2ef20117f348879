"""A task may wait for another one, and may be due at a time.

The servers cannot roll back DDL: each step looks first, so that a run after a crash goes on.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0003"
down_revision = "0002"

_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns."""
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("task")}
    for column in (
        sa.Column("due", _TEXT, nullable=True),
        sa.Column("after", _NUMBER, nullable=True),
        sa.Column("after_mode", sa.String(32), nullable=False, server_default="task"),
    ):
        if column.name not in there:
            op.add_column("task", column)
