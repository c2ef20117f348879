"""Who is on the farm, who wants to be, and who did what: read by SQL, for superadmins."""

from collections.abc import Iterator

from farmdesk.db import accounts, applications, audit, user_keys
from farmdesk.db.account_errors import NoAccount
from farmdesk.db.database import Database
from farmdesk.domain.accounts import Account, Application, AuditRecord, PublicKey

_PAGE = 1000
_BEFORE_ALL = -(1 << 62)  # also before numbers that no farm gives


class PeopleReader:
    """Reads what a superadmin's database account may read. May raise FarmUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def accounts(self) -> list[Account]:
        """Give all accounts by login."""
        with self._database.reading() as connection:
            return accounts.everybody(connection)

    def account(self, login: str) -> Account:
        """Give one account, whatever its state. Raises NoAccount."""
        found = self.find(login)
        if found is None:
            raise NoAccount(login)
        return found

    def find(self, login: str) -> Account | None:
        """Give one account; None also on a farm without accounts."""
        with self._database.reading() as connection:
            return accounts.find(connection, login)

    def applications(self) -> list[Application]:
        """Give the applications that wait for a decision, oldest first."""
        with self._database.reading() as connection:
            return applications.waiting(connection)

    def keys(self, user_id: int) -> list[PublicKey]:
        """Give the public part of all versions of somebody's keys, oldest first."""
        with self._database.reading() as connection:
            return user_keys.public_of(connection, user_id)

    def newest_audit(self, limit: int, wanted: audit.Wanted) -> list[AuditRecord]:
        """Give the last records of the audit log that are wanted, oldest first."""
        with self._database.reading() as connection:
            return audit.newest(connection, limit, wanted)

    def all_audit(self) -> Iterator[AuditRecord]:
        """Give the whole audit log, oldest first, in pages."""
        last = _BEFORE_ALL
        while True:
            with self._database.reading() as connection:
                page = audit.read(connection, last, _PAGE)
            if not page:
                return
            yield from page
            last = page[-1].id

    def audit_head(self) -> tuple[int, bytes]:
        """Give number and digest that the newest record must have."""
        with self._database.reading() as connection:
            return audit.head(connection)
