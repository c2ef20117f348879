"""Hands frames in from this machine: sealed on their way, and answered by the farm frame by frame.

They travel as a package does (`upload`), and go on after whatever happened; then the farm's answer
is awaited, also by a later program.
"""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.domain.records import FrameRecord
from farmdesk.domain.rows import CommandRow
from farmdesk.domain.states import FrameState
from farmdesk.domain.transfers import UPLOAD_CONNECTIONS, TransferKind
from farmdesk.link.remote.link import RemoteLink
from farmdesk.link.remote.patience import PATIENCE_S, Patience, Paused
from farmdesk.link.remote.progress import Progress
from farmdesk.link.remote.session import RemoteSession
from farmdesk.link.remote.source_files import NothingToHandIn, frame_files
from farmdesk.link.remote.transfer_door import TransferDoor
from farmdesk.link.remote.upload import Upload
from farmdesk.link.remote.upload_journal import UploadJournal
from farmdesk.link.transfer_wire import UploadSeen, UploadWanted
from farmdesk.link.wire import to_json
from farmdesk.security.user_keys import UserKeys

POLL_S = 0.5


class BeingTaken(FarmUnavailable):
    """Nothing moves on the line: the farm works."""

    def __init__(self) -> None:
        super().__init__(
            "The frames have arrived; the farm opens and checks them.",
            "帧已送达，农场正在打开并校验。",
        )


class FramesDoor(TransferDoor):
    """The farm's pages for uploads, for one that brings frames. Safe between threads."""

    def begin(self, task_id: int) -> UploadSeen:
        """Begin an upload; logs in anew where the login is not fresh."""
        return self._seen("POST", "/transfers", to_json(UploadWanted(task_id, TransferKind.FRAMES)))


class FramesByHand:
    """One hand-in. Whoever sets `pause` pauses it. `journal`: of this task's hand-ins alone."""

    def __init__(
        self,
        session: RemoteSession,
        journal: UploadJournal,
        keys: UserKeys,
        *,
        progress: Progress | None = None,
        pause: threading.Event | None = None,
        connections: int = UPLOAD_CONNECTIONS,
    ) -> None:
        self._door = FramesDoor(session)
        self._link = RemoteLink(session)
        self._journal = journal
        self._keys = keys
        self._progress = progress or Progress()
        self._pause = pause or threading.Event()
        self._upload = Upload(
            self._door,
            journal,
            keys,
            progress=self._progress,
            pause=self._pause,
            connections=connections,
        )

    def send(self, task_id: int, folder: Path, tell: Callable[[CommandRow], None]) -> None:
        """Send a folder's own files, and tell the farm's answer when it has taken what is good.

        Before it the answer to what an earlier program has sent whole, if nobody was told. Files
        that are named like proven frames stay here: those are never replaced. Raises as
        `Upload.send` and `frame_files`.
        """
        answered = self._answer_earlier(tell)
        proven = self._proven(task_id)
        try:
            if self._journal.upload() is None:
                frame_files(folder, proven)  # nothing is begun for nothing
            seen = self._upload.send(task_id, lambda: frame_files(folder, proven))
        except NothingToHandIn:
            if answered:
                return
            raise
        if seen.command is None:
            raise Refused(seen.reason, seen.reason_zh)
        self._answer(seen.command, tell)

    def _answer_earlier(self, tell: Callable[[CommandRow], None]) -> bool:
        known = self._journal.upload()
        if known is None:
            return False
        seen = self._patience().ask(partial(self._door.find, known[0].hex()))
        if seen.command is not None:
            self._answer(seen.command, tell)
        return seen.command is not None

    def _proven(self, task_id: int) -> set[str]:
        """Give the names of the frames that the farm has, proven."""
        patience, since = self._patience(), 0
        last = dict[int, FrameRecord]()  # attempt of each frame
        while rows := patience.ask(partial(self._link.frames, task_id, since)):
            last |= {row.record.frame: row.record for row in rows}
            since = rows[-1].rev
        return {record.path for record in last.values() if record.state is FrameState.DONE}

    def _answer(self, command: int, tell: Callable[[CommandRow], None]) -> None:
        """Wait for the answer, as long as it takes; then the journal has served. Raises Paused."""
        patience = self._patience()
        self._progress.say(BeingTaken())
        while (row := patience.ask(partial(self._link.outcome, command))).applied is None:
            if self._pause.wait(POLL_S):
                raise Paused
        tell(row)
        self._journal.forget()

    def _patience(self) -> Patience:
        return Patience(self._pause, self._progress, PATIENCE_S)
