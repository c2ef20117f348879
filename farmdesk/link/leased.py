"""The staff's way to the farm from elsewhere: `DirectLink` over the account that a login lent."""

from pathlib import Path
from urllib.parse import quote

from farmdesk.link.direct import DirectLink
from farmdesk.link.wire import LentDatabase


def open_leased(lent: LentDatabase, *, ca: Path, login: str) -> DirectLink:
    """Give the link. `ca`: the certificate of the authority behind the database server's own.

    Over TLS alone, host name checked. When the login is over the link raises LockedOut.
    """
    options = f"ssl_ca={quote(str(ca), safe='')}&role={quote(lent.role, safe='')}"
    account = f"{quote(lent.account, safe='')}:{quote(lent.password, safe='')}"
    return DirectLink(f"mysql://{account}@{lent.place}?{options}", issued_by=login)
