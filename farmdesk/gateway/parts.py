"""What the pages of the gateway need, put together once."""

from dataclasses import dataclass, field
from time import monotonic
from typing import Annotated

from fastapi import Depends, Request

from farmdesk.db.database import Database
from farmdesk.domain.users import Role
from farmdesk.gateway.bodies import Bodies
from farmdesk.gateway.callers import Caller, CallerNow, Sessions
from farmdesk.gateway.expiry import Expiry
from farmdesk.gateway.faults import TooMany
from farmdesk.gateway.login import LoginDesk
from farmdesk.gateway.own_link import OwnLink
from farmdesk.gateway.packages import Packages
from farmdesk.gateway.rates import RateLimit
from farmdesk.gateway.registry import Registry
from farmdesk.gateway.results import Results
from farmdesk.gateway.staff_link import StaffLink
from farmdesk.gateway.uploads import Uploads
from farmdesk.link.farm_link import FarmLink


@dataclass(frozen=True, slots=True)
class Parts:
    """The gateway's parts; `app.state.parts`.

    `authority`: the certificate that clients pin, PEM. `customers_words`: how often customers may
    have something noted, by login.
    """

    database: Database
    sessions: Sessions
    login: LoginDesk
    registry: Registry
    uploads: Uploads
    bodies: Bodies
    results: Results
    packages: Packages
    expiry: Expiry
    authority: bytes
    customers_words: RateLimit = field(
        default_factory=lambda: RateLimit(one=120, all_together=6000, window_s=60.0)
    )

    def hear(self, caller: Caller) -> None:
        """Count what a customer will have noted: a command, an upload, a profile. Raises TooMany.

        None of them may fill the command table or the audit log.
        """
        if caller.user.role is Role.CUSTOMER:
            wait_s = self.customers_words.admit(caller.user.login, monotonic())
            if wait_s > 0:
                raise TooMany(wait_s)


def _parts(request: Request) -> Parts:
    found: Parts = request.app.state.parts
    return found


async def _parts_now(request: Request) -> Parts:
    return _parts(request)


async def _link(request: Request, caller: CallerNow) -> FarmLink:
    database = _parts(request).database
    if caller.user.role is Role.CUSTOMER:
        return OwnLink(database, caller.user)
    return StaffLink(database, caller.user)


async def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""


PartsNow = Annotated[Parts, Depends(_parts_now)]
LinkNow = Annotated[FarmLink, Depends(_link)]
"""The caller's way to the farm: everything for staff, his own for a customer."""
AddressNow = Annotated[str, Depends(_address)]
