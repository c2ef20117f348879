"""Pages for uploads. What they carry: `link.transfer_wire`; what they may do: `uploads`."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool

from farmdesk.domain.transfers import Transfer
from farmdesk.gateway.bodies import whole_body
from farmdesk.gateway.callers import CallerNow
from farmdesk.gateway.forms import UploadForm
from farmdesk.gateway.parts import PartsNow
from farmdesk.link.transfer_wire import RUN_BYTES, Arrived, FilesTold, Missing, UploadSeen
from farmdesk.security.manifest import MAX_BYTES
from farmdesk.security.sealed import SegmentPlan

PREFIX = "/transfers"
FILES_BYTES = 4 << 20  # all numbers that may be dropped, beside some hundred thousand sizes
FILES_BRACKETS = 3  # an object with two lists; a body of nothing else would fill the memory
BODY_BYTES = SegmentPlan(MAX_BYTES).sealed_size  # a sealed manifest; a run is shorter

Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="The upload's id")]
Number = Annotated[int, Path(ge=0, le=1 << 40, description="Of the run's first segment")]

router = APIRouter(prefix=PREFIX, tags=["transfers"])
_files_told = TypeAdapter(FilesTold)
_FILES_TOLD = _files_told.json_schema() | {"additionalProperties": False}
_FILES_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": _FILES_TOLD}},
    }
}


def _sealed_body(what: str) -> dict[str, Any]:
    """Describe a body that a page takes off the wire by itself, piece by piece."""
    sealed = {"type": "string", "format": "binary", "maxLength": BODY_BYTES}
    content = {"application/octet-stream": {"schema": sealed}}
    return {"requestBody": {"required": True, "description": what, "content": content}}


_RUN_BODY = _sealed_body(
    "Whole segments in their order, each as 32 bytes of BLAKE3 and the sealed bytes they are of. "
    f"About {RUN_BYTES >> 20} MiB at a time go well."
)
_MANIFEST_BODY = _sealed_body("The manifest, a sealed file with all its segments, no digests.")


@router.post("")
def begin(wanted: UploadForm, caller: CallerNow, parts: PartsNow) -> UploadSeen:
    """Begin an upload for a task that waits for its package, or, for the staff, of frames.

    Needs a login of just now.
    """
    parts.hear(caller)
    return _seen(parts.uploads.begin(caller, wanted.task_id, wanted.kind))


@router.get("")
def of_task(
    task: Annotated[int, Query(ge=1, le=1 << 62)], caller: CallerNow, parts: PartsNow
) -> UploadSeen:
    """Give the upload of a task that has not ended."""
    return _seen(parts.uploads.of_task(caller, task))


@router.get("/{transfer}")
def find(transfer: Id, caller: CallerNow, parts: PartsNow) -> UploadSeen:
    """Give an upload."""
    return _seen(parts.uploads.find(caller, bytes.fromhex(transfer)))


@router.delete("/{transfer}")
def cancel(transfer: Id, caller: CallerNow, parts: PartsNow) -> UploadSeen:
    """End an upload, and delete what has arrived of it."""
    return _seen(parts.uploads.cancel(caller, bytes.fromhex(transfer)))


@router.post("/{transfer}/files", openapi_extra=_FILES_BODY)
async def tell_files(
    transfer: Id, request: Request, caller: CallerNow, parts: PartsNow
) -> UploadSeen:
    """Tell which files will come; telling it again changes nothing.

    It is read only when its sender is known: it may be large.
    """
    text = await whole_body(request, FILES_BYTES)
    if text.count(b"[") + text.count(b"{") > FILES_BRACKETS:
        raise RequestValidationError([])

    def tell() -> UploadSeen:
        try:
            told = _files_told.validate_json(text)
        except ValidationError:
            raise RequestValidationError([]) from None
        return _seen(parts.uploads.tell_files(caller, bytes.fromhex(transfer), told))

    async with parts.bodies.alone(caller.account.user_id):
        return await run_in_threadpool(tell)


@router.get("/{transfer}/missing")
def missing(
    transfer: Id,
    caller: CallerNow,
    parts: PartsNow,
    first: Annotated[int, Query(ge=0, le=1 << 40)] = 0,
) -> Missing:
    """Give the segments that have not arrived, from `first` on."""
    return parts.uploads.missing(caller, bytes.fromhex(transfer), first)


@router.put("/{transfer}/segments/{first}", openapi_extra=_RUN_BODY)
async def send_run(
    transfer: Id, first: Number, request: Request, caller: CallerNow, parts: PartsNow
) -> Arrived:
    """Send segments from `first` on; those that came whole count, even when the line breaks."""
    upload = bytes.fromhex(transfer)
    arrivals = await run_in_threadpool(parts.uploads.open_one, caller, upload)
    await parts.bodies.take_run(request, caller.account.user_id, arrivals, first)
    return Arrived(await run_in_threadpool(parts.uploads.note_arrived, upload, arrivals))


@router.put("/{transfer}/manifest", openapi_extra=_MANIFEST_BODY)
async def send_manifest(
    transfer: Id, request: Request, caller: CallerNow, parts: PartsNow
) -> UploadSeen:
    """Send the sealed manifest, last of all: the farm takes the package in."""
    upload = bytes.fromhex(transfer)
    arrivals = await run_in_threadpool(parts.uploads.open_whole, caller, upload)
    user_id = caller.account.user_id
    await parts.bodies.take_manifest(request, user_id, arrivals)
    async with parts.bodies.alone(user_id):
        return _seen(await run_in_threadpool(parts.uploads.complete, caller, upload))


def _seen(transfer: Transfer) -> UploadSeen:
    return UploadSeen(
        id=transfer.id.hex(),
        task_id=transfer.task_id,
        state=transfer.state,
        key_version=transfer.key_version,
        bytes_total=transfer.bytes_total,
        bytes_here=transfer.bytes_here,
        reason=transfer.reason,
        reason_zh=transfer.reason_zh,
        command=transfer.command_id,
    )
