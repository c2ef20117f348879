"""What a transfer brings, a package or frames, and the command that handed it over.

The servers cannot roll back DDL: each step looks first, so that a run after a crash goes on.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns: what there is brings packages."""
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("transfer")}
    for column in (
        sa.Column("kind", sa.String(32), nullable=False, server_default="package"),
        sa.Column("command_id", _NUMBER, nullable=True),
    ):
        if column.name not in there:
            op.add_column("transfer", column)
