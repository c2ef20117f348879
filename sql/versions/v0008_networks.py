"""From which network an application came: so that none can fill the list alone.

The servers cannot roll back DDL: the step looks first, so that a run after a crash goes on.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column; of older applications it is not known."""
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("application")}
    if "network" not in there:
        op.add_column("application", sa.Column("network", sa.String(190), nullable=True))
