"""The tables of the farm; migrations in `sql/` make them, and a test holds the two together.

Readers ask for `rev > last`: one writer, one rev a flush, so no change is ever missed. What runs
now is in `node_slot`; a frame gets a row when an attempt at it ends.
"""

from farmdesk.db.models.accounts import (
    DbLease,
    KeyApplication,
    UserAccount,
    UserKey,
    UserSession,
)
from farmdesk.db.models.audit import AuditEntry, AuditHead
from farmdesk.db.models.base import Base, table_of
from farmdesk.db.models.engine import EngineLease, FarmCounter
from farmdesk.db.models.nodes import Node, NodeSlot
from farmdesk.db.models.tasks import Frame, Task, TaskFrames
from farmdesk.db.models.transfers import FileTransfer
from farmdesk.db.models.words import Log, Message, SentCommand, Urgent, UrgentConsent

__all__ = [
    "AuditEntry",
    "AuditHead",
    "Base",
    "DbLease",
    "EngineLease",
    "FarmCounter",
    "FileTransfer",
    "Frame",
    "KeyApplication",
    "Log",
    "Message",
    "Node",
    "NodeSlot",
    "SentCommand",
    "Task",
    "TaskFrames",
    "Urgent",
    "UrgentConsent",
    "UserAccount",
    "UserKey",
    "UserSession",
    "table_of",
]
