"""The types that fields of commands have, as JSON carries them: what fits one, and its schema."""

from math import isfinite
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

from farmdesk.domain.said import Said

_LARGEST = 1e15  # of numbers with decimals; beyond it they skip whole ones

_WORDS: dict[type, Said] = {
    str: Said("text", "文字"),
    int: Said("a whole number", "整数"),
    float: Said("a number", "数字"),
    bool: Said("true or false", "true 或 false"),
    tuple: Said("a list of texts", "文字列表"),
    dict: Said("names with texts, numbers or truth values", "名称与文字、数字或真假值的对应"),
}
_JSON = {str: "string", int: "integer", bool: "boolean", NoneType: "null"}


def plain_type(hint: Any) -> type:
    """Give the type of a field without its `| None`; dict for any mapping."""
    inner = [choice for choice in get_args(hint) if choice is not NoneType]
    plain = inner[0] if get_origin(hint) is UnionType else hint
    kind: type = get_origin(plain) or plain
    return kind


def type_words(hint: Any) -> Said:
    """Give what a value must be."""
    return _WORDS[plain_type(hint)]


def fits(value: object, hint: Any) -> bool:
    """Say whether a JSON value is what a type hint says; a truth value is never a number."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return any(fits(value, choice) for choice in inner)
    if origin is dict:
        return isinstance(value, dict) and all(
            isinstance(name, str) and fits(item, inner[1]) for name, item in value.items()
        )
    if origin is tuple:
        return isinstance(value, list | tuple) and all(fits(item, inner[0]) for item in value)
    if isinstance(value, bool):
        return hint is bool
    if hint is float:
        return isinstance(value, int | float) and abs(value) < _LARGEST and isfinite(value)
    return isinstance(value, hint)


def type_schema(hint: Any) -> dict[str, Any]:
    """Give the JSON Schema of what `fits`.

    It takes 7.0 for a whole number too, which this farm does not.
    """
    origin, inner = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return {"anyOf": [type_schema(choice) for choice in inner]}
    if origin is dict:
        return {"type": "object", "additionalProperties": type_schema(inner[1])}
    if origin is tuple:
        return {"type": "array", "items": type_schema(inner[0])}
    if hint is float:
        return {"type": "number", "exclusiveMinimum": -_LARGEST, "exclusiveMaximum": _LARGEST}
    return {"type": _JSON[hint]}
