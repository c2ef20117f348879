"""Rows as JSON for programs: names of fields and states are English whatever the language."""

import dataclasses
import json
from datetime import datetime

from rich.console import Console

from farmdesk.domain.states import FrameState


def print_json(rows: object) -> None:
    """Print rows as one JSON document."""
    Console(soft_wrap=True).out(json.dumps(_plain(rows), ensure_ascii=False, indent=1))


def _plain(value: object) -> object:
    """Give a row as JSON can say it: times in ISO 8601, bytes as their length."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {item.name: _plain(getattr(value, item.name)) for item in fields}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, FrameState):
        return value.name.lower()
    return value.isoformat() if isinstance(value, datetime) else value
