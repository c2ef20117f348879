"""Commands without an answer are found by their sender: one who sends many delays nobody else.

The servers cannot roll back DDL: each step looks first, so that a run after a crash goes on.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Put an index that knows the sender in the place of the one that did not."""
    there = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes("command")}
    if "ix_command_waiting" not in there:
        op.create_index("ix_command_waiting", "command", ["answered_at", "issued_by", "id"])
    if "ix_command_answered" in there:
        op.drop_index("ix_command_answered", "command")
