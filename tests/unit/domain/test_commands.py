"""Commands as bodies and back, and bodies that are refused."""

import json
from dataclasses import MISSING, fields
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmdesk.domain.account_commands import ApproveUser
from farmdesk.domain.command_fields import BadField
from farmdesk.domain.commands import Command, UnknownKind, from_body, kind_of, to_body
from farmdesk.domain.errors import Refused
from farmdesk.domain.field_words import FIELDS
from farmdesk.domain.node_commands import AllocateNodes, DrainNodes, SetAutoStart, WakeNodes
from farmdesk.domain.task_commands import PauseTask, RetryFailed, SetPriority, SubmitTask

SUBMIT: dict[str, object] = {
    "name": "开幕式 地屏",
    "tool": "blender",
    "tool_version": "3.4+",
    "scene": "/work/shows/snow.blend",
    "frames": "1-100x2",
}
COMMANDS: list[Command] = [
    SubmitTask(
        **SUBMIT,  # type: ignore[arg-type]
        width=15360,
        height=8640,
        fps=50.0,
        parameters={"samples": 64, "engine": "CYCLES", "denoise": True, "clamp": 0.5},
    ),
    SetPriority(7, 9),
    RetryFailed(7),
    RetryFailed(7, "1-3"),
    PauseTask(2**63 - 1),
    AllocateNodes(7, nodes=("n1", "n2")),
    AllocateNodes(7, pool="gpu", count=3),
    SetAutoStart(True),
    DrainNodes(nodes=("n1",)),
    WakeNodes(pool="gpu"),
    ApproveUser(3, role="operator", handover="a0b1"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=kind_of)
def test_a_command_survives_the_way_through_json(command: Command) -> None:
    body = json.loads(json.dumps(to_body(command)))
    assert from_body(kind_of(command), body) == command


def test_every_command_has_its_own_kind() -> None:
    for command in get_args(Command):
        wanted = [f.name for f in fields(command) if f.default is f.default_factory is MISSING]
        texts = SUBMIT | {"reason": "the director waits", "answer": "allow", "on": True}
        texts |= {
            "login": "wang.li",
            "fingerprint": "a0b1",
            "transfer": "00" * 16,
            "folder": "/elsewhere",
            "quota_bytes": 0,
        }
        body = {name: texts.get(name, 5) for name in wanted}
        made = from_body(
            "".join("_" + c.lower() if c.isupper() else c for c in command.__name__)[1:], body
        )
        assert type(made) is command


def test_a_whole_number_is_a_decimal_where_one_is_wanted() -> None:
    made = from_body("submit_task", SUBMIT | {"fps": 25})
    assert isinstance(made, SubmitTask)
    assert isinstance(made.fps, float)


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("pause_task", {}, r"task's number is missing \(task_id\)"),
        ("pause_task", {"task_id": 1, "when": 2}, "when is not known"),
        ("pause_task", {"task_id": "1"}, "whole number"),
        ("allocate_nodes", {"task_id": 1, "nodes": "n1"}, "list of texts"),
        ("allocate_nodes", {"task_id": 1, "nodes": ["n1", 2]}, "list of texts"),
        ("allocate_nodes", {"task_id": 1, "nodes": [""]}, "nodes must have"),
        ("allocate_nodes", {"task_id": 1, "nodes": ["a\nb"]}, "line breaks"),
        ("allocate_nodes", {"task_id": 1, "pool": "gpu", "count": 0}, "number of nodes must lie"),
        ("set_auto_start", {"on": 1}, "true or false"),
        ("pause_task", {"task_id": True}, "whole number"),
        ("pause_task", {"task_id": 1.0}, "whole number"),
        ("pause_task", {"task_id": None}, "whole number"),
        ("pause_task", {"task_id": 0}, "between 1"),
        ("pause_task", {"task_id": 10**30}, "between 1"),
        ("set_priority", {"task_id": 1, "priority": 10}, "between 0 and 9"),
        ("set_priority", {"task_id": 1, "priority": -1}, "between 0 and 9"),
        ("retry_failed", {"task_id": 1, "frames": 5}, "must be text"),
        ("request_urgent", {"task_id": 1, "reason": "a\nb"}, "control characters"),
        ("request_urgent", {"task_id": 1, "reason": "x" * 501}, "0 to 500"),
        ("request_urgent", {"task_id": 1, "reason": "", "answer_min": 4}, "between 5 and 1,440"),
        ("answer_urgent", {"request_id": 1, "answer": "maybe"}, "must be one of: allow"),
        ("answer_urgent", {"request_id": 0, "answer": "allow"}, "between 1"),
        (
            "review_urgent",
            {"request_id": 1, "answer": "allow", "exit_rule": "slowly"},
            "must be one of: cheapest",
        ),
        ("set_quota", {"login": "a", "quota_bytes": 20}, "must be 0 or 1 MB to 1 PB, like 20GB"),
        ("set_quota", {"login": "a", "quota_bytes": 10**15 + 1}, "must be 0 or 1 MB to 1 PB"),
        ("set_quota", {"login": "a", "quota_bytes": -1}, "must be 0 or 1 MB to 1 PB"),
        ("take_package", {"task_id": 1, "transfer": "../x"}, "32 hex digits"),
        ("take_package", {"task_id": 1, "transfer": "0f" * 16 + "\n"}, "32 hex digits"),
        ("submit_task", SUBMIT | {"policy": "magic"}, "must be one of: static"),
        ("submit_task", SUBMIT | {"change": "huge"}, "must be one of: new"),
        ("submit_task", SUBMIT | {"name": ""}, "1 to 200"),
        ("submit_task", SUBMIT | {"name": "x" * 201}, "1 to 200"),
        ("submit_task", SUBMIT | {"name": "a\nb"}, "control characters"),
        ("submit_task", SUBMIT | {"name": "a\x1b[31m"}, "control characters"),
        ("submit_task", SUBMIT | {"show": "\u202eevil"}, "control characters"),
        ("submit_task", SUBMIT | {"scene": "/a\x00b"}, "control characters"),
        ("submit_task", SUBMIT | {"project": "\ud800"}, "control characters"),
        ("submit_task", SUBMIT | {"note": "a\x07"}, "control characters"),
        ("submit_task", SUBMIT | {"note": "a\n" * 2001}, "4,000"),
        ("submit_task", SUBMIT | {"fps": float("nan")}, "must be a number"),
        ("submit_task", SUBMIT | {"fps": 10**400}, "must be a number"),
        ("submit_task", SUBMIT | {"fps": 0}, "between"),
        ("submit_task", SUBMIT | {"width": 0}, "between 1 and 65,536"),
        ("submit_task", SUBMIT | {"start": 1}, "true or false"),
        ("submit_task", SUBMIT | {"camera": ""}, "1 to 200"),
        ("submit_task", SUBMIT | {"parameters": [1]}, "names with"),
        ("submit_task", SUBMIT | {"parameters": {"a": None}}, "names with"),
        ("submit_task", SUBMIT | {"parameters": {"a": {"b": 1}}}, "names with"),
        (
            "submit_task",
            SUBMIT | {"parameters": {"a": 10**30}},
            "field parameters.a must lie between",
        ),
        ("submit_task", SUBMIT | {"parameters": {str(n): 1 for n in range(201)}}, "200 entries"),
    ],
)
def test_a_body_that_does_not_fit_is_refused(kind: str, body: dict[str, object], text: str) -> None:
    with pytest.raises(BadField, match=text) as refused:
        from_body(kind, body)
    assert refused.value.zh != refused.value.en


def test_people_read_the_word_of_each_field_not_its_name() -> None:
    names = {field.name for command in get_args(Command) for field in fields(command)}
    assert set(FIELDS) == names
    with pytest.raises(BadField) as refused:
        from_body("set_quota", {"login": "wang", "quota_bytes": 20})
    assert refused.value.en == "The quota must be 0 or 1 MB to 1 PB, like 20GB."
    assert refused.value.zh == "配额必须是 0 或 1 MB 到 1 PB，例如 20GB。"


@pytest.mark.parametrize("kind", ["", "SubmitTask", "drop_tables", "__init__", "x" * 5000])
def test_an_unknown_kind_is_refused_in_a_short_sentence(kind: str) -> None:
    with pytest.raises(UnknownKind) as refused:
        from_body(kind, {})
    assert len(str(refused.value)) < 200


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.sampled_from(["submit_task", "retry_failed", "set_priority"]),
    st.dictionaries(
        st.sampled_from([field.name for field in fields(SubmitTask)] + ["task_id"]), json_values
    ),
)
def test_any_body_is_either_a_command_or_refused(kind: str, body: dict[str, object]) -> None:
    try:
        made = from_body(kind, body)
    except Refused:
        return
    assert from_body(kind_of(made), to_body(made)) == made
