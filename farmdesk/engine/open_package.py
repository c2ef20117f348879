"""Opens a scene package: a worker program, `python -m farmdesk.engine.open_package`.

One JSON line on stdin, an `OpenOrder`: the key comes this way and no other. One JSON line back, an
`Opened`. It ends when stdin does, so none is left behind when the engine dies.
"""

import errno
import json
import os
import shutil
import sys
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path

from farmdesk.domain.errors import FarmError, Refused
from farmdesk.domain.system_words import why_system
from farmdesk.domain.text import quoted
from farmdesk.security.content import digest_file
from farmdesk.security.manifest import Entry, Manifest
from farmdesk.security.package_names import checked_name
from farmdesk.security.sealed import SealedError, context
from farmdesk.security.sealed_files import open_file
from farmdesk.security.user_keys import SealedUse, key_for
from farmdesk.storage.inbox import Inbox

_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """What to open: `farm` is the farm folder, `scene` the path that the task names, empty: none.

    `target` becomes the folder of the opened package; `previous` holds the files that did not
    travel again, empty where there is none; `quota`: bytes that the package may have.
    """

    farm: str
    transfer: str  # id, hex
    key_version: int
    user_key: str = field(repr=False)  # hex
    target: str
    scene: str
    quota: int
    previous: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """How it ended: without a sentence the package is open; `again`: the world failed, not it."""

    en: str = ""
    zh: str = ""
    again: bool = False


class PackageBelied(Refused):
    """A package that is whole, and is not what its task or its manifest says."""

    def __init__(self, name: str, en: str, zh: str) -> None:
        super().__init__(
            f"The package's file {quoted(name)} {en}. Send the package again.",
            f"场景包中的文件 {quoted(name)} {zh}。请重新上传场景包。",
        )


class TooLarge(Refused):
    """A package that is larger than its owner may have: files of old versions count as well."""

    def __init__(self, size: int, quota: int) -> None:
        super().__init__(
            f"The package holds {size / 1e9:.1f} GB, and your quota is {quota / 1e9:.1f} GB. Leave "
            "out what the scene does not need, or ask a superadmin for more.",
            f"场景包共 {size / 1e9:.1f} GB，而您的配额为 {quota / 1e9:.1f} GB。"
            "请去掉场景不需要的文件，或向超级管理员申请更多配额。",
        )


def open_package(order: OpenOrder) -> None:
    """Open all files beside `target`, prove them, and only then give the folder its name.

    Raises Refused when the package is not what it should be, and OSError as the storage says.
    """
    target = Path(order.target)
    part = target.with_name(target.name + ".part")
    shutil.rmtree(part, ignore_errors=True)  # of a run that was killed
    part.mkdir(parents=True)
    try:
        manifest = _manifest(order, part)
        manifest.check_arrived(Inbox(Path(order.farm)).sealed_sizes(bytes.fromhex(order.transfer)))
        if order.scene and order.scene not in {entry.name for entry in manifest.entries}:
            raise PackageBelied(
                order.scene,
                "is missing, and the task names it as its scene",
                "不存在，而任务以它为场景",
            )
        if manifest.total_bytes > order.quota:
            raise TooLarge(manifest.total_bytes, order.quota)
        if manifest.total_bytes > shutil.disk_usage(part).free:
            # a few bytes that travelled may stand for many copies of an old file
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        for entry in manifest.entries:
            try:
                _place(order, entry, part)
            except SealedError as error:  # it knows the file's number at most
                name = quoted(entry.name)
                raise Refused(f"{name}: {error.en}", f"{name}：{error.zh}") from error
        shutil.rmtree(target, ignore_errors=True)
        part.rename(target)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _manifest(order: OpenOrder, part: Path) -> Manifest:
    transfer = bytes.fromhex(order.transfer)
    plain = part.with_name(part.name + ".manifest")
    try:
        open_file(
            Inbox(Path(order.farm)).manifest(transfer),
            plain,
            key=key_for(bytes.fromhex(order.user_key), SealedUse.MANIFEST),
            context=context(SealedUse.MANIFEST, transfer, 0, order.key_version),
        )
        return Manifest.parse(plain.read_bytes(), transfer=transfer)
    finally:
        plain.unlink(missing_ok=True)


def _place(order: OpenOrder, entry: Entry, part: Path) -> None:
    """Put one file of the package in its place, and hold it to its digest."""
    path = part / checked_name(entry.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    if entry.file is None:
        digest = _copy_unchanged(order, entry, path)
    else:
        transfer = bytes.fromhex(order.transfer)
        digest = open_file(
            Inbox(Path(order.farm)).sealed(transfer, entry.file),
            path,
            key=key_for(bytes.fromhex(order.user_key), SealedUse.UPLOAD),
            context=context(SealedUse.UPLOAD, transfer, entry.file, order.key_version),
            size=entry.size,
        )
    if digest != entry.digest:
        raise PackageBelied(
            entry.name, "has another digest than its manifest says", "与清单摘要不符"
        )
    os.utime(path, ns=(entry.mtime_ns, entry.mtime_ns))


def _copy_unchanged(order: OpenOrder, entry: Entry, path: Path) -> bytes:
    """Take a file from the previous version: a copy, since a tool may write into its scene."""
    folder = Path(order.previous).resolve()
    old = (folder / checked_name(entry.same_as or "")).resolve()  # a tool may have left links there
    is_inside = order.previous and old.is_relative_to(folder) and old.is_file()
    if not is_inside or old.stat().st_size != entry.size:
        raise PackageBelied(
            entry.name,
            "did not travel, and the previous version has it not any more",
            "未随包上传，而上一版本中已没有它",
        )
    shutil.copyfile(old, path)
    return digest_file(path)


def answer(line: str) -> Opened:
    """Carry out an order as it came in, and say how it ended."""
    try:
        open_package(OpenOrder(**json.loads(line)))
    except FarmError as error:
        return Opened(error.en, error.zh)
    except OSError as error:
        if error.errno in _FULL:
            return Opened(
                "The storage is full. Free space on it; the package is then opened by itself.",
                "存储已满。请释放空间；随后会自动打开场景包。",
                again=True,
            )
        why = why_system(error)
        return Opened(
            f"The package cannot be opened now ({why.en}). Check the storage; it is tried again "
            "by itself.",
            f"暂时无法打开场景包（{why.zh}）。请检查存储；系统会自动重试。",
            again=True,
        )
    return Opened()


def _end_with_stdin() -> None:
    """End with the engine, wherever the work is; what is half open is swept by the next run."""
    while os.read(0, 4096):  # past Python's buffer: its lock would stop an orderly end
        pass
    os._exit(1)


def main() -> None:
    """Take one order and answer it."""
    line = sys.stdin.readline()
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    sys.stdout.write(json.dumps(asdict(answer(line))) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
