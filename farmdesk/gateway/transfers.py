"""Pages for uploads. What they carry: `link.transfer_wire`; what they may do: `uploads`."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated
from weakref import WeakValueDictionary

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from farmdesk.domain.errors import FarmUnavailable
from farmdesk.domain.transfers import Transfer
from farmdesk.gateway.arrivals import Arrivals
from farmdesk.gateway.callers import Caller, CallerNow
from farmdesk.gateway.run_body import take_run
from farmdesk.gateway.upload_errors import told_if_full
from farmdesk.gateway.uploads import Uploads
from farmdesk.link.transfer_wire import Arrived, FilesTold, Missing, UploadSeen, UploadWanted
from farmdesk.security.manifest import MAX_BYTES
from farmdesk.security.sealed import SEGMENT, SegmentPlan

PREFIX = "/transfers"
BODY_BYTES = SegmentPlan(MAX_BYTES).sealed_size  # a sealed manifest; a run is shorter
AT_ONCE = 8  # runs of one user that are read at a time: this bounds the memory he takes
DISK_THREADS = 4

Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="The upload's id")]
Number = Annotated[int, Path(ge=0, le=1 << 40, description="Of the run's first segment")]


class BrokenOff(FarmUnavailable):
    """The line broke in the middle of a body; nobody reads this answer."""

    def __init__(self) -> None:
        super().__init__("The line broke. Send the rest again.", "连接中断。请重新发送其余部分。")


class Bodies:
    """Takes large bodies in, beside the event loop as far as a disk is concerned."""

    def __init__(self) -> None:
        self._disk = ThreadPoolExecutor(DISK_THREADS, thread_name_prefix="inbox")
        self._turns: WeakValueDictionary[int, asyncio.Semaphore] = WeakValueDictionary()

    async def take_run(
        self, request: Request, caller: Caller, arrivals: Arrivals, first: int
    ) -> None:
        """Take a run of segments in; a user with many of them waits for his turn."""
        user = caller.account.user_id
        turns = self._turns.setdefault(user, asyncio.Semaphore(AT_ONCE))
        async with turns:
            with told_if_full():
                await take_run(_pieces(request), arrivals, first, self._disk)

    async def take_manifest(self, request: Request, arrivals: Arrivals) -> None:
        """Take a sealed manifest in."""
        loop = asyncio.get_running_loop()
        with told_if_full(), arrivals.manifest() as part, part.open("r+b") as file:
            buffer = bytearray()
            async for piece in _pieces(request):
                buffer += piece
                if len(buffer) >= SEGMENT:
                    await loop.run_in_executor(self._disk, file.write, bytes(buffer))
                    buffer.clear()
            file.write(buffer)


def transfer_pages(uploads: Uploads) -> APIRouter:
    """Give the pages."""
    pages = APIRouter(prefix=PREFIX, tags=["transfers"])
    bodies = Bodies()

    @pages.post("")
    def begin(wanted: UploadWanted, caller: CallerNow) -> UploadSeen:
        """Begin an upload for a task that waits for its package. Needs a login of just now."""
        return _seen(uploads.begin(caller, wanted.task_id))

    @pages.get("")
    def of_task(task: Annotated[int, Query(ge=1, le=1 << 62)], caller: CallerNow) -> UploadSeen:
        """Give the upload of a task that has not ended."""
        return _seen(uploads.of_task(caller, task))

    @pages.get("/{transfer}")
    def find(transfer: Id, caller: CallerNow) -> UploadSeen:
        """Give an upload."""
        return _seen(uploads.find(caller, bytes.fromhex(transfer)))

    @pages.delete("/{transfer}")
    def cancel(transfer: Id, caller: CallerNow) -> UploadSeen:
        """End an upload, and delete what has arrived of it."""
        return _seen(uploads.cancel(caller, bytes.fromhex(transfer)))

    @pages.post("/{transfer}/files")
    def tell_files(transfer: Id, told: FilesTold, caller: CallerNow) -> UploadSeen:
        """Tell which files will come; telling it again changes nothing."""
        return _seen(uploads.tell_files(caller, bytes.fromhex(transfer), told))

    @pages.get("/{transfer}/missing")
    def missing(
        transfer: Id, caller: CallerNow, first: Annotated[int, Query(ge=0, le=1 << 40)] = 0
    ) -> Missing:
        """Give the segments that have not arrived, from `first` on."""
        return uploads.missing(caller, bytes.fromhex(transfer), first)

    @pages.put("/{transfer}/segments/{first}")
    async def send_run(transfer: Id, first: Number, request: Request, caller: CallerNow) -> Arrived:
        """Send segments from `first` on; those that came whole count, even when the line breaks."""
        upload = bytes.fromhex(transfer)
        arrivals = await run_in_threadpool(uploads.open_one, caller, upload)
        await bodies.take_run(request, caller, arrivals, first)
        return Arrived(await run_in_threadpool(uploads.note_arrived, upload, arrivals))

    @pages.put("/{transfer}/manifest")
    async def send_manifest(transfer: Id, request: Request, caller: CallerNow) -> UploadSeen:
        """Send the sealed manifest, last of all: the farm takes the package in."""
        upload = bytes.fromhex(transfer)
        arrivals = await run_in_threadpool(uploads.open_one, caller, upload)
        await bodies.take_manifest(request, arrivals)
        return _seen(await run_in_threadpool(uploads.complete, caller, upload))

    return pages


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    try:
        async for piece in request.stream():
            yield piece
    except ClientDisconnect:
        raise BrokenOff from None


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
    )
