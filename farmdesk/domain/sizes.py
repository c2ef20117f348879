"""Sizes as people write and read them: `20GB`, `1.5 TB`, `500 MiB`, a number of bytes."""

import re
from decimal import Decimal

from farmdesk.domain.errors import Refused
from farmdesk.domain.text import quoted

_LETTERS = "KMGTP"
_SIZE = re.compile(rf"([0-9]{{1,18}}(?:\.[0-9]{{1,18}})?)\s*(?:([{_LETTERS}])(I?)B?|B|BYTES?)?")


class BadSize(Refused):
    """A text that is no size."""

    def __init__(self, text: str) -> None:
        self.text_given = text
        super().__init__(
            f"{quoted(text)!r} is no size. Write it like 20GB, 1.5 TB, 500 MiB, or as a number of "
            "bytes.",
            f"{quoted(text)!r} 不是有效的大小。请写成 20GB、1.5 TB、500 MiB，或字节数。",
        )


def read_size(text: str) -> int:
    """Give the bytes that a text means, rounded down. Raises BadSize.

    `K`, `KB` … `PB` are powers of 1000, `KiB` … `PiB` of 1024, whatever the case of their letters;
    a bare number counts bytes. Source: IEC 80000-13.
    """
    match = _SIZE.fullmatch(text.strip().upper())
    if match is None:
        raise BadSize(text.strip())
    number, letter, is_binary = match.groups()
    power = _LETTERS.index(letter) + 1 if letter else 0
    return int(Decimal(number) * (1024 if is_binary else 1000) ** power)


def size_text(size: int) -> str:
    """Give a size in bytes as people read it, powers of 1000 to one decimal: `1.5 TB`, `20 GB`."""
    power = min((len(str(size)) - 1) // 3, len(_LETTERS))
    if power == 0:
        return f"{size} B"
    unit = "k" if power == 1 else _LETTERS[power - 1]  # as IEC 80000-13 writes a thousand
    return f"{size / 1000**power:.1f}".removesuffix(".0") + f" {unit}B"
