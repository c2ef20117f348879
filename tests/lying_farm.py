"""A farm that tells lies, without HTTP: what those of frames and of packages have in common."""

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

from farmdesk.security.sealed import SEGMENT, SealedFile

LARGE = 20 * SEGMENT + 1
PIECE = 65_000  # bytes; no part of a segment

Name = TypeVar("Name")  # of a file
Seen = TypeVar("Seen")  # what is told of it
Page = TypeVar("Page")  # of what is told
Sent = TypeVar("Sent")  # an answer, before it is on the line


class LyingFarm(Generic[Name, Seen, Page, Sent]):
    """Has `contents` by name. `change`: what the line makes of an answer, by its first segment.

    `pages`: what is told in the place of what is `listed`; `asked`: files, and first segments.
    """

    def __init__(self, contents: Mapping[Name, bytes]) -> None:
        self.contents = dict(contents)
        self.key_version = 3
        self.change: Callable[[int, Sent], Sent] = lambda _first, answer: answer
        self.listed = {name: self.seen(name) for name in contents}
        self.pages: list[Page] | None = None
        self.asked: list[tuple[Name, int]] = []

    def seen(self, name: Name, /, **changed: object) -> Seen:
        """Give what is told of a file."""
        raise NotImplementedError


def large() -> bytes:
    """Give a content that takes two requests."""
    return bytes(range(256)) * (LARGE // 256) + b"end"


def sealed_segments(sealed: SealedFile, content: bytes, segments: range) -> list[bytes]:
    """Seal some segments of a content, as a gateway does."""
    pieces = []
    for index in segments:
        start, length = sealed.plan.plain(index)
        into = memoryview(bytearray(SEGMENT))
        end = sealed.seal_into(index, content[start : start + length], into)
        pieces.append(bytes(into[:end]))
    return pieces


def in_pieces(answer: bytes, first: int = PIECE) -> Iterator[bytes]:
    """Give an answer as a line does, the first piece with so many bytes."""
    yield answer[:first]
    yield from (answer[start : start + PIECE] for start in range(first, len(answer), PIECE))
