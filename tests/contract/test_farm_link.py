"""What every FarmLink promises: the in-memory one, DirectLink on both databases, RemoteLink.

`leased`: DirectLink over a leased operator account, so that its grants are enough for all of it.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from farmdesk.db import accounts, grants, leases, sessions
from farmdesk.db.database import open_database
from farmdesk.db.store import Store
from farmdesk.domain.accounts import Session
from farmdesk.domain.commands import from_body
from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.domain.exits import ExitRule
from farmdesk.domain.node import BY_HAND
from farmdesk.domain.records import LogRecord, MessageRecord, Outcome
from farmdesk.domain.said import Said
from farmdesk.domain.states import FrameState, NodeState, TaskState
from farmdesk.domain.task_commands import PauseTask, SetPriority, SubmitTask
from farmdesk.domain.text import is_one_line
from farmdesk.domain.urgent_states import Answer, UrgentState
from farmdesk.domain.users import Role, User
from farmdesk.link.direct import DirectLink
from farmdesk.link.farm_link import FarmLink
from farmdesk.link.leased import open_leased
from farmdesk.link.outcome import wait_outcome
from farmdesk.link.remote.link import RemoteLink
from farmdesk.link.wire import LentDatabase
from farmdesk.security.audit_chain import digest_of
from tests.fakes import FakeLink
from tests.gateways import RunningGateway, add_user
from tests.samples import (
    HOSTILE,
    NOW,
    Farm,
    frame_record,
    new_task,
    node_record,
    spec,
    task_record,
    urgent_request,
)
from tests.servers import DatabaseServer


@pytest.fixture(params=["fake", "sqlite", "server", "leased", "remote"])
def farm(request: pytest.FixtureRequest) -> Iterator[Farm]:
    if request.param == "fake":
        fake = FakeLink()
        yield Farm(fake, fake.apply)
        return
    place = {"remote": "sqlite", "leased": "server"}.get(request.param, request.param)
    url: str = request.getfixturevalue(f"{place}_url")
    link: FarmLink = DirectLink(url, issued_by="operator")
    if request.param == "remote":
        gateway: RunningGateway = request.getfixturevalue("gateway")
        gateway.serve(url)
        add_user(url, "operator", Role.OPERATOR)
        link = gateway.link("operator")
    if request.param == "leased":
        link = leased_link(request.getfixturevalue("db_server"), url)
    store = Store(url, owner="engine", chain=digest_of)
    store.acquire_lease(NOW, 60)
    yield Farm(link, store.apply)
    link.close()
    store.close()


def leased_link(server: DatabaseServer, url: str) -> DirectLink:
    """Give an operator's link as a client opens it after his login."""
    add_user(url, "operator", Role.OPERATOR)
    database = open_database(url)
    grants.apply(database)
    now = datetime.now(UTC)
    with database.reading() as connection:
        account = accounts.active(connection, "operator")
    token, until = bytes(32), now + timedelta(hours=1)
    with database.writing() as connection:
        session = Session(token, account.user_id, "key", "::1", now, now, until)
        sessions.begin(connection, session)
    lent = leases.lend(database, account, token_hash=token, now=now, until=until, chain=digest_of)
    database.close()
    place = f"127.0.0.1:{server.port}/{database.name}"
    seen = LentDatabase(place, lent.account, lent.password, lent.role, server.ca.read_text())
    return DirectLink(open_leased(seen, server.ca), issued_by="operator")


def test_an_empty_farm_shows_nothing(farm: Farm) -> None:
    assert (farm.link.tasks(), farm.link.nodes(), farm.link.logs()) == ([], [], [])
    assert farm.link.commands() == []


def test_a_task_is_read_as_it_was_submitted(farm: Farm) -> None:
    submitted = spec("开幕式", "1-100x2,150", project="winter", show="opening", version="v3")
    rev = farm.add_task(7, submitted)
    (row,) = farm.link.tasks()
    assert row == farm.link.task(7)
    assert (row.id, row.rev, row.name, row.owner) == (7, rev, "开幕式", "director")
    assert (row.project, row.show, row.version) == ("winter", "opening", "v3")
    assert (row.tool, row.tool_version, row.frames, row.total) == (
        "blender",
        "4.2",
        "1-100x2,150",
        51,
    )
    assert (row.state, row.created_at, row.started_at) == (TaskState.RENDERING, NOW, NOW)
    assert row.finished_at is None
    assert row.output == "/srv/work/7/frames"


def test_only_changed_tasks_are_read_again(farm: Farm) -> None:
    farm.add_task(1)
    rev = farm.add_task(2)
    assert farm.link.tasks(rev) == []
    newer = farm.change(tasks=(task_record(1, done=3),))
    assert newer > rev
    assert [(row.id, row.rev, row.done) for row in farm.link.tasks(rev)] == [(1, newer, 3)]


def test_tasks_come_by_position(farm: Farm) -> None:
    for task_id in (3, 1, 2):
        farm.add_task(task_id)
    assert [row.id for row in farm.link.tasks()] == [1, 2, 3]


def test_the_recycle_queue_is_apart(farm: Farm) -> None:
    farm.add_task(1)
    farm.add_task(2)
    farm.change(tasks=(task_record(2, TaskState.STOPPED, recycled=True),))
    assert [row.id for row in farm.link.tasks()] == [1]
    assert [row.id for row in farm.link.tasks(recycled=True)] == [2]
    assert [row.id for row in farm.link.tasks(recycled=None)] == [1, 2]


def test_a_check_report_stays_until_there_is_a_new_one(farm: Farm) -> None:
    farm.add_task()
    farm.change(tasks=(task_record(check_report='{"proven": 10}'),))
    farm.change(tasks=(task_record(state=TaskState.COMPLETED),))
    assert farm.link.task(1).check_report == '{"proven": 10}'


def test_frame_states_are_the_blob_with_attempts_and_slots_over_it(farm: Farm) -> None:
    farm.add_task(1, spec(frames="10-60x10"))  # 10 20 30 40 50 60
    states = [
        FrameState.ASSIGNED,
        FrameState.RENDERING,
        FrameState.RENDERING,
        *[FrameState.WAITING] * 3,
    ]
    farm.change(tasks=(task_record(frame_states=bytes(states)),))
    farm.change(
        frames=(frame_record(10), frame_record(20, FrameState.RETRYING)),
        nodes=(node_record(task_id=1, frame=40),),
    )
    rev = farm.change(frames=(frame_record(20, attempt=2),))
    found = farm.link.frame_states(1)
    assert found.rev == rev
    assert list(found.states) == [
        FrameState.DONE,
        FrameState.DONE,  # its second attempt counts
        FrameState.ASSIGNED,  # no slot renders it any more
        FrameState.RENDERING,
        FrameState.WAITING,
        FrameState.WAITING,
    ]


def test_a_newer_blob_overrules_older_attempts(farm: Farm) -> None:
    farm.add_task(1, spec(frames="1-2"))
    farm.change(frames=(frame_record(1), frame_record(2)))
    rejected = bytes([FrameState.RETRYING, FrameState.DONE])
    farm.change(tasks=(task_record(frame_states=rejected),))
    assert farm.link.frame_states(1).states == rejected


def test_attempts_are_read_by_rev(farm: Farm) -> None:
    farm.add_task()
    first = farm.change(frames=(frame_record(2), frame_record(1, FrameState.FAILED)))
    second = farm.change(frames=(frame_record(1, attempt=2), frame_record(9, task_id=2)))
    rows = farm.link.frames(1)
    assert [(row.rev, row.record.frame, row.record.attempt) for row in rows] == [
        (first, 1, 1),
        (first, 2, 1),
        (second, 1, 2),
    ]
    assert rows[0].record == frame_record(1, FrameState.FAILED)
    assert rows[1].record == frame_record(2)
    assert [row.record.frame for row in farm.link.frames(1, first)] == [1]
    assert farm.link.frames(1, second) == []


def test_a_page_of_attempts_never_cuts_a_rev(farm: Farm) -> None:
    farm.add_task()
    farm.change(frames=tuple(frame_record(frame) for frame in (1, 2)))
    second = farm.change(frames=tuple(frame_record(frame) for frame in (3, 4, 5)))
    farm.change(frames=(frame_record(6),))
    page = farm.link.frames(1, limit=3)
    assert [row.record.frame for row in page] == [1, 2, 3, 4, 5]
    assert [row.record.frame for row in farm.link.frames(1, second, limit=3)] == [6]


def test_a_node_is_read_as_it_was_written(farm: Farm) -> None:
    farm.add_task(1, spec("closing"))
    farm.change(nodes=(node_record("node-02"), node_record("node-01", task_id=1, frame=4)))
    first, second = farm.link.nodes()
    assert first.record == node_record("node-01", task_id=1, frame=4)
    assert (first.task_name, second.task_name) == ("closing", "")
    rev = max(first.rev, second.rev)
    newer = farm.change(nodes=(node_record("node-02", task_id=1, frame=5),))
    assert [(row.rev, row.record.node, row.record.state) for row in farm.link.nodes(rev)] == [
        (newer, "node-02", NodeState.RENDERING)
    ]


def test_a_tasks_line_counts_the_nodes_that_come_and_go(farm: Farm) -> None:
    rev = farm.add_task(1)
    rev = farm.change(nodes=(node_record("a", task_id=1), node_record("b", task_id=1)))
    assert [(row.rev, row.nodes) for row in farm.link.tasks()] == [(rev, 2)]
    farm.change(nodes=(node_record("a"),))
    assert [row.nodes for row in farm.link.tasks(rev)] == [1]


def test_log_lines_are_read_newest_first_but_shown_in_order(farm: Farm) -> None:
    farm.add_task()
    lines = [LogRecord(NOW, "info", f"line {n}", task_id=1 + n % 2) for n in range(6)]
    farm.change(logs=tuple(lines))
    assert [row.record for row in farm.link.logs(limit=2)] == lines[-2:]
    rows = farm.link.logs(task_id=2)
    assert [row.record.text for row in rows] == ["line 1", "line 3", "line 5"]
    assert [row.record for row in farm.link.logs(rows[0].id, limit=2)] == lines[2:4]


def test_an_urgent_request_is_read_as_it_was_written_and_again_when_it_changes(farm: Farm) -> None:
    farm.add_task(1, spec("开幕式"))
    made, other = urgent_request(1), urgent_request(2, task_id=99, consents=())
    rev = farm.change(urgents=(made, other))
    first, second = farm.link.urgent_requests()
    assert (first.request, first.rev, first.task_name) == (made, rev, "开幕式")
    assert (second.request, second.task_name) == (other, "")
    assert farm.link.urgent_requests(rev) == []
    later = made.answered(User("ann", Role.CUSTOMER), Answer.ALLOW, NOW)
    later = later.overruled_by(
        User("op", Role.OPERATOR), NOW, words=HOSTILE[2], rule=ExitRule.LOSE_NOTHING
    ).admitted()
    farm.change(urgents=(made, later))  # in one flush the last word counts
    (row,) = farm.link.urgent_requests(rev)
    assert row.request == later
    assert (row.request.state, row.request.overruled) == (UrgentState.ADMITTED, True)
    ended = later.ended(UrgentState.ENDED, NOW, Said("its task has ended", HOSTILE[0]))
    farm.change(urgents=(ended,))
    (row,) = farm.link.urgent_requests(row.rev)
    assert row.request == ended


def test_everybody_reads_his_own_messages_and_those_of_his_role(farm: Farm) -> None:
    told = [
        MessageRecord(NOW, "for ann", "给 ann", user="ann", task_id=1, request_id=2),
        MessageRecord(NOW, "for staff", "给操作员", role=Role.OPERATOR),
        MessageRecord(NOW, HOSTILE[1], HOSTILE[0], user="operator"),
        MessageRecord(NOW, "again", "再次", user="ann"),
    ]
    farm.change(messages=tuple(told))
    ann = User("ann", Role.CUSTOMER)
    first, last = farm.link.messages(ann)
    assert [first.record, last.record] == [told[0], told[3]]
    assert (first.sentence("zh"), first.sentence("en")) == ("给 ann", "for ann")
    assert farm.link.messages(ann, first.id) == [last]
    assert farm.link.messages(ann, limit=1) == [last]
    assert farm.link.messages(User("Ann", Role.CUSTOMER)) == []
    assert farm.link.messages(User("", Role.CUSTOMER)) == []
    for login, role in (("operator", Role.OPERATOR), ("operator", Role.SUPERADMIN)):
        rows = farm.link.messages(User(login, role))
        assert [row.record for row in rows] == told[1:3]


def test_a_command_waits_until_it_is_answered(farm: Farm) -> None:
    number = farm.link.send(spec())
    row = farm.link.outcome(number)
    assert (row.id, row.kind, row.issued_by, row.applied) == (
        number,
        "submit_task",
        "operator",
        None,
    )
    assert row.issued_at.utcoffset() is not None
    with pytest.raises(FarmUnavailable, match="has not answered"):
        wait_outcome(farm.link, number, timeout_s=0)
    farm.change(
        new_tasks=(new_task(1),),
        tasks=(task_record(1),),
        outcomes=(Outcome(number, applied=True, text="", at=NOW, task_id=1),),
    )
    answer = wait_outcome(farm.link, number, timeout_s=10)
    assert (answer.applied, answer.text, answer.task_id) == (True, "", 1)


def test_a_refusal_has_its_sentence(farm: Farm) -> None:
    number = farm.link.send(PauseTask(99))
    farm.change(outcomes=(Outcome(number, applied=False, text="没有此任务", at=NOW),))
    row = farm.link.outcome(number)
    assert (row.applied, row.text, row.task_id) == (False, "没有此任务", None)


def test_commands_are_listed_in_order(farm: Farm) -> None:
    numbers = [farm.link.send(SetPriority(1, priority)) for priority in range(4)]
    assert [row.id for row in farm.link.commands()] == numbers
    rest = farm.link.commands(numbers[0], limit=2)
    assert [row.body for row in rest] == [{"task_id": 1, "priority": p} for p in (1, 2)]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_any_text_comes_back_as_it_was_sent(farm: Farm, text: str) -> None:
    command = SubmitTask(
        name=text, tool="blender", tool_version="4", scene=text, frames="1", parameters={text: text}
    )
    if isinstance(farm.link, RemoteLink) and not is_one_line(text):
        with pytest.raises(Refused, match="control characters"):  # what the engine would say later
            farm.link.send(command)
    else:
        row = farm.link.outcome(farm.link.send(command))
        assert row.body["name"] == text
        assert row.body["parameters"] == {text: text}
    farm.change(
        new_tasks=(new_task(1, command),),
        tasks=(task_record(1),),
        logs=(LogRecord(NOW, "info", text, 1, text, 1),),
        nodes=(node_record(text, task_id=1),),
    )
    assert farm.link.task(1).name == text
    assert farm.link.logs()[0].record.text == text
    assert [(n.record.node, n.task_name) for n in farm.link.nodes()] == [(text, text)]


@pytest.mark.parametrize("value", ["a\0b", "\0"])
def test_text_with_nul_is_refused(farm: Farm, value: str) -> None:
    with pytest.raises(Refused):
        farm.link.send(spec(note=value))
    assert farm.link.commands() == []


def test_numbers_keep_their_kind_on_the_way(farm: Farm) -> None:
    sent = spec(parameters={"whole": 3, "real": 3.0, "yes": True, "text": "3"}, fps=50.0)
    body = farm.link.outcome(farm.link.send(sent)).body
    parameters = body["parameters"]
    assert isinstance(parameters, dict)
    assert [type(parameters[k]) for k in ("whole", "real", "yes", "text")] == [
        int,
        float,
        bool,
        str,
    ]
    assert from_body("submit_task", body) == sent


def test_what_is_not_there_is_refused_with_a_sentence(farm: Farm) -> None:
    for ask in (farm.link.task, farm.link.frame_states, farm.link.outcome):
        with pytest.raises(Refused) as refusal:
            ask(12345)
        assert "12345" in refusal.value.en
        assert "12345" in refusal.value.zh


def test_frame_times_are_those_of_frames_that_a_node_rendered(farm: Farm) -> None:
    farm.add_task(1)
    farm.change(
        frames=(
            frame_record(1),
            frame_record(2, FrameState.RETRYING),
            frame_record(3, FrameState.RETRYING),
            frame_record(3, attempt=2),
            replace(frame_record(4), node=BY_HAND, render_s=0.0),
        )
    )
    times = farm.link.frame_times(1)
    assert (times.seconds, times.load_s) == ({1: 1.25, 3: 1.25}, 0.5)
    assert farm.link.frame_times(99).seconds == {}


def test_paces_sum_up_frames_that_a_node_rendered(farm: Farm) -> None:
    farm.add_task(1)
    farm.add_task(2)
    by_hand = replace(frame_record(4), node=BY_HAND, render_s=0.0)
    broken = frame_record(3, FrameState.RETRYING)
    farm.change(frames=(*(frame_record(k) for k in (1, 2)), broken, by_hand))
    (pace,) = farm.link.paces([1, 2, 99])
    assert (pace.task_id, pace.frames, pace.load_s) == (1, 2, 0.5)
    assert pace.mean_s == pytest.approx(1.25)
    assert pace.deviation_s == pytest.approx(0.0, abs=1e-6)
    assert farm.link.paces([]) == []
