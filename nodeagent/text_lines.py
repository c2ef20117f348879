"""Bytes of a pipe into lines of text, however odd the tool's encoding and line ends are."""

import locale
import os
import re
from collections.abc import Iterator

READ_BYTES = 65536
MAX_LINE_BYTES = 65536  # a longer line is cut into pieces

_ENDS = re.compile(rb"[\r\n]+")


def read_lines(descriptor: int) -> Iterator[str]:
    """Give the lines of a pipe until it ends. Some tools end a line by a lone carriage return."""
    rest = b""
    while part := _read(descriptor):
        *lines, rest = _ENDS.split(rest + part)
        if len(rest) > MAX_LINE_BYTES:
            lines.append(rest)
            rest = b""
        yield from (decode(line) for line in lines if line)
    if rest:
        yield decode(rest)


def decode(line: bytes) -> str:
    """Give the text of a line: UTF-8, else in the node's own encoding.

    NULs are left out, for 3ds Max writes UTF-16-like bytes.
    """
    line = line.replace(b"\0", b"")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode(locale.getencoding(), errors="replace")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, READ_BYTES)
    except OSError:
        return b""
