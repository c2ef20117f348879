"""What the gateway's OpenAPI document says, and the witness that holds the gateway to it."""

import asyncio
import json

import httpx
import pytest
from fastapi import Response
from jsonschema_rs import Draft202012Validator

from farmdesk.domain.commands import KINDS, kind_of, to_body
from farmdesk.domain.node_commands import DrainNodes
from farmdesk.domain.task_commands import PauseTask
from farmdesk.gateway.app import make_app
from farmdesk.gateway.pages_transfers import BODY_BYTES
from farmdesk.link.wire import Kind, Problem, to_json
from tests.gateway_witness import Witness
from tests.samples import spec

DOCUMENT = make_app(None).openapi()  # type: ignore[arg-type]  # no page is asked
JSON = "application/json"
PROBLEM = to_json(Problem(Kind.REFUSED, "No.", "不。"))


def test_every_page_that_takes_a_body_says_which() -> None:
    for path, page in DOCUMENT["paths"].items():
        for method, operation in page.items():
            assert ("requestBody" in operation) is (method in ("post", "put")), path


@pytest.mark.parametrize("last", ["segments/{first}", "manifest"])
def test_what_carries_sealed_bytes_says_how_many(last: str) -> None:
    body = DOCUMENT["paths"][f"/transfers/{{transfer}}/{last}"]["put"]["requestBody"]
    assert body["required"]
    [(kind, content)] = body["content"].items()
    assert kind == "application/octet-stream"
    assert content["schema"]["maxLength"] == BODY_BYTES


def test_every_command_is_in_the_document_by_its_kind() -> None:
    content = DOCUMENT["paths"]["/commands"]["post"]["requestBody"]["content"]
    assert content == {JSON: {"schema": {"$ref": "#/components/schemas/Command"}}}
    schemas = DOCUMENT["components"]["schemas"]
    named = schemas["Command"]["discriminator"]["mapping"]
    assert list(named) == list(KINDS)
    assert schemas["Command"]["oneOf"] == [{"$ref": place} for place in named.values()]
    for kind, place in named.items():
        assert schemas[place.rpartition("/")[2]]["properties"]["kind"]["const"] == kind
    validator = Draft202012Validator(
        {"$ref": "#/components/schemas/Command", "components": DOCUMENT["components"]}
    )
    for command in (PauseTask(7), DrainNodes(nodes=("n1",)), spec(width=640, fps=24)):
        message = {"kind": kind_of(command), "body": to_body(command)}
        assert validator.is_valid(json.loads(json.dumps(message)))
        assert not validator.is_valid(message | {"kind": "wake_up"})


@pytest.mark.parametrize(
    ("method", "path", "answer", "why"),
    [
        ("POST", "/login/challenge", Response(b"{}", 418, media_type=JSON), "no such status"),
        (
            "POST",
            "/login/challenge",
            Response(b"{}", media_type="text/plain"),
            "media type text/plain",
        ),
        (
            "POST",
            "/login/challenge",
            Response(b'{"nonce": "0"}', media_type=JSON),
            '"expires" is a required',
        ),
        ("GET", "/authority", Response(b"", media_type="text/plain"), "media type text/plain"),
        (
            "GET",
            "/authority",
            Response(PROBLEM, 401, media_type=JSON),
            "no header WWW-Authenticate",
        ),
        ("GET", "/tasks/7", Response(b"{}", 409, media_type=JSON), "required"),
        ("GET", "/nowhere", Response(b"{}", 404, media_type=JSON), "required"),
        ("BREW", "/tasks", Response(PROBLEM, 200, media_type=JSON), "no such status"),
        ("GET", "/authority", Response(b"", media_type="application/x-pem-file"), ""),
        ("GET", "/tasks/7", Response(PROBLEM, 409, media_type=JSON), ""),
        ("GET", "/nowhere", Response(PROBLEM, 404, media_type=JSON), ""),
        ("DELETE", "/session", Response(status_code=204), ""),
    ],
)
def test_an_answer_that_was_not_foreseen_is_noted(
    method: str, path: str, answer: Response, why: str
) -> None:
    witness = Witness(answer, DOCUMENT)
    asyncio.run(_ask(witness, method, path))
    found = witness.misfits()
    assert why in "".join(found)
    assert bool(found) is bool(why)
    assert witness.misfits() == []


async def _ask(witness: Witness, method: str, path: str) -> None:
    transport = httpx.ASGITransport(witness)
    async with httpx.AsyncClient(transport=transport, base_url="https://farm.example") as client:
        await client.request(method, path)
