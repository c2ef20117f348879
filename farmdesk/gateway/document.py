"""The gateway's OpenAPI document, with each command in it: FastAPI sees no form of theirs."""

from typing import Any

from fastapi import FastAPI

from farmdesk.domain.command_schema import command_schemas
from farmdesk.gateway.command_body import COMMAND_BYTES, MAX_PARTS

_PLACE = "#/components/schemas/"
COMMAND_BODY = {
    "requestBody": {
        "required": True,
        "description": f"At most {COMMAND_BYTES:,} bytes and {MAX_PARTS:,} texts, commas and "
        "opening brackets.",
        "content": {"application/json": {"schema": {"$ref": f"{_PLACE}Command"}}},
    }
}


class DocumentedApp(FastAPI):
    """An app whose document holds the commands."""

    def openapi(self) -> dict[str, Any]:
        """Give the document; it is made once."""
        document = super().openapi()
        kinds = command_schemas()
        places = {kind: f"{_PLACE}{schema['title']}" for kind, schema in kinds.items()}
        document["components"]["schemas"] |= {
            "Command": {
                "oneOf": [{"$ref": place} for place in places.values()],
                "discriminator": {"propertyName": "kind", "mapping": places},
            },
            **{schema["title"]: schema for schema in kinds.values()},
        }
        return document
