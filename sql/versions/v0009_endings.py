"""Why an urgent request ended by itself, in both languages, apart from what people decided.

The servers cannot roll back DDL: each step looks first, so that a run after a crash goes on.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0009"
down_revision = "0008"

_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
_TASK_OVER, _TASK_OVER_ZH = "its task has ended", "其任务已结束"
_URGENT = sa.table(
    "urgent_request",
    sa.column("decision", sa.Text),
    sa.column("ending", sa.Text),
    sa.column("ending_zh", sa.Text),
)


def upgrade() -> None:
    """Add the columns. What ended a request stood among people's words, in English alone."""
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("urgent_request")}
    for name in ("ending", "ending_zh"):
        if name not in there:
            op.add_column("urgent_request", sa.Column(name, _TEXT, nullable=True))
    op.execute(
        _URGENT.update()
        .where(_URGENT.c.decision == _TASK_OVER, _URGENT.c.ending.is_(None))
        .values(decision="", ending=_TASK_OVER, ending_zh=_TASK_OVER_ZH)
    )
