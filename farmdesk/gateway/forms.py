"""What clients send, field by field; the OpenAPI document is made of these."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from farmdesk.domain.accounts import MAX_FIELD, Profile
from farmdesk.domain.transfers import TransferKind
from farmdesk.gateway.login import Answer
from farmdesk.gateway.registry import Wanted
from farmdesk.link.packages_wire import SMALL, TOGETHER
from farmdesk.security.package_names import MAX_NAME

Number = Annotated[int, Field(ge=0, le=(1 << 53) - 1)]
"""A number of a task, a command, a revision: what every database and JSON parser can hold."""

_Text = Annotated[str, Field(min_length=1, max_length=MAX_FIELD)]
_Login = Annotated[str, Field(pattern=r"^[a-z][a-z0-9._-]{2,31}$")]
_Hex32 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Signature = Annotated[str, Field(pattern=r"^[0-9a-f]{768}$")]  # RSA-3072


class Form(BaseModel):
    """A JSON object with these fields and no others."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class ChallengeForm(Form):
    """Somebody wants to log in."""

    login: _Login


class AnswerForm(Form):
    """A challenge, signed; see `farmdesk/security/challenge.py` for the text that is signed."""

    login: _Login
    nonce: _Hex32
    expires: Number
    fingerprint: _Hex32
    signature: _Signature

    def answer(self) -> Answer:
        """Give the value."""
        return Answer(self.login, self.nonce, self.expires, self.fingerprint, self.signature)


class ProfileForm(Form):
    """What a user tells of himself."""

    name: _Text
    department: _Text
    contact: _Text


class NewProfileForm(ProfileForm):
    """The same with the identity number, which is kept wrapped and never shown."""

    identity: _Text


class ApplicationForm(Form):
    """Somebody wants keys. Without a profile: new keys for an account that there is.

    `handover_key`: an X25519 public key. `pickup_hash`: SHA-256 of the secret (ASCII) that the keys
    will be collected with.
    """

    login: _Login
    profile: NewProfileForm | None = None
    handover_key: _Hex32
    pickup_hash: _Hex32

    def wanted(self) -> Wanted:
        """Give the value."""
        told = None if self.profile is None else Profile(**self.profile.model_dump())
        handover_key, pickup_hash = (
            bytes.fromhex(self.handover_key),
            bytes.fromhex(self.pickup_hash),
        )
        return Wanted(self.login, told, handover_key, pickup_hash)


class UploadForm(Form):
    """Somebody begins an upload for a task; see `farmdesk/link/transfer_wire.py`."""

    task_id: Annotated[Number, Field(ge=1)]
    kind: Annotated[TransferKind, Field(strict=False)] = TransferKind.PACKAGE


class FileForm(Form):
    """A small file of a package; see `farmdesk/link/packages_wire.py`."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    version: _Hex32
    size: Annotated[int, Field(ge=0, le=SMALL)]


class FilesForm(Form):
    """Small files of a package that somebody wants in one answer."""

    files: Annotated[list[FileForm], Field(min_length=1, max_length=TOGETHER)]


class CommandForm(Form):
    """A command of `farmdesk/domain/commands.py`: its name, and its fields."""

    kind: Annotated[str, Field(max_length=100)]
    body: dict[str, object]
