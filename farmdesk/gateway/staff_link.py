"""What the staff see of the farm through the gateway: all that they see through SQL."""

from farmdesk.db.database import Database
from farmdesk.domain.commands import Command
from farmdesk.domain.users import User, check_allowed
from farmdesk.link.direct import DirectLink


class StaffLink(DirectLink):
    """An operator's or superadmin's way to the farm. Safe between threads."""

    def __init__(self, database: Database, user: User) -> None:
        super().__init__(database, issued_by=user.login)
        self._user = user

    def send(self, command: Command) -> int:
        """Hand a command in. Raises NotAllowed: a superadmin's word is not an operator's."""
        check_allowed(self._user, command, None)
        return super().send(command)
