"""Makes a user's keys: wrapped for the farm, sealed for their owner, in clear for nobody."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from farmdesk.domain.accounts import Application, KeyRecord, KeyState
from farmdesk.domain.errors import Refused
from farmdesk.security import handover
from farmdesk.security.user_keys import UserKeys
from farmdesk.security.vault import Purpose, Vault

COMPARED = 8  # hex digits at least; the applicant's machine shows 32


@dataclass(frozen=True, slots=True)
class MadeKeys:
    """New keys as the farm keeps them, and as the applicant collects them."""

    record: KeyRecord
    bundle: bytes


def make_keys(application: Application, version: int, vault: Vault, now: datetime) -> MadeKeys:
    """Make keys for an applicant; takes about a second. Raises Refused for a bad handover key."""
    keys = UserKeys.make(application.login, version)
    user_id = application.user_id
    wrap = partial(vault.wrap, user_id=user_id, version=version)
    record = KeyRecord(
        user_id=user_id,
        version=version,
        fingerprint=keys.fingerprint,
        public_pem=keys.public_pem,
        wrapped_private=wrap(keys.private_der, Purpose.SIGNING_KEY),
        wrapped_user_key=wrap(keys.user_key, Purpose.USER_KEY),
        state=KeyState.ACTIVE,
        made_at=now,
    )
    return MadeKeys(record, handover.seal(keys, application.handover_key, application.id))


def check_handover(application: Application, said: str) -> None:
    """Hold the handover key to what the applicant read out: an impostor's is another one.

    Raises Refused.
    """
    digits = said.replace(" ", "").replace("-", "").lower()
    shown = handover.handover_fingerprint(application.handover_key).replace(" ", "")
    if len(digits) < COMPARED or not shown.startswith(digits):
        raise Refused(
            "This is not the fingerprint of the application's handover key. Ask the applicant to "
            f"read his out, {COMPARED} digits at least; if it differs, somebody else applied.",
            f"这与申请中交接密钥的指纹不符。请让申请人读出其指纹（至少 {COMPARED} 位）；"
            "如仍不同，则该申请来自他人。",
        )
