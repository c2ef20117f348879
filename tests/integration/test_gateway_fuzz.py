"""The gateway against its own OpenAPI document: anything that fits it, and much that does not."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.gateway_room import Room
from tests.servers import START_S

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
FEW = settings(
    max_examples=8,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_every_page_keeps_its_word(room: Room) -> None:
    schema = schemathesis.openapi.from_dict(room.client.get("/openapi.json").json())
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) > 25
    for operation in operations:
        _ask_it(room, operation)


def _ask_it(room: Room, operation: Any) -> None:
    """Ask one page for many things, as somebody who came in just now and may use it."""
    room.gateway.serve(room.url)  # the brakes of other pages are let go
    header = room.enter("operator" if operation.path.startswith("/packages") else "bob")

    @FEW
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        reply = case.call(
            base_url=room.gateway.url,
            headers=header,
            verify=str(room.gateway.settings.ca),
            timeout=START_S,
        )
        case.validate_response(reply, checks=list(CHECKS))

    ask()
