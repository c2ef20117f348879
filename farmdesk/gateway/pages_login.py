"""The pages at the door: login, applications and keys, and a user's own profile."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.security import HTTPAuthorizationCredentials
from fastapi.security.http import HTTPBase

from farmdesk.gateway.callers import CallerNow, NoSession
from farmdesk.gateway.forms import AnswerForm, ApplicationForm, ChallengeForm, Number, ProfileForm
from farmdesk.gateway.parts import AddressNow, PartsNow
from farmdesk.gateway.replies import reply
from farmdesk.link.wire import (
    PICKUP_SCHEME,
    ApplicationSeen,
    Applied,
    GivenChallenge,
    LoggedIn,
    ProfileSeen,
    SealedKeys,
)

_PEM = "application/x-pem-file"

router = APIRouter()
_pickup = HTTPBase(
    scheme=PICKUP_SCHEME,
    scheme_name="pickup",
    description="An application's secret, which its client made",
    auto_error=False,
)


async def _secret(
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_pickup)],
) -> str:
    if given is None or given.scheme.lower() != PICKUP_SCHEME.lower():
        raise NoSession
    return given.credentials


SecretNow = Annotated[str, Depends(_secret)]


@router.post("/login/challenge", response_model=GivenChallenge)
async def ask_challenge(form: ChallengeForm, parts: PartsNow) -> Response:
    """Give something to sign within 30 seconds; whether there is such a login is not told."""
    return reply(parts.login.challenge(form.login))


@router.post("/login/answer", response_model=LoggedIn)
def answer_challenge(form: AnswerForm, parts: PartsNow, address: AddressNow) -> Response:
    """Begin a session for who signed his challenge with a key in use."""
    return reply(parts.login.take(form.answer(), address))


@router.delete("/session", status_code=204)
def log_out(caller: CallerNow, parts: PartsNow) -> Response:
    """End this session, and what was lent for it."""
    parts.login.leave(caller)
    return Response(status_code=204)


@router.get(
    "/authority",
    response_class=Response,
    responses={200: {"content": {_PEM: {"schema": {"type": "string"}}}}},
)
async def show_authority(parts: PartsNow) -> Response:
    """Give the certificate of the farm's authority (PEM), for a first look at its fingerprint."""
    return Response(parts.authority, media_type=_PEM)


@router.post("/applications", response_model=Applied, status_code=201)
def apply(form: ApplicationForm, parts: PartsNow, address: AddressNow) -> Response:
    """Ask for an account with keys, or for new keys. A superadmin decides."""
    return reply(parts.registry.apply(form.wanted(), address), 201)


@router.get("/applications/{application_id}", response_model=ApplicationSeen)
def show_application(application_id: Number, secret: SecretNow, parts: PartsNow) -> Response:
    """Tell where an application stands."""
    return reply(parts.registry.state(application_id, secret))


@router.get("/applications/{application_id}/keys", response_model=SealedKeys)
def fetch_keys(
    application_id: Number, secret: SecretNow, parts: PartsNow, address: AddressNow
) -> Response:
    """Give the sealed keys; again and again, until their owner says that he has them."""
    return reply(parts.registry.keys(application_id, secret, address))


@router.delete("/applications/{application_id}/keys", status_code=204)
def confirm_keys(
    application_id: Number, secret: SecretNow, parts: PartsNow, address: AddressNow
) -> Response:
    """Say that the keys are in their owner's hands: the farm deletes the sealed ones."""
    parts.registry.collected(application_id, secret, address)
    return Response(status_code=204)


@router.get("/profile", response_model=ProfileSeen)
def show_profile(caller: CallerNow, parts: PartsNow) -> Response:
    """Tell a user what the farm knows of him."""
    return reply(parts.registry.profile(caller))


@router.put("/profile", status_code=204)
def set_profile(form: ProfileForm, caller: CallerNow, parts: PartsNow) -> Response:
    """Change what a user tells of himself."""
    parts.hear(caller)
    parts.registry.set_profile(
        caller, name=form.name, department=form.department, contact=form.contact
    )
    return Response(status_code=204)
