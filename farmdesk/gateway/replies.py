"""How pages answer: JSON by the codec that clients read it with."""

from collections.abc import Mapping
from typing import Any

from fastapi import Response

from farmdesk.link.wire import TOKEN_SCHEME, Problem, to_json

MAX_ROWS = 100_000  # of one answer; clients ask again from where it ends

_HEADERS: Mapping[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"required": True, "schema": {"const": TOKEN_SCHEME}}},
    429: {"Retry-After": {"required": True, "schema": {"type": "integer"}}},  # seconds
}

PROBLEMS: Mapping[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": text, "headers": _HEADERS.get(status, {})}
    for status, text in {
        400: "No HTTP, or no JSON",
        401: "Not logged in",
        403: "Not for this role",
        404: "Not there, or not yours",
        405: "Not in this way",
        408: "Came too slowly",
        409: "Refused",
        413: "Too large",
        422: "Does not fit this page",
        429: "Too often",
        500: "The gateway has erred; the farm's log says where",
        503: "The farm cannot be reached now",
    }.items()
}
"""What any page may answer instead of what was asked for."""


def reply(value: object, status: int = 200) -> Response:
    """Give a dataclass of ours, or a list of them, as a response."""
    return Response(to_json(value), status, media_type="application/json")
