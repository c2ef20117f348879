"""Opens scene packages beside the loop, a thread for each."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from farmdesk.domain.errors import FarmError, FarmUnavailable
from farmdesk.domain.transfers import TransferKind, TransferState
from farmdesk.engine.intake import Package
from farmdesk.engine.open_package import Opened
from farmdesk.engine.posts import PackageOpened
from farmdesk.engine.unsealer import Unsealer
from farmdesk.engine.workspace import Workspace

log = logging.getLogger(__name__)


class Opener:
    """Opens packages beside the loop, and posts how each one ended."""

    def __init__(
        self, unsealer: Unsealer, workspace: Workspace, post: Callable[[PackageOpened], None]
    ) -> None:
        self._unsealer = unsealer
        self._workspace = workspace
        self._post = post

    def begin(self, package: Package) -> None:
        """Begin and return at once."""
        name = f"package {package.task_id}"
        threading.Thread(target=self._run, args=(package,), name=name, daemon=True).start()

    def _run(self, package: Package) -> None:
        try:
            opened = self._open(package)
        except FarmUnavailable as error:
            opened = Opened(error.en, error.zh, again=True)
        except FarmError as error:
            opened = Opened(error.en, error.zh)
        except Exception:  # the top of a thread: the loop must hear of every end
            log.exception("task %s: its package could not be opened", package.task_id)
            opened = Opened(
                "The package could not be opened because of a fault of the farm; see its log.",
                "由于渲染农场自身的错误，无法打开场景包；请查看其日志。",
                again=True,
            )
        self._post(PackageOpened(package.task_id, opened.en, opened.zh, opened.again))

    def _open(self, package: Package) -> Opened:
        """Open a package, end its upload, and empty its inbox: each step may be done again."""
        transfer = self._unsealer.find(package.transfer, package.task_id, TransferKind.PACKAGE)
        if transfer.state is TransferState.TAKEN_IN:  # an engine was killed just after it
            return Opened()
        if transfer.state is TransferState.REFUSED:
            return Opened(transfer.reason, transfer.reason_zh)
        scene, previous = self._workspace.scene(package.task_id), package.previous_task
        opened = self._unsealer.open(
            transfer,
            scene,
            scene=Path(package.scene).relative_to(scene).as_posix(),
            previous="" if previous is None else str(self._workspace.scene(previous)),
        )
        if opened.again or self._unsealer.end(transfer, opened):
            return opened
        return self._open(package)  # its owner was suspended meanwhile: that says so
