"""Hands frames in from this machine: sealed on their way, and answered by the farm frame by frame.

They travel as a package does (`upload`), and go on after whatever happened; then the farm's answer
is awaited, also by a later program.
"""

import threading
from functools import partial
from pathlib import Path

from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.domain.records import FrameRecord
from farmdesk.domain.rows import CommandRow
from farmdesk.domain.states import FrameState
from farmdesk.domain.transfers import TransferKind
from farmdesk.link.remote.link import RemoteLink
from farmdesk.link.remote.patience import PATIENCE_S, Patience, Paused
from farmdesk.link.remote.progress import Progress
from farmdesk.link.remote.session import RemoteSession
from farmdesk.link.remote.source_files import frame_files
from farmdesk.link.remote.transfer_door import TransferDoor
from farmdesk.link.remote.upload import CONNECTIONS, Upload
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
        connections: int = CONNECTIONS,
    ) -> None:
        self._link = RemoteLink(session)
        self._journal = journal
        self._keys = keys
        self._progress = progress or Progress()
        self._pause = pause or threading.Event()
        self._upload = Upload(
            FramesDoor(session),
            journal,
            keys,
            progress=self._progress,
            pause=self._pause,
            connections=connections,
        )

    def send(self, task_id: int, folder: Path) -> CommandRow:
        """Send a folder's own files, and give the farm's answer when it has taken what is good.

        Files that are named like proven frames stay here: those are never replaced. What an
        earlier program has sent whole is answered first. Raises as `Upload.send` and `frame_files`.
        """
        proven = self._proven(task_id)
        if self._journal.upload() is None:
            frame_files(folder, proven)  # nothing is begun for nothing
        seen = self._upload.send(task_id, lambda: frame_files(folder, proven))
        if seen.command is None:
            raise Refused(seen.reason, seen.reason_zh)
        return self._answer(seen.command)

    def _proven(self, task_id: int) -> set[str]:
        """Give the names of the frames that the farm has, proven."""
        patience, since = self._patience(), 0
        last = dict[int, FrameRecord]()  # attempt of each frame
        while rows := patience.ask(partial(self._link.frames, task_id, since)):
            last |= {row.record.frame: row.record for row in rows}
            since = rows[-1].rev
        return {record.path for record in last.values() if record.state is FrameState.DONE}

    def _answer(self, command: int) -> CommandRow:
        """Wait for the answer, as long as it takes. Raises Paused."""
        patience = self._patience()
        self._progress.say(BeingTaken())
        while True:
            row = patience.ask(lambda: self._link.outcome(command))
            if row.applied is not None:
                return row
            if self._pause.wait(POLL_S):
                raise Paused

    def _patience(self) -> Patience:
        return Patience(self._pause, self._progress, PATIENCE_S)
