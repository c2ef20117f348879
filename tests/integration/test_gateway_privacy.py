"""A customer reads everything that there is to read, and finds nothing of another customer."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farmdesk.db.store import Store
from farmdesk.domain.account_commands import SuspendUser
from farmdesk.domain.commands import Command
from farmdesk.domain.errors import Refused
from farmdesk.domain.exits import ExitCost, ExitRule, TaskLoss
from farmdesk.domain.records import LogRecord, MessageRecord
from farmdesk.domain.said import Said
from farmdesk.domain.states import FrameState, TaskState
from farmdesk.domain.task_commands import (
    PauseTask,
    PurgeTask,
    RecycleTask,
    SetPriority,
    StopTask,
    SubmitTask,
    TakePackage,
)
from farmdesk.domain.urgent import OPERATORS, Consent
from farmdesk.domain.urgent_commands import AnswerUrgent, RequestUrgent
from farmdesk.domain.users import Role, User
from farmdesk.link.direct import DirectLink
from farmdesk.link.remote.link import RemoteLink
from farmdesk.security.audit_chain import digest_of
from tests.gateway_room import Room
from tests.samples import (
    NOW,
    Farm,
    frame_record,
    new_task,
    node_record,
    spec,
    task_record,
    urgent_request,
)

SECRET = "geheim-甲"
ANNS, BOBS = 1, 2
MANY = 123_456_789  # nodes of hers
READS = (
    "/commands",
    "/commands/{}",
    "/tasks",
    "/tasks/{}",
    "/tasks/{}/states",
    "/tasks/{}/frames",
    "/tasks/{}/times",
    "/tasks/{}/results",
    "/paces",
    "/nodes",
    "/logs",
    "/urgent",
    "/messages",
    "/profile",
)


@pytest.fixture
def shared(room: Room) -> Iterator[Room]:
    """A farm where ann and bob both have a task; all that is ann's holds the secret."""
    store = Store(room.url, owner="engine", chain=digest_of)
    store.acquire_lease(NOW, 60)
    farm = Farm(DirectLink(room.database, issued_by="ann"), store.apply)
    anns = replace(new_task(ANNS, spec(SECRET, project=SECRET, note=SECRET)), owner="ann")
    bobs = replace(new_task(BOBS, spec("bob's")), owner="bob")
    ask = urgent_request(1, ANNS, asked_by=SECRET, consents=(Consent("bob"), Consent(SECRET)))
    losses = (TaskLoss(ANNS, MANY, MANY, 5.0), TaskLoss(BOBS, 1, 2, 3.0))
    costs = ExitCost(ExitRule.NOW, MANY, 4.0, MANY, 80.0, 99.0, losses)
    asked = urgent_request(
        2, BOBS, asked_by="bob", consents=(Consent(OPERATORS), Consent(SECRET, by=SECRET))
    )
    hers = urgent_request(3, ANNS, asked_by="ann", consents=(Consent(OPERATORS), Consent("eve")))
    farm.change(
        new_tasks=(anns, bobs),
        tasks=(
            task_record(ANNS, check_report=SECRET),
            replace(task_record(BOBS, TaskState.QUEUED), reason=SECRET, reason_zh=SECRET),
        ),
        nodes=(node_record(SECRET, task_id=BOBS), node_record("n", task_id=ANNS, frame=3)),
        frames=(
            frame_record(1, task_id=ANNS, node=SECRET),
            frame_record(2, FrameState.FAILED, task_id=BOBS, node=SECRET),
            frame_record(3, task_id=BOBS, node=SECRET),
        ),
        logs=(LogRecord(NOW, "info", SECRET, ANNS), LogRecord(NOW, "info", "b", BOBS, SECRET)),
        urgents=(
            replace(ask, decision=SECRET, ending=Said(SECRET, SECRET), costs=(costs,)),
            asked,
            hers,
        ),
        messages=(
            MessageRecord(NOW, SECRET, SECRET, user="ann"),
            MessageRecord(NOW, SECRET, SECRET, role=Role.OPERATOR),
            MessageRecord(NOW, "for bob", "给 bob", user="bob"),
        ),
    )
    farm.link.send(spec(SECRET))
    yield room
    store.close()


def _bob(room: Room) -> RemoteLink:
    return RemoteLink(room.gateway.session("bob"))


def test_a_customer_sees_what_is_his(shared: Room) -> None:
    bob = _bob(shared)
    (task,) = bob.tasks()
    assert (task.id, task.name, task.output) == (BOBS, "bob's", "")
    assert [(row.record.frame, row.record.node) for row in bob.frames(BOBS)] == [(2, ""), (3, "")]
    assert [pace.task_id for pace in bob.paces([ANNS, BOBS])] == [BOBS]
    assert list(bob.frame_times(BOBS).seconds) == [3]
    assert [(row.record.text, row.record.node) for row in bob.logs()] == [("b", None)]
    assert len(bob.frame_states(BOBS).states) == 10
    asked, own = bob.urgent_requests()
    assert (asked.request.task_id, asked.request.reason) == (0, urgent_request().reason)
    assert [item.login for item in asked.request.consents] == ["bob"]
    assert [(c.nodes, c.frames, c.tasks[0].task_id) for c in asked.request.costs] == [(1, 2, BOBS)]
    assert [item.login for item in own.request.consents] == [OPERATORS, "···"]
    assert [row.record.text for row in bob.messages(User("bob", Role.CUSTOMER))] == ["for bob"]
    for another in (User("ann", Role.CUSTOMER), User("bob", Role.OPERATOR)):
        assert bob.messages(another) == []
    assert bob.nodes() == []
    number = bob.send(StopTask(BOBS))
    assert [row.id for row in bob.commands()] == [number]
    assert bob.outcome(number).issued_by == "bob"
    bob.close()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(READS),
    number=st.one_of(st.sampled_from([ANNS, BOBS, 0, 3, 1 << 53]), st.integers(-5, 1 << 70)),
    params=st.fixed_dictionaries(
        {},
        optional={
            "since": st.integers(-1, 50),
            "limit": st.sampled_from([0, 1, 2, 100_000, 10**9]),
            "task": st.lists(st.sampled_from([ANNS, BOBS, 9]), max_size=3),
            "recycled": st.sampled_from(["no", "yes", "both", "all"]),
            "login": st.sampled_from(["ann", "bob", "operator", "", SECRET]),
            "role": st.sampled_from(["customer", "operator", "superadmin", "root"]),
        },
    ),
)
def test_no_read_tells_one_customer_of_another(
    shared: Room, path: str, number: int, params: dict[str, object]
) -> None:
    shared.header = shared.header or shared.enter("bob")
    reply = shared.client.get(path.format(number), params=params, headers=shared.header)  # type: ignore[arg-type]
    assert reply.status_code in (200, 404, 422)
    for leak in (SECRET, json.dumps(SECRET)[1:-1], str(MANY), "/srv/"):
        assert leak not in reply.text


def test_what_is_another_customer_s_looks_as_if_there_were_none(shared: Room) -> None:
    header, none = shared.enter("bob"), 98_765
    paths = [path for path in READS if "{}" in path]
    paths += [f"{path}?task={{}}" for path in ("/logs", "/paces")]
    for path in paths:
        hers, nobodys = (
            shared.client.get(path.format(number), headers=header) for number in (ANNS, none)
        )
        assert hers.status_code == nobodys.status_code, path
        assert hers.text == nobodys.text.replace(str(none), str(ANNS)), path


@pytest.mark.parametrize(
    "command",
    [
        StopTask(ANNS),
        RecycleTask(ANNS),
        RequestUrgent(ANNS, "now"),
        StopTask(12345),
        PauseTask(BOBS),
        SetPriority(BOBS, 9),
        PurgeTask(BOBS),
        SuspendUser("ann", "x"),
        TakePackage(BOBS, "00" * 16),
        spec("theft", scene="/srv/work/000001/scene/a.blend"),
        spec("first", scene="a.blend", upload=True, start=True),
        spec("first", scene="a.blend", upload=True, priority=9),
    ],
    ids=repr,
)
def test_what_a_customer_may_not_ask_becomes_no_command(shared: Room, command: Command) -> None:
    bob = _bob(shared)
    with pytest.raises(Refused) as refused:
        bob.send(command)
    assert SECRET not in refused.value.en
    assert bob.commands() == []
    bob.close()


def test_what_a_customer_may_ask_becomes_one(shared: Room) -> None:
    bob = _bob(shared)
    wishes: list[Command] = [
        StopTask(BOBS),
        RequestUrgent(BOBS, "the show begins"),
        AnswerUrgent(1, "refuse"),
        SubmitTask("x", "blender", "4.2", "a.blend", "1-10", upload=True),
    ]
    numbers = [bob.send(wish) for wish in wishes]
    assert [row.id for row in bob.commands()] == numbers
    bob.close()


def test_an_operator_is_no_superadmin(shared: Room) -> None:
    operator = RemoteLink(shared.gateway.session("operator"))
    with pytest.raises(Refused, match="superadmin"):
        operator.send(SuspendUser("ann", "x"))
    assert operator.task(ANNS).name == SECRET
    operator.close()
    boss = RemoteLink(shared.gateway.session("boss"))
    assert boss.outcome(boss.send(SuspendUser("ann", "x"))).issued_by == "boss"
    boss.close()
