"""What a node is for, beside what it is: its pool, and the tools that it offers.

The servers cannot roll back DDL: each step looks first, so that a run after a crash goes on.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns; the engine fills them when it starts."""
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("node")}
    for column in (
        sa.Column("pool", sa.String(190), nullable=True),
        sa.Column("tools", sa.JSON(), nullable=True),
    ):
        if column.name not in there:
            op.add_column("node", column)
