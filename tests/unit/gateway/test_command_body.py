"""Commands as they come over the network: honest large ones, and small ones that grow in memory."""

import json
import tracemalloc

import pytest

from farmdesk.domain.command_fields import MAX_NODES
from farmdesk.domain.commands import from_body, kind_of, to_body
from farmdesk.domain.node_commands import AllocateNodes
from farmdesk.domain.task_commands import SubmitTask
from farmdesk.gateway.command_body import COMMAND_BYTES, command_form
from tests.samples import spec

HEAD, TAIL = '{"kind": "pause_task", "body": {"task_id": [', "]}}"
ENOUGH = 4 * COMMAND_BYTES


def full(piece: str, encoding: str = "ascii") -> bytes:
    """Give the largest body that repeats a piece."""
    room = COMMAND_BYTES // len("a".encode(encoding)) - len(HEAD + TAIL)
    text = (HEAD + piece * (room // len(piece))).removesuffix(",") + TAIL
    return text.encode(encoding)


@pytest.mark.parametrize(
    "body",
    [
        *(full(piece) for piece in ("[],", "{},", "1,", '"a",', '"",', '{"a":0},')),
        full("["),
        full('{"a":'),
        full('\\"'),
        HEAD.encode() + b'"' + b'\\"' * (COMMAND_BYTES // 2 - 50),
        HEAD.encode() + b'"' + b"\\" * (COMMAND_BYTES - 50),
        full("[],", "utf-16-le"),
        full("[],", "utf-32-le"),
        ('{"≁": 0, "a": [' + "[]," * 200_000 + "0]}").encode("utf-16-le"),
    ],
    ids=lambda body: f"{body[40:60]!r}",
)
def test_no_body_takes_much_more_memory_than_it_is_long(body: bytes) -> None:
    assert len(body) <= COMMAND_BYTES
    tracemalloc.start()
    with pytest.raises(ValueError):  # noqa: PT011 — of several kinds, all told with the same words
        command_form(body)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < ENOUGH


@pytest.mark.parametrize(
    "command",
    [
        AllocateNodes(1, nodes=tuple(f'节点 "{{[{n:,}]}}"' for n in range(MAX_NODES))),
        spec(frames=",".join(map(str, range(0, 300_000, 2)))),
    ],
    ids=kind_of,
)
def test_the_largest_honest_commands_are_read(command: AllocateNodes | SubmitTask) -> None:
    sent = {"kind": kind_of(command), "body": to_body(command)}
    for escaped in (True, False):
        form = command_form(json.dumps(sent, ensure_ascii=escaped).encode())
        assert from_body(form.kind, form.body) == command
