"""A user's keys as the farm keeps them: public in clear, secret under the master key."""

from dataclasses import replace
from datetime import datetime

from farmdesk.domain.accounts import KeyRecord, KeyState
from farmdesk.security.user_keys import UserKeys
from farmdesk.security.vault import Purpose, Vault


def key_record(keys: UserKeys, user_id: int, vault: Vault, now: datetime) -> KeyRecord:
    """Give the record of new keys, ready for use."""
    private = vault.wrap(
        keys.private_der, Purpose.SIGNING_KEY, user_id=user_id, version=keys.version
    )
    user_key = vault.wrap(keys.user_key, Purpose.USER_KEY, user_id=user_id, version=keys.version)
    return KeyRecord(
        user_id=user_id,
        version=keys.version,
        fingerprint=keys.fingerprint,
        public_pem=keys.public_pem,
        wrapped_private=private,
        wrapped_user_key=user_key,
        state=KeyState.ACTIVE,
        made_at=now,
    )


def rewrapped(record: KeyRecord, vault: Vault) -> KeyRecord:
    """Give a record under the current master key; the very same where it is so already.

    Raises UnknownMasterKey or DamagedSecret.
    """
    place = {"user_id": record.user_id, "version": record.version}
    private = vault.rewrap(record.wrapped_private, Purpose.SIGNING_KEY, **place)
    user_key = vault.rewrap(record.wrapped_user_key, Purpose.USER_KEY, **place)
    if private is record.wrapped_private and user_key is record.wrapped_user_key:
        return record
    return replace(record, wrapped_private=private, wrapped_user_key=user_key)
