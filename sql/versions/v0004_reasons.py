"""Reasons of tasks and nodes in Chinese, beside the English ones.

The servers cannot roll back DDL: each step looks first, so that a run after a crash goes on.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0004"
down_revision = "0003"

_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


def upgrade() -> None:
    """Add the columns; none of the rows that are there has such a text."""
    inspector = sa.inspect(op.get_bind())
    for table in ("task", "node"):
        if "reason_zh" not in {column["name"] for column in inspector.get_columns(table)}:
            op.add_column(table, sa.Column("reason_zh", _TEXT, nullable=True))
