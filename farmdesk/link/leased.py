"""The staff's way to the farm from elsewhere: its database, over the account that a login lent."""

from pathlib import Path
from urllib.parse import quote

from farmdesk.db.database import Database, open_database
from farmdesk.link.wire import LentDatabase


def open_leased(lent: LentDatabase, ca: Path) -> Database:
    """Give the database. `ca`: a file with `lent.authority`.

    Over TLS alone, host name checked. When the login is over it raises LockedOut.
    """
    options = f"ssl_ca={quote(str(ca), safe='')}&role={quote(lent.role, safe='')}"
    account = f"{quote(lent.account, safe='')}:{quote(lent.password, safe='')}"
    return open_database(f"mysql://{account}@{lent.place}?{options}")
