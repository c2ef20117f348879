"""The gateway's pen in the audit log."""

from datetime import datetime
from functools import partial

from farmdesk.db import audit
from farmdesk.domain.accounts import AuditRecord
from farmdesk.security.audit_chain import digest_of


def noted(
    *, at: datetime, actor: str, action: str, subject: str, detail: str = ""
) -> partial[AuditRecord]:
    """Give a record to be written: `noted(…)(connection)`, last in the transaction of its deed."""
    return partial(
        audit.append,
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        detail=detail,
        chain=digest_of,
    )
