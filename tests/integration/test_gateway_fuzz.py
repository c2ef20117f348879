"""The gateway against its own OpenAPI document: anything that fits it, and much that does not.

That each answer is one that the document foresees, `gateway_witness` sees to, as in every test.
"""

from itertools import count
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok

from farmdesk.security.sealed import SEGMENT
from tests.gateway_room import Room
from tests.servers import START_S
from tests.transfer_farm import CUSTOMER, farm_with_uploads

TASKS = 100
FEW = settings(
    max_examples=8,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_every_page_keeps_its_word(room: Room) -> None:
    farm_with_uploads(room.url, TASKS)
    tasks = count(TASKS, -1)  # the first ones get uploads by chance
    schema = schemathesis.openapi.from_dict(room.client.get("/openapi.json").json())
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) > 25
    for operation in operations:
        _ask_it(room, operation, tasks)


def _ask_it(room: Room, operation: Any, tasks: "count[int]") -> None:
    """Ask one page for many things, as somebody who came in just now and may use it."""
    room.gateway.serve(room.url)  # the brakes of other pages are let go
    header = room.enter("operator" if operation.path.startswith("/packages") else CUSTOMER)
    known = {}
    if "{transfer}" in operation.path:  # a number of 128 bits is not found by trying
        lacks = operation.path.endswith("/segments/{first}")
        known["transfer"] = _begun(room, header, next(tasks), [SEGMENT] if lacks else [])
    sent = 0

    @FEW
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        nonlocal sent
        case.path_parameters.update(known)
        reply = case.call(
            base_url=room.gateway.url,
            headers=header,
            verify=str(room.gateway.settings.ca),
            timeout=START_S,
        )
        sent += len(reply.request.body or b"")
        case.validate_response(reply, checks=[not_a_server_error])

    ask()
    takes_body = operation.method in ("post", "put")
    assert bool(sent) is takes_body, operation.label


def _begun(room: Room, header: dict[str, str], task: int, sizes: list[int]) -> str:
    """Begin an upload of files with these sealed sizes, and give its id."""
    begun = room.client.post("/transfers", json={"task_id": task}, headers=header).json()
    told = {"first": 0, "sizes": sizes, "dropped": []}
    room.client.post(f"/transfers/{begun['id']}/files", json=told, headers=header)
    return str(begun["id"])
