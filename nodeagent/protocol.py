"""The agent's protocol: JSON lines, one object a line, UTF-8, over the agent's stdin and stdout.

Orders (`orders.py`) go from the engine to the agent, reports (`reports.py`) from the agent to the
engine. Each is a frozen dataclass; `encode` gives its line and `decode_order` / `decode_report`
read one. An object names its type in `t`. Unknown fields are ignored, so a newer side may add some;
unknown types are an error.
"""

import json
from dataclasses import asdict
from functools import cache
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from nodeagent.orders import AgentOrder
from nodeagent.reports import AgentReport

VERSION = 1
MAX_LINE_BYTES = 1 << 20


class ProtocolError(ValueError):
    """A line that is no message of this protocol; `str()` says why."""


_Message = TypeVar("_Message")

_ORDERS: dict[str, type[AgentOrder]] = {kind.__name__: kind for kind in get_args(AgentOrder)}
_REPORTS: dict[str, type[AgentReport]] = {kind.__name__: kind for kind in get_args(AgentReport)}


def encode(message: AgentOrder | AgentReport) -> bytes:
    """Give the message's line, with its line end.

    Text that is not valid UTF-8 is escaped, never lost.
    """
    body = {"t": type(message).__name__, **asdict(message)}
    return json.dumps(body, separators=(",", ":")).encode() + b"\n"


def decode_order(line: bytes) -> AgentOrder:
    """Read a line from the engine. Raises ProtocolError."""
    return _decode(line, _ORDERS)


def decode_report(line: bytes) -> AgentReport:
    """Read a line from an agent. Raises ProtocolError."""
    return _decode(line, _REPORTS)


def _decode(line: bytes, kinds: dict[str, type[_Message]]) -> _Message:
    if len(line) > MAX_LINE_BYTES:
        raise ProtocolError(f"a line of {len(line)} bytes; the limit is {MAX_LINE_BYTES}")
    try:
        body = json.loads(line, parse_constant=_refuse_constant)
        kind = kinds[body.pop("t")]
        hints = _hints(kind.__name__)
        values = {name: value for name, value in body.items() if name in hints}
        wrong = [name for name, value in values.items() if not _fits(value, hints[name])]
        if wrong:
            raise ValueError(f"wrong type of {', '.join(wrong)}")
        return kind(**values)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ProtocolError(f"not a message: {line[:80]!r} ({error})") from error


def _refuse_constant(name: str) -> float:
    """NaN and the infinities are no JSON, and no time-out either."""
    raise ValueError(f"{name} is no number")


@cache
def _hints(name: str) -> dict[str, Any]:
    return get_type_hints((_ORDERS | _REPORTS)[name])


def _fits(value: object, hint: Any) -> bool:
    """True if a value of JSON is what a field's type says; a whole number is also a `float`."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is list:
        return isinstance(value, list) and all(_fits(item, inner[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(item, inner[1]) for item in value.values())
    if origin is UnionType:
        return any(_fits(value, choice) for choice in inner)
    if isinstance(value, bool):
        return hint is bool
    return isinstance(value, (int, float) if hint is float else hint)
