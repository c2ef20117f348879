"""Makes a user's keys: wrapped for the farm, sealed for their owner, in clear for nobody."""

from dataclasses import dataclass
from datetime import datetime

from farmdesk.domain.accounts import Application, KeyRecord
from farmdesk.domain.errors import Refused
from farmdesk.security import handover
from farmdesk.security.key_records import key_record
from farmdesk.security.user_keys import UserKeys
from farmdesk.security.vault import Vault

COMPARED = 16  # hex digits at least, of 32: another key with 8 alike can be found by trying


@dataclass(frozen=True, slots=True)
class MadeKeys:
    """New keys as the farm keeps them, and as the applicant collects them."""

    record: KeyRecord
    bundle: bytes


def make_keys(application: Application, version: int, vault: Vault, now: datetime) -> MadeKeys:
    """Make keys for an applicant; takes about a second. Raises Refused for a bad handover key."""
    keys = UserKeys.make(application.login, version)
    record = key_record(keys, application.user_id, vault, now)
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
