"""Whole files sealed and opened: by a few threads, two MiB each, as `.part` until the end."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from farmdesk.domain.errors import FarmError
from farmdesk.domain.text import quoted
from farmdesk.security.content import content_digest, segment_digest
from farmdesk.security.sealed import (
    HEADER,
    SEGMENT,
    DamagedSegments,
    ForeignFile,
    SealedFile,
    Seed,
    SegmentPlan,
    WrongKey,
    WrongLength,
)
from farmdesk.security.user_keys import key_check

THREADS = 2  # one reads or writes while the other computes
Work = Callable[[int], None]  # on the segment of this number


class SourceChanged(FarmError):
    """A file became longer or shorter while it was read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        name = quoted(path.name)
        super().__init__(
            f"{name} changed while it was read. Try again when no program writes to it.",
            f"{name} 在读取时发生了变化。请在没有程序写入该文件时重试。",
        )


def seal_file(
    source: Path,
    target: Path,
    *,
    key: bytes,
    context: bytes,
    seed: Seed | None = None,
    threads: int = THREADS,
) -> None:
    """Seal a file. A `seed` of the caller's must never have sealed other bytes.

    Raises SourceChanged, and OSError as the disk says; then there is no `target`.
    """
    plan = SegmentPlan(source.stat().st_size)
    sealed = SealedFile(key, context, plan=plan, seed=seed or Seed.fresh())

    @contextmanager
    def lane() -> Iterator[Work]:
        plain, into = memoryview(bytearray(SEGMENT)), memoryview(bytearray(SEGMENT))
        with source.open("rb", buffering=0) as reader, part.open("r+b", buffering=0) as writer:

            def seal(index: int) -> None:
                start, length = plan.plain(index)
                if read_at(reader, start, plain[:length]) != length:
                    raise SourceChanged(source)
                end = sealed.seal_into(index, plain[:length], into)
                write_at(writer, plan.sealed(index)[0], into[:end])

            yield seal

    with whole_or_nothing(target) as part:
        each_segment(plan.count, threads, lane)
        if source.stat().st_size != plan.size:
            raise SourceChanged(source)


def seal_bytes(content: bytes, *, key: bytes, context: bytes) -> bytes:
    """Give what `seal_file` would write of a file that fits into memory."""
    plan = SegmentPlan(len(content))
    sealed = SealedFile(key, context, plan=plan, seed=Seed.fresh())
    into = memoryview(bytearray(plan.sealed_size))
    for index in range(plan.count):
        start, length = plan.plain(index)
        sealed.seal_into(index, content[start : start + length], into[plan.sealed(index)[0] :])
    return bytes(into)


def open_file(
    source: Path,
    target: Path,
    *,
    key: bytes,
    context: bytes,
    size: int | None = None,
    check: bytes | None = None,
    threads: int = THREADS,
) -> bytes:
    """Open a sealed file; give the digest of what is in it (`content`).

    `size`: bytes that must be in it; `check`: the sealing key's `key_check`. Raises WrongKey,
    WrongLength, ForeignFile or DamagedSegments, and OSError as the disk says; then there is no
    `target`.
    """
    sealed = _read_head(source, key, context, size=size, check=check)
    plan, damaged = sealed.plan, list[int]()
    digests = [b""] * plan.count

    @contextmanager
    def lane() -> Iterator[Work]:
        cipher, into = memoryview(bytearray(SEGMENT)), memoryview(bytearray(SEGMENT))
        with source.open("rb", buffering=0) as reader, part.open("r+b", buffering=0) as writer:

            def open_(index: int) -> None:
                start, length = plan.sealed(index)
                read = read_at(reader, start, cipher[:length])
                try:
                    length = sealed.open_into(index, cipher[:read], into)
                except DamagedSegments:
                    damaged.append(index)
                    return
                digests[index] = segment_digest(into[:length])
                write_at(writer, plan.plain(index)[0], into[:length])

            yield open_

    with whole_or_nothing(target) as part:
        each_segment(plan.count, threads, lane)
        if damaged:
            raise DamagedSegments(damaged)
    return content_digest(digests)


def _read_head(
    source: Path, key: bytes, context: bytes, *, size: int | None, check: bytes | None
) -> SealedFile:
    """Find out early, and for nothing, that a file will not open at all."""
    if check is not None and check != key_check(key):
        raise WrongKey
    found = source.stat().st_size
    if size is not None and SegmentPlan(size).sealed_size != found:
        raise WrongLength(found, SegmentPlan(size).sealed_size)
    plan = SegmentPlan.of_sealed(found)
    cipher, into = memoryview(bytearray(SEGMENT)), memoryview(bytearray(SEGMENT))
    with source.open("rb", buffering=0) as reader:
        read_at(reader, 0, cipher[:HEADER])
        sealed = SealedFile(key, context, plan=plan, seed=Seed.of_header(cipher[:HEADER]))
        for index in {0, plan.count - 1}:
            start, length = plan.sealed(index)
            read = read_at(reader, start, cipher[:length])
            try:
                sealed.open_into(index, cipher[:read], into)
            except DamagedSegments:
                continue
            return sealed
    raise ForeignFile


@contextmanager
def whole_or_nothing(target: Path) -> Iterator[Path]:
    """Give an empty `.part` beside `target`; it is flushed and takes the name if nothing raises.

    Its own name is drawn by lot: a package may well hold both `a` and `a.part`.
    """
    part = target.with_name(f".{token_hex(8)}.part")
    try:
        with part.open("wb"):
            pass
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def each_segment(
    count: int, threads: int, lane: Callable[[], AbstractContextManager[Work]]
) -> None:
    """Do the work on each of `count` segments, each thread in a lane: files, buffers of its own.

    The first error ends all lanes and is raised.
    """
    turns = iter(range(count))  # shared: `next` on it is one step
    failed = threading.Event()

    def run() -> None:
        with lane() as work:
            for index in turns:
                if failed.is_set():
                    return
                try:
                    work(index)
                except BaseException:
                    failed.set()
                    raise

    threads = min(threads, count)
    if threads == 1:
        run()
        return
    with ThreadPoolExecutor(threads, thread_name_prefix="segments") as pool:
        running = [pool.submit(run) for _ in range(threads)]
    for one in running:
        one.result()


def read_at(file: BinaryIO, start: int, into: memoryview) -> int:
    """Read from an unbuffered file until `into` is full or the file ends; give the bytes read."""
    file.seek(start)
    done = 0
    while done < len(into) and (read := file.readinto(into[done:])):  # type: ignore[attr-defined]
        done += read
    return done


def write_at(file: BinaryIO, start: int, content: memoryview) -> None:
    """Write all of `content` to an unbuffered file."""
    file.seek(start)
    while content:
        content = content[file.write(content) :]
