"""What lies in table `user_key`, as no part of the farm needs to see it: all of a user's keys."""

from sqlalchemy import Connection

from farmdesk.db import user_keys
from farmdesk.domain.accounts import KeyRecord


def stored_keys(connection: Connection, user_id: int) -> list[KeyRecord]:
    """Give all versions of a user's keys, wrapped parts included, oldest first."""
    prints = [public.fingerprint for public in user_keys.public_of(connection, user_id)]
    found = [user_keys.find(connection, fingerprint) for fingerprint in prints]
    return [record for record in found if record is not None]
