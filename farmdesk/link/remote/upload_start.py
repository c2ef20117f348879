"""Which upload a package goes with: the one that the journal knows, or a new one."""

from typing import Protocol

from farmdesk.domain.errors import Refused
from farmdesk.domain.transfers import TransferState
from farmdesk.link.remote.patience import Patience, Paused
from farmdesk.link.remote.upload_journal import UploadJournal
from farmdesk.link.transfer_wire import UploadSeen
from farmdesk.link.wire import LoginNeeded


class StartDoor(Protocol):
    """The farm's pages for whole uploads. Every method may raise FarmUnavailable and Refused."""

    def begin(self, task_id: int) -> UploadSeen:
        """Begin an upload."""
        ...

    def of_task(self, task_id: int) -> UploadSeen:
        """Give a task's upload that has not ended. Raises Refused when there is none of mine."""
        ...

    def find(self, transfer: str) -> UploadSeen:
        """Give where an upload stands."""
        ...

    def cancel(self, transfer: str) -> UploadSeen:
        """End an upload."""
        ...


class OtherKeys(Refused):
    """The upload began with another version of the user's keys."""

    def __init__(self, version: int) -> None:
        self.version = version
        super().__init__(
            f"This upload began with version {version} of your keys. Log in with them, or cancel "
            "the upload and begin anew.",
            f"此上传是用您的第 {version} 版密钥开始的。请用该密钥登录，或取消上传后重新开始。",
        )


class UploadStart:
    """Goes on with an upload, or begins one; the journal knows it from then on."""

    def __init__(
        self, door: StartDoor, journal: UploadJournal, patience: Patience, *, key_version: int
    ) -> None:
        self._door = door
        self._journal = journal
        self._patience = patience
        self._key_version = key_version

    def take_up(self, task_id: int) -> UploadSeen:
        """Give the task's upload. Raises OtherKeys, and as the door does."""
        seen = self._known()
        if seen is None or seen.state is TransferState.CANCELLED:
            seen = self._begun(task_id)
            self._journal.begin(bytes.fromhex(seen.id), seen.key_version)
        if seen.state is TransferState.OPEN and seen.key_version != self._key_version:
            raise OtherKeys(seen.key_version)
        return seen

    def _known(self) -> UploadSeen | None:
        """Find what the journal knows; None where the farm, set up anew, knows nothing of it."""
        known = self._journal.upload()
        if known is None:
            return None
        transfer = known[0].hex()
        try:
            return self._patience.ask(lambda: self._door.find(transfer))
        except (Paused, LoginNeeded):
            raise
        except Refused:
            return None

    def _begun(self, task_id: int) -> UploadSeen:
        """Begin an upload, in the place of one that the farm was told nothing of.

        Such a one is left where the answer was lost, or whoever began it was killed: nobody knows
        of it, and it would keep the task for itself. Raises as the door does.
        """
        try:
            return self._patience.ask(lambda: self._door.begin(task_id))
        except Refused:
            left = self._open_one(task_id)
            if left is None or left.bytes_total:
                raise
        self._patience.ask(lambda: self._door.cancel(left.id))
        return self._begun(task_id)

    def _open_one(self, task_id: int) -> UploadSeen | None:
        try:
            seen = self._patience.ask(lambda: self._door.of_task(task_id))
        except Refused:
            return None
        return seen if seen.state is TransferState.OPEN else None
