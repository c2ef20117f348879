"""What the database forgets: old log lines, and the attempts and log lines of purged tasks."""

from sqlalchemy import Connection, delete, func, select

from farmdesk.db.models import Frame, Log
from farmdesk.domain.records import Flush

KEPT_LOGS = 200_000  # lines; some weeks of a busy farm, some 50 MB
EVERY_FLUSHES = 500  # about two minutes at work: looking costs one index lookup


def prune(connection: Connection, flush: Flush) -> None:
    """Forget what this flush makes needless, and now and then the oldest log lines."""
    purged = [task.task_id for task in flush.tasks if task.purged]
    if purged:
        connection.execute(delete(Frame).where(Frame.task_id.in_(purged)))
        connection.execute(delete(Log).where(Log.task_id.in_(purged)))
    if flush.number % EVERY_FLUSHES == 0:
        newest = connection.scalar(select(func.max(Log.id))) or 0
        connection.execute(delete(Log).where(Log.id <= newest - KEPT_LOGS))
