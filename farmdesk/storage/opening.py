"""Makes a storage of what a person writes: a folder, a UNC path, or `smb://user@host/share/folder`."""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from farmdesk.domain.errors import Refused
from farmdesk.domain.text import quoted
from farmdesk.storage.folder import Folder

if TYPE_CHECKING:
    from farmdesk.storage.smb import SmbShare


class BadPlace(Refused):
    """What was written names no storage."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"{quoted(place)} names no storage. Write a folder with its full path, or "
            "smb://user@host/share/folder, without the password.",
            f"{quoted(place)} 不是存储地址。请填写文件夹的完整路径，"
            "或 smb://user@host/share/folder（不含密码）。",
        )


def open_storage(place: str, password: str) -> "Folder | SmbShare":
    """Give a storage, which connects when it is used. Raises BadPlace, without any password."""
    if "://" not in place:
        if not Path(place).is_absolute():
            raise BadPlace(place)
        return Folder(Path(place))
    try:
        return _smb_share(urlsplit(place), password)
    except ValueError:
        raise BadPlace(place.partition("@")[2]) from None


def _smb_share(url: SplitResult, password: str) -> "SmbShare":
    from farmdesk.storage.smb import PORT, SmbPlace, SmbShare  # slow to import, and seldom needed

    share, _, folder = unquote(url.path).strip("/").partition("/")
    good = url.scheme == "smb" and url.hostname and url.username and share
    if not good or url.password is not None or url.query or ".." in folder.split("/"):
        raise ValueError
    host, user = str(url.hostname), unquote(str(url.username))
    return SmbShare(SmbPlace(host, share, user, password, folder, url.port or PORT))
