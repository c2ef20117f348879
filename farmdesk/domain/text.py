"""Text from outside: what it is fit for, and how it is shown inside a sentence."""

from unicodedata import category

LONGEST_NAME = 255  # characters; no file system that renders lie on takes more

_UNFIT = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control, format, surrogate, line and paragraph breaks


def is_one_line(text: str) -> bool:
    """Say whether text has no control characters, line breaks, lone surrogates or hidden marks."""
    return not any(category(character) in _UNFIT for character in text)


def is_plain_name(name: str) -> bool:
    """Say whether a file name stays in its folder on every system."""
    plain = not set(name) & set("/\\:\0") and name not in ("", ".", "..")
    return plain and len(name) <= LONGEST_NAME


def size_text(count: int) -> str:
    """Give bytes as people read them: in GB, below one of them in MB; of 10^9 and 10^6 bytes."""
    return f"{count / 1e9:,.1f} GB" if count >= 10**9 else f"{count / 1e6:.1f} MB"


def quoted(text: str, length: int = 60) -> str:
    """Make text from outside fit for a sentence: no control characters, cut to `length`."""
    clean = "".join(
        "\N{REPLACEMENT CHARACTER}" if category(c) in _UNFIT else c for c in text[: length + 1]
    )
    return clean if len(clean) <= length else clean[: length - 1] + "…"
