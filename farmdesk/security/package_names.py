"""Names inside packages: they come from outside, and must mean the same file on every machine.

A name is a path with `/` between its parts. Refused is what leaves the package, what Windows reads
as something else (https://learn.microsoft.com/windows/win32/fileio/naming-a-file), and what a
person or a file system cannot tell from another name of the package.
"""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from unicodedata import category, normalize

from farmdesk.domain.errors import Refused
from farmdesk.domain.text import quoted

MAX_NAME = 1024  # bytes in UTF-8
MAX_PART = 255  # bytes in UTF-8, and so UTF-16 units as well: the limits of ext4 and NTFS
MAX_PARTS = 64  # of a name: whoever walks a package has so many folders open at once
MAX_FOLDERS = 100_000  # of a package: names are short, but a folder for each of their parts is not

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"\\|?*]')
_UNFIT = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control, format, surrogate, line and paragraph breaks
_JOINERS = "\u200c\u200d"  # hidden marks that some scripts cannot be written without
_RESERVED = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³])", re.IGNORECASE)


class BadName(Refused):
    """A name that no package may hold."""

    def __init__(self, name: str, en: str, zh: str) -> None:
        self.name = name
        super().__init__(
            f"The package cannot hold {quoted(name)}: {en}. Rename it and send the package again.",
            f"场景包不能包含 {quoted(name)}：{zh}。请改名后重新上传。",
        )


class TooManyFolders(Refused):
    """Names that lie in more folders together than a machine should make, or remember."""

    def __init__(self) -> None:
        super().__init__(
            f"The package has more than {MAX_FOLDERS} folders. Pack many small ones into one file.",
            f"场景包中的文件夹超过 {MAX_FOLDERS} 个。请把大量小文件夹打包成一个文件。",
        )


def checked_name(name: str) -> PurePosixPath:
    """Give the path of a name that is safe on every system. Raises BadName."""
    if len(name) > MAX_NAME or len(name.encode(errors="surrogatepass")) > MAX_NAME:
        raise BadName(name, f"it is longer than {MAX_NAME} bytes", f"名称超过 {MAX_NAME} 字节")
    if _FORBIDDEN.search(name) or not (name.isascii() or all(map(_is_fit, name))):
        raise BadName(
            name,
            'it has a hidden character or one of < > : " \\ | ? *',
            '其中含有不可见字符，或 < > : " \\ | ? * 之一',
        )
    parts = name.split("/")
    if not {"", ".", ".."}.isdisjoint(parts):
        raise BadName(name, "it is no plain path inside the package", "它不是包内的普通路径")
    if len(parts) > MAX_PARTS:
        raise BadName(
            name,
            f"it lies in {MAX_PARTS} folders or more",
            f"它位于 {MAX_PARTS} 层或更多层文件夹中",
        )
    for part in parts:
        _check_part(name, part)
    return PurePosixPath(name)


def _check_part(name: str, part: str) -> None:
    if part[-1] in " ." or part[0] == " ":
        raise BadName(
            name,
            "a part begins or ends with a blank, or ends with a dot",
            "其中一段以空格开头或结尾，或以点结尾",
        )
    if len(part.encode()) > MAX_PART:
        raise BadName(
            name, f"a part is longer than {MAX_PART} bytes", f"其中一段超过 {MAX_PART} 字节"
        )
    if _RESERVED.fullmatch(part.partition(".")[0].rstrip(" ")):
        raise BadName(name, "Windows reads it as a device", "Windows 会把它当作设备")


def _is_fit(character: str) -> bool:
    kind = category(character)
    return kind not in _UNFIT or character in _JOINERS


class NamesTogether:
    """Names of one package, of which no two meet on any file system.

    They meet where they are the same but for case or composed letters, and where one is a file in
    the place of another one's folder.
    """

    def __init__(self) -> None:
        self._files = dict[str, str]()  # by what each has in common with those that it meets
        self._folders = dict[str, str]()  # that these lie in, with one that does

    def add(self, name: str) -> None:
        """Take a name in. Raises BadName, TooManyFolders."""
        key = _folded(name)
        folders = [key[:end] for end, letter in enumerate(key) if letter == "/"]
        places = (self._files, key), (self._folders, key), *((self._files, one) for one in folders)
        for taken, place in places:
            if place in taken:
                raise BadName(
                    name,
                    f"some systems take it and {quoted(taken[place])} for the same",
                    f"某些系统会把它与 {quoted(taken[place])} 视为同一个",
                )
        self._files[key] = name
        self._folders |= dict.fromkeys(folders, name)
        if len(self._folders) > MAX_FOLDERS:
            raise TooManyFolders


def check_together(names: Iterable[str]) -> None:
    """See that no two of a package's names meet on any file system.

    Raises BadName, TooManyFolders.
    """
    together = NamesTogether()
    for name in names:
        together.add(name)


def _folded(name: str) -> str:
    """Give what names share that some file system takes for the same.

    Letter by letter, as NTFS does it; composed and decomposed letters are one, as on macOS.
    """
    composed = normalize("NFC", name)
    raised = "".join(up if len(up := c.upper()) == 1 else c for c in composed)
    return normalize("NFC", raised)
