"""Sends a scene package: sealed, over several connections, and goes on after whatever happened.

The order keeps every promise: the journal remembers what a segment holds before it leaves, the farm
notes a segment after it lies on its disk, and the manifest goes last. Asked what is missing, the
farm is right; so a broken line, a killed program or a new start of the server all end in the same
question.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Protocol

from farmdesk.domain.errors import FarmError, FarmUnavailable, Refused
from farmdesk.domain.transfers import UPLOAD_CONNECTIONS, TransferState
from farmdesk.link.remote.package_changes import PackageChanges
from farmdesk.link.remote.packing_list import PackingList
from farmdesk.link.remote.patience import PATIENCE_S, Patience, Paused
from farmdesk.link.remote.progress import Progress
from farmdesk.link.remote.run_sealer import FilesChanged, Run, RunSealer, cut_runs
from farmdesk.link.remote.source_files import SourceFile
from farmdesk.link.remote.upload_journal import NOTHING_KNOWN, PackageContents, UploadJournal
from farmdesk.link.remote.upload_start import StartDoor, UploadStart
from farmdesk.link.transfer_wire import FilesTold, Missing, UploadSeen
from farmdesk.security.content import DIGEST
from farmdesk.security.sealed import context
from farmdesk.security.sealed_files import seal_bytes
from farmdesk.security.user_keys import SealedUse, UserKeys

log = logging.getLogger(__name__)

_BEGINNINGS = 5  # of files that change while they are sent


class UploadDoor(StartDoor, Protocol):
    """The farm's pages for uploads, and for what is in them."""

    def tell_files(self, transfer: str, told: FilesTold) -> UploadSeen:
        """Tell which files will come."""
        ...

    def missing(self, transfer: str, first: int) -> Missing:
        """Give what has not arrived."""
        ...

    def send_run(self, transfer: str, first: int, body: Iterator[memoryview]) -> None:
        """Send segments, each piece before the next is asked for; raises what `body` raises."""
        ...

    def send_manifest(self, transfer: str, sealed: bytes) -> UploadSeen:
        """Send the sealed manifest: the upload is whole."""
        ...


class KeepsChanging(Refused):
    """Files changed each time that they were sent."""

    def __init__(self) -> None:
        super().__init__(
            "Files change while they are sent. End the programs that write to them, then resume.",
            "文件在发送过程中不断变化。请结束写入它们的程序，然后继续上传。",
        )


class Upload:
    """One package on its way. Whoever sets `pause` pauses it.

    `previous`: what the previous version's package holds; `tell`: is called, from the thread that
    sends, with what changed in the folder while the upload was interrupted, if anything has.
    """

    def __init__(
        self,
        door: UploadDoor,
        journal: UploadJournal,
        keys: UserKeys,
        *,
        previous: PackageContents = NOTHING_KNOWN,
        progress: Progress | None = None,
        pause: threading.Event | None = None,
        connections: int = UPLOAD_CONNECTIONS,
        patience_s: float = PATIENCE_S,
        tell: Callable[[PackageChanges], None] | None = None,
    ) -> None:
        self._door = door
        self._journal = journal
        self._keys = keys
        self._packing = PackingList(journal, previous)
        self._progress = progress or Progress()
        self._pause = pause or threading.Event()
        self._connections = connections
        self._patience = Patience(self._pause, self._progress, patience_s)
        self._start = UploadStart(door, journal, self._patience, key_version=keys.version)
        self._tell = tell
        self._transfer = ""

    def send(self, task_id: int, scan: Callable[[], Sequence[SourceFile]]) -> UploadSeen:
        """Send what `scan` finds as a task's package, and give how the upload stands then.

        Raises Paused, KeepsChanging, OtherKeys, FarmUnavailable when patience ends, and Refused as
        the farm or `scan` says.
        """
        seen = self._start.take_up(task_id)
        self._transfer = seen.id
        for beginning in range(_BEGINNINGS):
            if seen.state is not TransferState.OPEN:
                return self._ended(seen)
            sources = {source.name: source for source in scan()}
            changes = self._packing.changes(sources) if beginning == 0 else None
            if changes and self._tell is not None:
                self._tell(changes)
            self._tell_files(sources)
            try:
                self._send_segments({name: source.path for name, source in sources.items()})
            except FilesChanged as error:
                log.info("task %s: files %s begin anew", task_id, sorted(error.numbers))
                self._journal.drop(error.numbers)
                continue
            if all(source.is_as_before() for source in sources.values()):
                manifest = self._sealed_manifest()
                return self._ended(self._patience.ask(partial(self._complete, manifest)))
        raise KeepsChanging

    def _tell_files(self, sources: Mapping[str, SourceFile]) -> None:
        """Pack what there is now, and tell the farm."""
        self._packing.pack(sources)
        for told in self._packing.told():
            self._patience.ask(partial(self._door.tell_files, self._transfer, told))

    def _send_segments(self, paths: Mapping[str, Path]) -> None:
        """Send until the farm misses nothing. Raises FilesChanged, Paused, FarmUnavailable."""
        key = self._keys.key_for(SealedUse.UPLOAD)
        sealer = RunSealer(self._journal, paths, key=key, key_version=self._keys.version)
        row, files = self._journal.row, self._journal.files()
        total = sum(row.sizes[number] for number in files)
        lacking = total + 1
        while ranges := self._missing():
            before, lacking = lacking, sum(row.place(n).length for r in ranges for n in range(*r))
            if lacking < before:  # also by a run that broke off
                self._patience.went_on()
            self._progress.start(total - lacking, total)
            self._send_runs(sealer, list(cut_runs(ranges, row)))
        self._progress.start(total, total)

    def _missing(self) -> list[tuple[int, int]]:
        ranges, more = list[tuple[int, int]](), True
        while more:
            first = ranges[-1][1] if ranges else 0
            answer = self._patience.ask(partial(self._door.missing, self._transfer, first))
            ranges += answer.ranges
            more = answer.more
        return ranges

    def _send_runs(self, sealer: RunSealer, runs: Sequence[Run]) -> None:
        """Send runs over several connections, until all are sent or one fails."""
        turns = iter(runs)  # shared: `next` on it is one step
        failed = list[FarmError]()

        def send() -> None:
            for run in turns:
                if failed:
                    return
                with closing(sealer.body(run)) as body:
                    try:
                        self._door.send_run(self._transfer, run.first, self._watched(body))
                    except FarmError as error:
                        failed.append(error)
                    else:
                        self._patience.went_on()

        with ThreadPoolExecutor(self._connections, thread_name_prefix="upload") as pool:
            sending = [pool.submit(send) for _ in range(min(self._connections, len(runs)))]
        for one in sending:
            one.result()
        try:
            self._judge(failed)
        finally:
            failed.clear()  # an error, by its traceback, keeps its run's memory, and itself by this

    def _judge(self, failed: Sequence[FarmError]) -> None:
        """Raise what no further try can mend; wait for what one may."""
        for error in failed:
            if not isinstance(error, FarmUnavailable):
                raise error
        for error in failed[:1]:
            if isinstance(error, FarmUnavailable):
                self._patience.failed(error)

    def _watched(self, body: Iterator[memoryview]) -> Iterator[memoryview]:
        """Count what leaves, and stop when somebody pauses."""
        for piece in body:
            if self._pause.is_set():
                raise Paused
            yield piece
            self._progress.add(len(piece) - DIGEST)

    def _ended(self, seen: UploadSeen) -> UploadSeen:
        if seen.state in (TransferState.COMPLETE, TransferState.TAKEN_IN):
            self._journal.set_whole()
        return seen

    def _complete(self, sealed_manifest: bytes) -> UploadSeen:
        """Hand the package over; the answer of an earlier try may have been lost."""
        try:
            return self._door.send_manifest(self._transfer, sealed_manifest)
        except Refused:
            seen = self._door.find(self._transfer)
            if seen.state is TransferState.OPEN:
                raise
            return seen

    def _sealed_manifest(self) -> bytes:
        """Seal what the package holds."""
        transfer, version = bytes.fromhex(self._transfer), self._keys.version
        content = self._packing.manifest(transfer).to_bytes()
        place = context(SealedUse.MANIFEST, transfer, 0, version)
        return seal_bytes(content, key=self._keys.key_for(SealedUse.MANIFEST), context=place)
