"""Holds what a gateway answers in tests to its own OpenAPI document."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jsonschema_rs import Draft202012Validator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from farmdesk.gateway.replies import PROBLEMS

JSON = "application/json"
_PROBLEM = {"content": {JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
NO_PAGE = {str(status): _PROBLEM for status in PROBLEMS}
"""What may be answered to who asks for what is no page."""


@dataclass(slots=True)
class Answer:
    """What a client was sent; of what is no JSON, the head alone."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    whole: bool = False

    def take(self, message: Message) -> None:
        """Take a message of the app's in."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {k.decode().lower(): v.decode() for k, v in message["headers"]}
        else:
            if self.headers.get("content-type") == JSON:
                self.body += message.get("body", b"")
            self.whole = not message.get("more_body", False)


class Witness:
    """Stands before a gateway's app, and notes each answer that its document does not foresee."""

    def __init__(self, app: ASGIApp, document: Mapping[str, Any]) -> None:
        self._app = app
        self._pages = {
            re.compile(re.sub(r"{\w+}", "[^/]+", path)): page
            for path, page in document["paths"].items()
        }
        self._components = document["components"]
        self._validators: dict[str, Draft202012Validator] = {}
        self._misfits: list[str] = []

    def misfits(self) -> list[str]:
        """Give what was noted since this was asked last, a line for each thing."""
        found, self._misfits = self._misfits, []
        return found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and look at its answer before its end is sent: a test then sees it."""
        answer = Answer()

        async def send_on(message: Message) -> None:
            answer.take(message)
            if answer.whole:
                await asyncio.to_thread(self._judge, scope["method"], scope["path"], answer)
            await send(message)

        looked_at = scope["type"] == "http" and scope["path"] != "/openapi.json"
        await self._app(scope, receive, send_on if looked_at else send)

    def _judge(self, method: str, path: str, answer: Answer) -> None:
        foreseen = self._foreseen(method, path).get(str(answer.status))
        for why in ["no such status"] if foreseen is None else self._misfits_of(answer, foreseen):
            self._misfits.append(f"{method} {path}: {answer.status}: {why}")

    def _foreseen(self, method: str, path: str) -> Mapping[str, Any]:
        """Give what may be answered, by status."""
        for form, page in self._pages.items():
            if form.fullmatch(path) and method.lower() in page:
                responses: Mapping[str, Any] = page[method.lower()]["responses"]
                return responses
        return NO_PAGE

    def _misfits_of(self, answer: Answer, foreseen: Mapping[str, Any]) -> Iterator[str]:
        for name in foreseen.get("headers", {}):
            if name.lower() not in answer.headers:
                yield f"no header {name}"
        content, kind = foreseen.get("content", {}), answer.headers.get("content-type")
        if kind not in (content or {None}):
            yield f"media type {kind}"
        elif kind == JSON:
            found = self._validator(content[JSON]["schema"]).iter_errors(json.loads(answer.body))
            yield from (error.message for error in found)

    def _validator(self, schema: Mapping[str, Any]) -> Draft202012Validator:
        key = json.dumps(schema)
        if key not in self._validators:
            whole = {**schema, "components": self._components}
            self._validators[key] = Draft202012Validator(whole, validate_formats=True)
        return self._validators[key]
