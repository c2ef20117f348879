"""What of a folder is not as an upload left it that was interrupted, in a line for its owner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from farmdesk.domain.said import Said
from farmdesk.domain.text import quoted

_NAMED = 3  # files of each kind


class Look(Protocol):
    """How a file looked at some time."""

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    @property
    def mtime_ns(self) -> int:
        """When it was written."""
        ...


@dataclass(frozen=True, slots=True)
class PackageChanges:
    """Files by name, in order. False where there are none."""

    changed: Sequence[str]  # they are sent anew
    gone: Sequence[str]
    added: Sequence[str]

    def __bool__(self) -> bool:
        return bool(self.changed or self.gone or self.added)

    def said(self) -> Said:
        """Say in one line how many there are, and the first names."""
        said = [
            _counted(self.changed, ("changed, sent anew", "个文件有变化，将重新发送")),
            _counted(self.gone, ("gone, no longer sent", "个文件已不存在，不再发送")),
            _counted(self.added, ("new, sent too", "个新文件，一并发送")),
        ]
        en = "; ".join(one.en for one in said if one.en)
        zh = "；".join(one.zh for one in said if one.zh)
        return Said(f"Since this upload was interrupted: {en}.", f"上次中断之后：{zh}。")


def changes_between(before: Mapping[str, Look], now: Mapping[str, Look]) -> PackageChanges:
    """Compare what an upload knew of its files with how they look now."""
    return PackageChanges(
        changed=sorted(
            name
            for name in before.keys() & now.keys()
            if (before[name].size, before[name].mtime_ns) != (now[name].size, now[name].mtime_ns)
        ),
        gone=sorted(before.keys() - now.keys()),
        added=sorted(now.keys() - before.keys()),
    )


def _counted(names: Sequence[str], became: tuple[str, str]) -> Said:
    if not names:
        return Said()
    first = [quoted(name) for name in names[:_NAMED]]
    files = "file" if len(names) == 1 else "files"
    more, more_zh = (", …", " 等") if len(names) > _NAMED else ("", "")
    return Said(
        f"{len(names)} {files} {became[0]} ({', '.join(first)}{more})",
        f"{len(names)} {became[1]}（{'、'.join(first)}{more_zh}）",
    )
