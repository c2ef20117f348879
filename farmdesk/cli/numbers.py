"""Numbers on a command line: those that no farm has are told here, whoever would be asked."""

import argparse

from farmdesk.cli.screen import language
from farmdesk.domain.said import Said

MOST = (1 << 53) - 1  # what every database and JSON parser can hold
MOST_ROWS = 100_000  # that the gateway gives at a time


def number(text: str) -> int:
    """Read the number of a task, an application or a request."""
    return _between(text, MOST)


def rows(text: str) -> int:
    """Read how many lines somebody wants to see."""
    return _between(text, MOST_ROWS)


def _between(text: str, most: int) -> int:
    value = int(text)
    if not 1 <= value <= most:
        said = Said(f"{value} is not from 1 to {most:,}", f"{value} 不在 1 到 {most:,} 之间")
        raise argparse.ArgumentTypeError(said.text(language()))
    return value
