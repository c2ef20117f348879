"""Frames that came sealed from an operator's machine: opened for as long as they are taken.

Nothing is noted of how far that came: until its command is answered, the upload lies in the inbox,
and an engine's successor opens it again. Frames that are taken already stay as they are.
"""

import logging
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.domain.transfers import TransferKind
from farmdesk.engine.hand_ins import HandIn
from farmdesk.engine.open_package import Opened
from farmdesk.engine.unsealer import Unsealer

log = logging.getLogger(__name__)

RETRY_S = 30.0  # after the world failed: a full disk, a database that is away


class SentFrames:
    """Opens what was sent. `unsealer` None: this farm has no accounts, so nothing comes."""

    def __init__(
        self, unsealer: Unsealer | None, wait: Callable[[float], None] = time.sleep
    ) -> None:
        self._unsealer = unsealer
        self._wait = wait

    @contextmanager
    def opened(self, order: HandIn) -> Iterator[None]:
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
                log.warning("task %s: frames by hand: %s", order.task_id, opened.en)
                self._wait(RETRY_S)
            if opened.en:
                raise Refused(opened.en, opened.zh)
            yield
        finally:
            shutil.rmtree(order.folder, ignore_errors=True)

    def _open(self, unsealer: Unsealer, order: HandIn) -> Opened:
        try:
            transfer = unsealer.find(order.transfer, order.task_id, TransferKind.FRAMES)
            return unsealer.open(transfer, order.folder)
        except FarmUnavailable as error:
            return Opened(error.en, error.zh, again=True)
