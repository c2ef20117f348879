"""The engine turned by hand: what it does with what happens."""

from pathlib import Path

import pytest

from farmdesk.domain.failure_words import NEXT_STEPS
from farmdesk.domain.records import MessageRecord
from farmdesk.domain.states import FailureReason, FrameState, NodeState, TaskState
from farmdesk.domain.task_commands import (
    PauseTask,
    PurgeTask,
    RecycleTask,
    RestoreTask,
    ResumeTask,
    RetryFailed,
    SetPriority,
    StartRender,
    StopTask,
)
from farmdesk.domain.users import Role
from farmdesk.engine.clock import Moment
from farmdesk.engine.overlay import overlay
from farmdesk.engine.posts import AgentSaid, BadFrame, StopEngine
from farmdesk.engine.session import SILENT_S
from nodeagent.journal import Journal, JournalLine
from nodeagent.orders import Cancel, Close, Open
from nodeagent.reports import FrameBegun, FrameBroken, FramePublished, Log, RangeEnded
from tests.unit.engine.rig import DIGEST, Rig


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def _messages(rig: Rig) -> list[MessageRecord]:
    return [message for flush in rig.flushes for message in flush.messages]


def test_a_task_goes_from_submission_to_completed(rig: Rig) -> None:
    outcome = rig.submit("1-6")
    assert (outcome.applied, outcome.task_id) == (True, 1)
    assert "6" in outcome.text
    assert "任务" in outcome.text_zh
    assert {agent.slot for agent in rig.busy} == {"n1", "n2"}
    assert isinstance(rig.agents[0].orders[0], Open)
    rig.load_all()
    assert sorted(rig.render_all()) == [1, 2, 3, 4, 5, 6]
    assert rig.entry().task.state is TaskState.VERIFYING
    assert all(isinstance(agent.orders[-1], Close) for agent in rig.agents)
    rig.end_check()
    assert rig.entry().task.state is TaskState.COMPLETED
    row = rig.link.task(1)
    assert (row.state, row.done, row.failed, row.running) == (TaskState.COMPLETED, 6, 0, 0)
    assert rig.link.frame_states(1).states == bytes([FrameState.DONE]) * 6
    (message,) = _messages(rig)  # the staff need not be told of what went well
    assert (message.user, message.task_id) == (rig.entry().task.owner, 1)
    assert "is completed: 6 frames are proven" in message.text
    assert "6 帧已通过校验" in message.text_zh


def test_a_slot_that_has_fallen_free_gets_its_next_agent_prepared(rig: Rig) -> None:
    assert sorted(rig.ready) == ["n1", "n2"]
    rig.submit("1-4")
    rig.agents[0].kill()  # another one starts at once in its place
    rig.turn(1.0)
    assert len(rig.ready) == 2
    rig.load_all()
    rig.render_all()
    rig.turn(1.0)
    assert sorted(rig.ready) == ["n1", "n1", "n2", "n2"]
    rig.turn(1.0)
    assert len(rig.ready) == 4


def test_the_check_waits_until_the_database_has_all_frames(rig: Rig) -> None:
    rig.submit("1-2")
    written = rig.flushes[-1].number
    rig.write = lambda flush: None  # type: ignore[method-assign]
    for agent in list(rig.busy):
        agent.finish()
    rig.turn()
    assert rig.entry().task.state is TaskState.VERIFYING
    rig.engine._endings.start_checks(written, _now(rig))
    assert rig.jobs == []
    rig.engine._endings.start_checks(rig.farm.flushes, _now(rig))
    assert len(rig.jobs) == 1


def test_no_report_is_lost_when_more_wait_than_one_turn_takes(rig: Rig) -> None:
    rig.submit("1-2")
    for number in range(1800):
        rig.inbox.put(AgentSaid(1, Log("info", f"line {number}")))
    rig.engine.turn()
    while not rig.inbox.empty():
        rig.engine.turn()
    rig.turn()
    lines = [log.text for flush in rig.flushes for log in flush.logs]
    assert [line for line in lines if line.startswith("line ")][:500] == [
        f"line {number}" for number in range(500)
    ]


def test_what_a_dead_agent_finished_but_could_not_say_is_in_its_journal(rig: Rig) -> None:
    rig.submit("1-8")
    rig.load_all()
    victim = next(agent for agent in rig.busy if agent.slot == "n1")
    first, second = victim.frames[:2]
    logs = rig.folder / "work" / "000001" / "logs"
    line = JournalLine(first, 1.0, 0.0, 1.0, f"frame_{first:04d}.png", 9, DIGEST, 64, 36, "n1")
    Journal(logs / "n1.jsonl").add(line)
    (logs.parent / "frames" / line.path).touch()
    victim.die("kill -9")
    rig.turn()
    rendered = rig.render_all()
    assert first not in rendered
    assert second in rendered
    assert sorted([first, *rendered]) == list(range(1, 9))


def test_a_lost_report_is_noticed_when_the_next_frame_begins(rig: Rig) -> None:
    rig.submit("1-8")
    rig.load_all()
    forgetful = next(agent for agent in rig.busy if agent.slot == "n1")
    first, second = forgetful.frames[:2]
    logs = rig.folder / "work" / "000001" / "logs"
    line = JournalLine(first, 1.0, 0.0, 1.0, f"frame_{first:04d}.png", 9, DIGEST, 64, 36, "n1")
    Journal(logs / "n1.jsonl").add(line)
    (logs.parent / "frames" / line.path).touch()
    forgetful.report(FrameBegun(forgetful.range_id, first))
    forgetful.report(FrameBegun(forgetful.range_id, first))  # one that comes twice shows no loss
    rig.turn()
    assert rig.entry().count(FrameState.DONE) == 0
    forgetful.report(FrameBegun(forgetful.range_id, second))
    rig.turn()
    assert rig.entry().state_of(first) is FrameState.DONE


def test_what_a_journal_proved_is_not_shown_as_rendering(rig: Rig) -> None:
    rig.submit("1-8")
    rig.load_all()
    forgetful = next(agent for agent in rig.busy if agent.slot == "n1")
    frames = list(forgetful.frames)
    logs = rig.folder / "work" / "000001" / "logs"
    for frame in frames:
        name = f"frame_{frame:04d}.png"
        line = JournalLine(frame, 1.0, 0.0, 1.0, name, 9, DIGEST, 64, 36, "n1")
        Journal(logs / "n1.jsonl").add(line)
        (logs.parent / "frames" / name).touch()
    forgetful.report(FrameBegun(forgetful.range_id, frames[-1]))
    rig.turn()
    assert overlay(rig.entry(), [], [frames[-1]])[frames[-1] - 1] == FrameState.DONE


def test_a_failure_that_is_told_twice_is_one_attempt(rig: Rig) -> None:
    rig.submit("1-8")
    rig.load_all()
    agent = rig.busy[0]
    frame, number = agent.frames[0], agent.range_id
    agent.fail()
    agent.report(FrameBroken(number, frame, "crash", "it broke"))
    rig.turn()
    assert rig.entry().attempts == {frame: 1}


def test_a_journal_line_whose_frame_the_check_threw_away_counts_no_more(rig: Rig) -> None:
    rig.submit("1-8")
    rig.load_all()
    victim = next(agent for agent in rig.busy if agent.slot == "n1")
    first, logs = victim.frames[0], rig.folder / "work" / "000001" / "logs"
    line = JournalLine(first, 1.0, 0.0, 1.0, f"frame_{first:04d}.png", 9, DIGEST, 64, 36, "n1")
    Journal(logs / "n1.jsonl").add(line)
    victim.die("kill -9")
    rig.turn()
    assert first in rig.render_all()


def test_a_late_report_of_a_run_that_was_stopped_counts_for_the_next_run(rig: Rig) -> None:
    rig.submit("1-8")
    rig.load_all()
    agents = list(rig.busy)
    frame, number = agents[0].frames[0], agents[0].range_id
    for agent in agents:
        agent.alive = False  # it is told to end, but does not yet
    rig.send(StopTask(1))
    rig.send(ResumeTask(1))
    name = f"frame_{frame:04d}.png"
    agents[0].report(FramePublished(number, frame, 1.0, 0.0, name, 9, DIGEST, 64, 36))
    for agent in agents:
        agent.gone("")
    rig.turn()
    assert frame not in rig.render_all()


@pytest.mark.parametrize("path", ["../../x.png", "/etc/x.png", "a\\b.png", "..", "C:x.png", ""])
def test_a_frame_that_would_lie_elsewhere_is_refused(rig: Rig, path: str) -> None:
    rig.submit("1-1")
    agent = rig.busy[0]
    agent.finish(path=path or "\0")
    rig.turn()
    assert rig.entry().state_of(1) is not FrameState.DONE


def test_frames_that_the_check_rejects_are_rendered_again_three_times_in_all(rig: Rig) -> None:
    rig.submit("1-3")
    for attempt in (1, 2):
        rig.render_all()
        rig.end_check(BadFrame(2, "is missing", "缺失", missing=True))
        assert rig.entry().task.state is TaskState.RENDERING, attempt
    assert rig.render_all() == [2]
    rig.end_check(BadFrame(2, "is missing", "缺失", missing=True))
    rig.end_check()
    assert rig.entry().task.state is TaskState.PARTLY_FAILED
    assert rig.entry().count(FrameState.DONE) == 2
    step = NEXT_STEPS[FailureReason.BAD_IMAGE]
    assert rig.entry().task.reason == f"1 frame failed: frame 2 is missing. {step.en}"
    assert rig.entry().task.reason_zh == f"1 帧失败：第 2 帧缺失。{step.zh}"
    outcome = rig.send(RetryFailed(1))
    assert outcome.applied
    assert rig.render_all() == [2]
    rig.end_check()
    assert rig.entry().task.state is TaskState.COMPLETED


def test_a_frame_that_always_fails_is_given_up_after_three_attempts(rig: Rig) -> None:
    rig.submit("1-4")
    rig.load_all()
    tried: list[str] = []
    while rig.busy:
        agent = rig.busy[0]
        if agent.frames[0] == 3:
            tried.append(agent.slot)
            agent.fail("crash", "frame 3 kills it")
        else:
            agent.finish()
        rig.turn()
    assert len(tried) == 3
    assert len(set(tried)) == 2
    rig.end_check()
    task = rig.entry().task
    assert task.state is TaskState.PARTLY_FAILED
    step = NEXT_STEPS[FailureReason.CRASH]
    assert task.reason == f"1 frame failed: The tool crashed: frame 3 kills it. {step.en}"
    assert task.reason_zh == f"1 帧失败：工具崩溃：frame 3 kills it。{step.zh}"
    (told,) = _messages(rig)  # once to the staff, of whom the owner is one
    assert (told.user, told.role) == ("", Role.OPERATOR)
    assert "1 of 4 frames failed (3): The tool crashed: frame 3 kills it. " in told.text
    assert told.text.endswith(f" {step.en} 3 frames are proven.")
    assert told.text_zh.endswith(f"。{step.zh}3 帧已通过校验。")
    assert "1 帧失败（3）：工具崩溃：frame 3 kills it" in told.text_zh


def test_a_scene_that_cannot_be_loaded_fails_the_task_at_once(tmp_path: Path) -> None:
    rig = Rig(tmp_path, operators=frozenset({"operator"}))
    rig.submit("1-100", user="ann", start=False)
    rig.send(StartRender(1))
    rig.busy[0].fail("scene_load", "Error: Cannot read file")
    rig.turn()
    task = rig.entry().task
    assert (task.state, rig.entry().count(FrameState.DONE)) == (TaskState.FAILED, 0)
    assert "Cannot read file" in task.reason
    assert not rig.busy
    to_owner, to_staff = _messages(rig)
    assert (to_owner.user, to_staff.role) == ("ann", Role.OPERATOR)
    assert "The scene does not load: Error: Cannot" in to_owner.text
    assert to_owner.text == to_staff.text


def test_an_agent_that_falls_silent_is_killed_and_its_frames_go_on(rig: Rig) -> None:
    rig.submit("1-6")
    rig.load_all()
    hung = rig.busy[0]
    hung.mute = True
    for _ in range(8):
        rig.turn(SILENT_S / 4)
    assert not hung.alive
    assert sorted(rig.render_all()) == [1, 2, 3, 4, 5, 6]


def test_a_node_whose_agents_die_rests_and_comes_back_by_itself(tmp_path: Path) -> None:
    rig = Rig(tmp_path, nodes=1)
    rig.submit("1-6")
    for _ in range(3):
        rig.agents[-1].die("no Python here")
        rig.turn()
    assert rig.link.nodes()[0].record.state is NodeState.FAULT
    assert not rig.busy
    rig.turn(61)
    assert rig.link.nodes()[0].record.state is NodeState.RENDERING
    assert len(rig.render_all()) == 6


def test_pause_finishes_the_frames_in_hand_and_resume_renders_the_rest(rig: Rig) -> None:
    rig.submit("1-10")
    rig.load_all()
    in_hand = [agent.frames[0] for agent in rig.busy]
    assert rig.send(PauseTask(1)).applied
    assert sorted(rig.render_all()) == sorted(in_hand)
    assert rig.entry().task.state is TaskState.PAUSED
    assert rig.send(ResumeTask(1)).applied
    assert sorted(rig.render_all()) == sorted(set(range(1, 11)) - set(in_hand))


def test_stop_kills_and_keeps_what_is_finished(rig: Rig) -> None:
    rig.submit("1-10")
    rig.load_all()
    done = rig.busy[0].finish()
    rig.turn()
    assert rig.send(StopTask(1)).applied
    assert all(any(isinstance(o, Cancel) for o in agent.orders) for agent in rig.agents)
    assert rig.entry().task.state is TaskState.STOPPED
    assert rig.entry().state_of(done) is FrameState.DONE
    assert rig.send(StartRender(1)).applied
    assert done not in rig.render_all()


def test_the_higher_priority_gets_the_nodes_first(rig: Rig) -> None:
    rig.submit("1-4", start=False)
    rig.submit("1-4", start=False)
    rig.send(SetPriority(2, 9))
    rig.runs.begin(rig.entry(1), _now(rig))
    rig.runs.begin(rig.entry(2), _now(rig))
    rig.turn()
    opened = [agent.orders[0] for agent in rig.agents]
    assert {order.task for order in opened if isinstance(order, Open)} == {2}


def test_recycle_restore_purge(rig: Rig) -> None:
    rig.submit("1-2")
    assert not rig.send(RecycleTask(1)).applied
    rig.render_all()
    rig.end_check()
    assert not rig.send(PurgeTask(1)).applied
    assert rig.send(RecycleTask(1)).applied
    assert [row.id for row in rig.link.tasks()] == []
    assert rig.send(RestoreTask(1)).applied
    assert [row.id for row in rig.link.tasks()] == [1]
    assert rig.send(RecycleTask(1)).applied
    assert rig.send(PurgeTask(1)).applied
    assert not (rig.folder / "work" / "000001").exists()
    assert not rig.send(RestoreTask(1)).applied


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("nonsense", {}),
        ("stop_task", {}),
        ("stop_task", {"task_id": "1"}),
        ("stop_task", {"task_id": 99}),
        ("pause_task", {"task_id": 2}),
        ("set_priority", {"task_id": 1, "priority": 10}),
        ("retry_failed", {"task_id": 1, "frames": None}),
        ("submit_task", {"name": "x"}),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    rig: Rig, kind: str, body: dict[str, object]
) -> None:
    rig.submit("1-2")
    rig.submit("1-2", start=False)
    before = [(row.state, row.priority, row.frames) for row in rig.link.tasks()]
    outcome = rig.send_body(kind, body)
    assert not outcome.applied
    assert outcome.text
    assert outcome.text_zh
    assert [(row.state, row.priority, row.frames) for row in rig.link.tasks()] == before


def test_a_scene_that_does_not_exist_is_refused_with_its_path(rig: Rig) -> None:
    rig.submit("1-2")
    (rig.folder / "场景 1.blend").unlink()
    scene = str(rig.folder / "场景 1.blend")
    body: dict[str, object] = {
        "name": "x",
        "tool": "blender",
        "tool_version": "",
        "scene": scene,
        "frames": "1",
    }
    outcome = rig.send_body("submit_task", body)
    assert not outcome.applied
    assert scene in outcome.text
    assert scene in outcome.text_zh


def _now(rig: Rig) -> Moment:
    return rig.now()


def test_nodes_are_offline_while_the_engine_does_not_run(rig: Rig) -> None:
    rig.submit("1-8")
    rig.inbox.put(StopEngine())
    rig.engine.run()
    states = {row.record.node: row.record.state for row in rig.link.nodes()}
    assert states == {"n1": NodeState.OFFLINE, "n2": NodeState.OFFLINE}
    assert not any(agent.alive for agent in rig.agents)
    assert rig.link.task(1).state is TaskState.RENDERING


def test_a_range_that_ends_without_all_its_frames_is_taken_back(rig: Rig) -> None:
    rig.submit("1-6")
    rig.load_all()
    forgetful = rig.busy[0]
    lost, forgetful.frames = forgetful.frames, []
    forgetful.report(RangeEnded(forgetful.range_id))
    rig.turn()
    assert set(rig.render_all()) >= set(lost)
    assert rig.entry().count(FrameState.DONE) == 6


def test_slots_that_idle_in_one_task_go_to_another_that_has_none(rig: Rig) -> None:
    rig.submit("1-3")
    rig.load_all()
    while len(rig.busy) > 1:
        rig.busy[0].finish()
        rig.turn()
    rig.submit("1-4")
    assert {agent.orders[0].task for agent in rig.busy} == {1, 2}  # type: ignore[union-attr]
