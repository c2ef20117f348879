"""Reads commands from what clients send: a few megabytes of JSON could take hundreds in memory.

So the parts are counted before they are made: texts, and the commas and brackets between them.
"""

import json
import re
from itertools import islice
from typing import NoReturn

from farmdesk.gateway.forms import CommandForm

COMMAND_BYTES = 5 << 19  # 2.5 MiB; `farmdesk.db.commands.BODY_CHARS` and room for what is escaped
MAX_PARTS = 32_768  # 10,000 nodes, each with its comma, are some 20,000
_PART = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[,\[{]', re.DOTALL)


def command_form(text: bytes) -> CommandForm:
    """Give the command that a body holds. Raises ValueError for what is none, or has more parts."""
    words = text.decode()  # left to itself, `json` would take UTF-16 and UTF-32 too
    if next(islice(_PART.finditer(words), MAX_PARTS, None), None) is not None:
        raise ValueError(f"more than {MAX_PARTS} parts")
    try:
        return CommandForm.model_validate(json.loads(words, parse_constant=_no_number))
    except RecursionError:
        raise ValueError("too deep") from None


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")
