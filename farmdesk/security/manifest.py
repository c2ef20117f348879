"""The manifest of a package: which files it has, how long they are, and what is in them.

It travels sealed like every file, last of all, and is what a package is held to. JSON lines: the
first one counts the rest, so that a hostile manifest is refused before it is read.

    {"format": "farmdesk-manifest-1", "transfer": "<32 hex digits>", "files": 2, "bytes": 1234}
    {"name": "a/b.exr", "size": 1200, "mtime_ns": 1, "digest": "<64 hex digits>", "file": 0}
    {"name": "c.bin", "size": 34, "mtime_ns": 2, "digest": "<64 hex digits>", "same_as": "b.bin"}

`file` is a sealed file's number in the transfer; `same_as` names a file of the previous version's
package that has the same bytes and did not travel again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from farmdesk.domain.errors import Refused
from farmdesk.security.content import DIGEST
from farmdesk.security.package_names import check_together, checked_name
from farmdesk.security.sealed import MAX_SIZE, SegmentPlan

FORMAT = "farmdesk-manifest-1"
MAX_FILES = 100_000
MAX_BYTES = 64 << 20  # of the manifest itself
MAX_LINE = 8192  # two names of 1,024 bytes, escaped, and the numbers
MAX_TOTAL = 1 << 50  # bytes of a package
MAX_NUMBER = (1 << 31) - 1  # of a sealed file: one that begins anew takes the next number
_MAX_MTIME_NS = (1 << 63) - 1


class BadManifest(Refused):
    """A manifest that a package cannot be held to, or a package that its manifest belies."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(
            f"The package's manifest cannot be used: {en}. Send the package again.",
            f"场景包的清单无法使用：{zh}。请重新上传场景包。",
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a package: it travelled as sealed file `file`, or is `same_as` an older one."""

    name: str  # checked: see `package_names`
    size: int  # bytes
    mtime_ns: int
    digest: bytes  # see `content`
    file: int | None = None
    same_as: str | None = None

    def line(self) -> str:
        """Give its line of the manifest."""
        fields: dict[str, Any] = {"name": self.name, "size": self.size, "mtime_ns": self.mtime_ns}
        fields["digest"] = self.digest.hex()
        if self.file is not None:
            fields["file"] = self.file
        if self.same_as is not None:
            fields["same_as"] = self.same_as
        return json.dumps(fields)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files of one transfer's package."""

    transfer: bytes  # its id, 16 bytes
    entries: Sequence[Entry]

    @property
    def total_bytes(self) -> int:
        """Bytes of the whole package, opened."""
        return sum(entry.size for entry in self.entries)

    def to_bytes(self) -> bytes:
        """Write it. Raises BadManifest or BadName if `parse` would not take it."""
        head = {
            "format": FORMAT,
            "transfer": self.transfer.hex(),
            "files": len(self.entries),
            "bytes": self.total_bytes,
        }
        _check_head(head["files"], head["bytes"])
        _check_entries(self.entries)
        lines = [json.dumps(head), *(entry.line() for entry in self.entries)]
        return "\n".join(lines).encode() + b"\n"

    @classmethod
    def parse(cls, content: bytes, *, transfer: bytes) -> "Manifest":
        """Read one of this transfer. Raises BadManifest or BadName."""
        if len(content) > MAX_BYTES:
            raise BadManifest(f"it has more than {MAX_BYTES} bytes", f"超过 {MAX_BYTES} 字节")
        head = _object(content[: content.find(b"\n")], {"format", "transfer", "files", "bytes"})
        files, total = head["files"], head["bytes"]
        _check_head(files, total)
        if head["format"] != FORMAT or head["transfer"] != transfer.hex():
            raise BadManifest("it belongs to another transfer", "它属于另一次传输")
        if content.count(b"\n") != files + 1 or not content.endswith(b"\n"):
            raise BadManifest("it is not whole", "内容不完整")
        manifest = cls(transfer, tuple(map(_entry, content.split(b"\n")[1:-1])))
        if manifest.total_bytes != total:
            raise BadManifest("its sizes do not add up", "各文件大小之和不符")
        _check_entries(manifest.entries)
        return manifest

    def check_arrived(self, sealed_sizes: Mapping[int, int]) -> None:
        """Hold what has arrived, bytes by file number, to the manifest. Raises BadManifest."""
        named = {entry.file: entry.size for entry in self.entries if entry.file is not None}
        if named.keys() != sealed_sizes.keys():
            raise BadManifest("it names other files than have arrived", "清单与送达的文件不一致")
        for file, size in named.items():
            if SegmentPlan(size).sealed_size != sealed_sizes[file]:
                raise BadManifest(
                    f"file {file} is not as long as it says", f"文件 {file} 的长度与清单不符"
                )


def _check_head(files: object, total: object) -> None:
    """Refuse by the first line alone what would take too much time or memory."""
    if not (_is_whole(files, MAX_FILES) and _is_whole(total, MAX_TOTAL)):
        raise BadManifest(
            f"a package may have {MAX_FILES} files and {MAX_TOTAL >> 40} TiB; pack many small "
            "files into one",
            f"场景包最多 {MAX_FILES} 个文件、{MAX_TOTAL >> 40} TiB；请把大量小文件合并",
        )


def _entry(line: bytes) -> Entry:
    fields = _object(line, {"name", "size", "mtime_ns", "digest"}, {"file", "same_as"})
    file, same_as = fields.get("file"), fields.get("same_as")
    numbers = _is_whole(fields["size"], MAX_SIZE) and _is_whole(fields["mtime_ns"], _MAX_MTIME_NS)
    texts = isinstance(fields["name"], str) and isinstance(same_as, str | None)
    if not (numbers and texts and (file is None or _is_whole(file, MAX_NUMBER))):
        raise _not_an_entry()
    return Entry(**(fields | {"digest": _digest(fields["digest"])}))


def _check_entries(entries: Sequence[Entry]) -> None:
    """Check names, and that each file's bytes come from one place."""
    files = [entry.file for entry in entries if entry.file is not None]
    if len(set(files)) != len(files):
        raise BadManifest("it names one sealed file twice", "同一封装文件被列出两次")
    for entry in entries:
        checked_name(entry.name)
        if entry.same_as is not None:
            checked_name(entry.same_as)
        if (entry.file is None) is (entry.same_as is None):
            raise BadManifest(
                "a file comes from nowhere, or from two places", "某文件没有来源或有两个来源"
            )
    check_together(entry.name for entry in entries)


def _object(line: bytes, needed: set[str], allowed: frozenset[str] | set[str] = frozenset()) -> Any:
    """Read one line that has these fields. Raises BadManifest."""
    if len(line) > MAX_LINE:
        raise _not_an_entry()
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        raise _not_an_entry() from None
    if not isinstance(fields, dict) or not needed <= fields.keys() <= needed | allowed:
        raise _not_an_entry()
    return fields


def _digest(text: object) -> bytes:
    try:
        digest = bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        digest = b""
    if len(digest) != DIGEST:
        raise _not_an_entry()
    return digest


def _is_whole(number: object, most: int) -> bool:
    return type(number) is int and 0 <= number <= most


def _not_an_entry() -> BadManifest:
    return BadManifest("a line of it makes no sense", "其中一行无法理解")
