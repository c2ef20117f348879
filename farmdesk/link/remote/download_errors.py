"""What may go wrong where files are fetched, in sentences for who asked for them."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.domain.said import UNSAID, Said
from farmdesk.domain.sizes import size_text
from farmdesk.domain.system_words import why_system
from farmdesk.domain.text import quoted
from farmdesk.domain.transfers import Room

_FULL = (errno.ENOSPC, errno.EDQUOT)


class BadListing(Refused):
    """A name that no file here may bear: the farm is not what it should be."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"The farm calls a file {quoted(name)}; no file here may bear such a name. Nothing "
            "was fetched. Tell the render staff.",
            f"农场将某个文件命名为 {quoted(name)}；本机不允许使用这样的文件名。"
            "未下载任何内容。请告知渲染人员。",
        )


class DamagedFile(Refused):
    """A segment that does not open."""

    def __init__(self, name: str, segment: int) -> None:
        self.name, self.segment = name, segment
        super().__init__(
            f"{quoted(name)}: segment {segment} does not open. It was damaged or swapped on its "
            "way, or sealed with another key. Fetch it again; if that does not help, tell the "
            "render staff.",
            f"{quoted(name)}：数据段 {segment} 无法打开。它在传输中损坏或被替换，"
            "或由其他密钥封装。请重新下载；如仍无效，请告知渲染人员。",
        )


class CutOff(FarmUnavailable):
    """An answer that ended too early, or did not end."""

    def __init__(self) -> None:
        super().__init__("The line broke; it is tried again.", "连接中断，正在重试。")


class DiskFull(Refused):
    """No room on this machine for what comes. `room`: of the fetch; None: nobody has looked."""

    def __init__(self, folder: Path, room: Room | None = None) -> None:
        self.folder, self.room = folder, room
        sizes, lacking, lacking_zh = UNSAID, "", ""
        if room is not None:
            sizes = Said(": ", "：") + room.said()
            size = size_text(room.coming - room.free)
            lacking, lacking_zh = f" for {size} more", f" {size} "
        super().__init__(
            f"The disk of {folder} is full{sizes.en}. Make room{lacking}, then fetch again: what "
            "has come is kept, and no file is there by half.",
            f"{folder} 所在磁盘已满{sizes.zh}。请腾出{lacking_zh}空间后重新下载："
            "已下载的内容会保留，不会出现不完整的文件。",
        )


class NotWritable(Refused):
    """A folder that nothing can be written to."""

    def __init__(self, folder: Path, error: OSError) -> None:
        self.folder = folder
        why = why_system(error)
        super().__init__(
            f"Nothing can be written to {folder} ({why.en}). Choose another folder, or let it be "
            "writable.",
            f"无法写入 {folder}（{why.zh}）。请选择其他文件夹或开放写权限。",
        )


@contextmanager
def told_of_disk(folder: Path) -> Iterator[None]:
    """Tell what this machine's disk said. Raises DiskFull or NotWritable."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull(folder) from error
        raise NotWritable(folder, error) from error
