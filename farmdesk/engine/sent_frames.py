"""Frames that came sealed from an operator's machine: opened for as long as they are taken.

Nothing is noted of how far that came: until its command is answered, the upload lies in the inbox,
and an engine's successor opens it again. Frames that are taken already stay as they are; when the
upload has ended meanwhile, as its sender was suspended, no more are taken.
"""

import logging
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.domain.transfers import Transfer, TransferKind, TransferState
from farmdesk.engine.hand_ins import HandIn
from farmdesk.engine.open_package import Opened
from farmdesk.engine.unsealer import Unsealer

log = logging.getLogger(__name__)

RETRY_S = 30.0  # after the world failed: a full disk, a database that is away

StillAllowed = Callable[[], object]
"""Asked before each frame gets its name. Raises Refused when no more are to be taken."""


class SentFrames:
    """Opens what was sent. `unsealer` None: this farm has no accounts, so nothing comes."""

    def __init__(
        self, unsealer: Unsealer | None, wait: Callable[[float], None] = time.sleep
    ) -> None:
        self._unsealer = unsealer
        self._wait = wait

    @contextmanager
    def opened(self, order: HandIn) -> Iterator[StillAllowed]:
        """Let the frames lie open in the order's folder. Raises Refused.

        Where the world failed it is tried again, as long as it takes: nobody shall send them twice.
        """
        if self._unsealer is None:
            raise Refused(
                "This farm has no accounts, so nothing can be sent to it. Name a folder that its "
                "server sees.",
                "本渲染农场没有帐号，无法接收上传。请指定其服务器可见的文件夹。",
            )
        try:
            while (opened := self._open(self._unsealer, order)).again:
                self._rest(order, opened.en)
            if opened.en:
                raise Refused(opened.en, opened.zh)
            yield partial(self._check_sent, self._unsealer, order)
        finally:
            shutil.rmtree(order.folder, ignore_errors=True)

    def _check_sent(self, unsealer: Unsealer, order: HandIn) -> None:
        transfer = self._find(unsealer, order)
        if transfer.state is not TransferState.COMPLETE:
            raise Refused(
                f"The upload has ended before all its frames were taken. {transfer.reason}",
                f"上传在其所有帧被接收之前已结束。{transfer.reason_zh}",
            )

    def _find(self, unsealer: Unsealer, order: HandIn) -> Transfer:
        while True:
            try:
                return unsealer.find(order.transfer, order.task_id, TransferKind.FRAMES)
            except FarmUnavailable as error:
                self._rest(order, error.en)

    def _rest(self, order: HandIn, why: str) -> None:
        log.warning("task %s: frames by hand: %s", order.task_id, why)
        self._wait(RETRY_S)

    def _open(self, unsealer: Unsealer, order: HandIn) -> Opened:
        try:
            transfer = unsealer.find(order.transfer, order.task_id, TransferKind.FRAMES)
            return unsealer.open(transfer, order.folder)
        except FarmUnavailable as error:
            return Opened(error.en, error.zh, again=True)
