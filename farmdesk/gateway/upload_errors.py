"""What may be wrong with an upload, in sentences for its owner."""

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.domain.said import UNSAID, Said
from farmdesk.domain.state_words import TRANSFER_STATES
from farmdesk.domain.text import size_text
from farmdesk.domain.transfers import Room, Transfer
from farmdesk.gateway.arrivals import Arrivals
from farmdesk.link.wire import LoginNeeded

log = logging.getLogger(__name__)

_FULL = (errno.ENOSPC, errno.EDQUOT)


class NoUpload(Refused):
    """There is no such upload, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__("You have no such upload.", "您没有这个上传。")


class UploadEnded(Refused):
    """An upload that takes nothing more."""

    def __init__(self, transfer: Transfer) -> None:
        self.transfer = transfer
        en, zh, state = transfer.reason, transfer.reason_zh, TRANSFER_STATES[transfer.state]
        super().__init__(
            f"The upload has ended ({state.en.lower()}). {en}".rstrip(),
            f"该上传已结束（{state.zh}）。{zh}",
        )


class StaleLogin(LoginNeeded):
    """A transfer begins with a fresh login."""

    def __init__(self) -> None:
        super().__init__(
            "A transfer begins with a fresh login. Log in again, then go on.",
            "传输前须重新登录。请重新登录后继续。",
        )


class OverQuota(Refused):
    """More than its owner may have in the inbox: with his other packages, or by itself."""

    def __init__(self, package: int, others: int, quota: int) -> None:
        self.package, self.others, self.quota = package, others, quota
        size, most = size_text(package), size_text(quota)
        en = f"This package takes {size}; your quota is {most}. Ask the render staff for more."
        zh = f"该场景包需 {size}，而您的配额为 {most}。请联系渲染人员提高配额。"
        if package <= quota:
            rest = size_text(others)
            en = (
                f"This package takes {size}, your other ones {rest}; your quota is {most}. Wait "
                "until one of them was taken in, or ask the render staff for more."
            )
            zh = (
                f"该场景包需 {size}，您的其他场景包占 {rest}，而配额为 {most}。"
                "请等待其中之一被接收，或联系渲染人员提高配额。"
            )
        super().__init__(en, zh)


class InboxFull(FarmUnavailable):
    """The farm's disk has no room for more; what has arrived stays. `room`: of the upload."""

    def __init__(self, room: Room | None) -> None:
        self.room = room
        sizes = UNSAID if room is None else Said(": ", "：") + room.said()
        super().__init__(
            f"The farm's storage is full{sizes.en}. What has arrived is kept; ask the render staff "
            "to make room, and the upload goes on.",
            f"农场存储已满{sizes.zh}。已送达的内容会保留；请联系渲染人员腾出空间，上传随后会继续。",
        )


class NotWhole(Refused):
    """A manifest came before everything else was here."""

    def __init__(self) -> None:
        super().__init__(
            "Parts of the package are still missing. Send them first.",
            "场景包仍有部分未送达。请先发送缺少的部分。",
        )


@contextmanager
def told_if_full(arrivals: Arrivals | None = None) -> Iterator[None]:
    """Tell what the storage said in a sentence for the client. Raises FarmUnavailable.

    `arrivals`: of the upload that it was said to, if there is one already.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            log.warning("the inbox is full: %s", error.strerror)
            raise InboxFull(None if arrivals is None else arrivals.room()) from error
        log.exception("the inbox cannot be written")
        raise FarmUnavailable(
            "The farm's storage cannot be written now. What has arrived is kept; try again later.",
            "农场存储暂时无法写入。已送达的内容会保留；请稍后重试。",
        ) from error
