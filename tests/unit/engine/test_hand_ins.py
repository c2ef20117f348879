"""Frames by hand, in an engine turned by hand: which task takes them, and what becomes of it."""

from pathlib import Path

import pytest

from farmdesk.domain.node import BY_HAND
from farmdesk.domain.records import Outcome
from farmdesk.domain.said import Said
from farmdesk.domain.states import FrameState, TaskState
from farmdesk.domain.task_commands import (
    PauseTask,
    RecycleTask,
    ResumeTask,
    StartRender,
    StopTask,
    TakeFrames,
    TakeSentFrames,
)
from farmdesk.engine.hand_ins import NAMED, HandIn
from farmdesk.engine.posts import CommandsArrived, FrameTaken, HandInEnded
from nodeagent.journal import JournalLine
from tests.unit.engine.rig import DIGEST, Rig

TAKE = TakeFrames(1, "/elsewhere/帧")


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def ask(rig: Rig) -> HandIn:
    """Hand in, and give what the thread beside the loop is told."""
    with pytest.raises(StopIteration):  # nobody answers before its end
        rig.send(TAKE)
    return rig.hand_ins.pop()


def take(rig: Rig, order: HandIn, *frames: int) -> None:
    for frame in frames:
        name = f"frame_{frame:04d}.png"
        (order.output / name).touch()
        line = JournalLine(frame, 0.0, 1.0, 1.0, name, 9, DIGEST, 64, 36, BY_HAND)
        rig.inbox.put(FrameTaken(order.task_id, line))
    rig.turn()


def end(rig: Rig, order: HandIn, taken: int, *refused: Said, error: Said | None = None) -> Outcome:
    rig.inbox.put(HandInEnded(order.command_id, order.task_id, taken, refused, error))
    rig.turn()
    answers = [item for flush in rig.flushes for item in flush.outcomes]
    return next(item for item in answers if item.command_id == order.command_id)


def give_up(rig: Rig, *frames: int) -> None:
    """Let these frames of task 1 fail for good, and the others be rendered."""
    while rig.busy:
        agent = rig.busy[0]
        agent.fail() if agent.frames[0] in frames else agent.finish()
        rig.turn()


def test_a_queued_task_that_gets_all_its_frames_is_checked_and_completed(rig: Rig) -> None:
    rig.submit("1-3", start=False)
    order = ask(rig)
    assert (order.folder, order.proven, str(order.frames)) == (
        Path(TAKE.folder),
        order.proven,
        "1-3",
    )
    assert order.output.is_dir()
    assert order.journal.name == "by hand.jsonl"
    take(rig, order, 1, 2, 3)
    assert rig.link.task(1).done == 3
    outcome = end(rig, order, 3)
    assert (outcome.applied, outcome.text) == (True, "3 frames taken by hand for task 1.")
    assert rig.entry().task.state is TaskState.VERIFYING
    rig.end_check()
    assert rig.link.task(1).state is TaskState.COMPLETED
    assert {row.record.node for row in rig.link.frames(1)} == {BY_HAND}
    assert not rig.agents


def test_a_task_with_frames_left_keeps_its_state_and_shows_its_count(rig: Rig) -> None:
    rig.submit("1-3", start=False)
    order = ask(rig)
    take(rig, order, 2)
    end(rig, order, 1)
    row = rig.link.task(1)
    assert (row.state, row.done) == (TaskState.QUEUED, 1)
    rig.send(StartRender(1))
    rig.load_all()
    assert sorted(rig.render_all()) == [1, 3]


def test_failed_frames_by_hand_complete_the_task(rig: Rig) -> None:
    rig.submit("1-4")
    rig.load_all()
    give_up(rig, 2, 3)
    rig.end_check()
    assert (rig.link.task(1).state, rig.link.task(1).failed) == (TaskState.PARTLY_FAILED, 2)
    order = ask(rig)
    assert str(order.proven) == "1,4"
    take(rig, order, 3)
    end(rig, order, 1)
    rig.end_check()
    row = rig.link.task(1)
    assert (row.state, row.failed, row.reason[:14]) == (
        TaskState.PARTLY_FAILED,
        1,
        "1 frame failed",
    )
    assert row.reason_zh.startswith("1 帧失败：")
    order = ask(rig)
    take(rig, order, 2)
    end(rig, order, 1)
    rig.end_check()
    assert rig.link.task(1).state is TaskState.COMPLETED


def test_a_failed_task_that_gets_some_frames_has_partly_failed(rig: Rig) -> None:
    rig.submit("1-2")
    rig.load_all()
    give_up(rig, 1, 2)
    assert rig.entry().task.state is TaskState.FAILED
    order = ask(rig)
    take(rig, order, 1)
    end(rig, order, 1)
    rig.end_check()
    assert rig.link.task(1).state is TaskState.PARTLY_FAILED


def test_a_paused_task_whose_nodes_still_render_is_not_hurried(rig: Rig) -> None:
    rig.submit("1-4")
    rig.load_all()
    rig.send(PauseTask(1))
    in_hand = {agent.frames[0] for agent in rig.busy}
    order = ask(rig)
    take(rig, order, *({1, 2, 3, 4} - in_hand))
    end(rig, order, 4 - len(in_hand))
    assert set(rig.render_all()) == in_hand
    assert rig.entry().task.state is TaskState.PAUSED
    rig.send(ResumeTask(1))
    rig.end_check()
    assert rig.link.task(1).state is TaskState.COMPLETED


def test_a_frame_that_a_node_published_first_stays_its_own(rig: Rig) -> None:
    rig.submit("1-2", start=False)
    order = ask(rig)
    rig.send(StartRender(1))
    rig.load_all()
    agent = rig.busy[0]
    frame = agent.finish()
    rig.turn()
    take(rig, order, frame)
    (record,) = [row.record for row in rig.link.frames(1) if row.record.frame == frame]
    assert record.node == agent.slot


def test_a_task_that_was_started_meanwhile_does_not_render_what_was_taken(rig: Rig) -> None:
    rig.submit("1-9", start=False)
    order = ask(rig)
    rig.send(StartRender(1))
    rig.load_all()
    taken = [agent.frames[-1] for agent in rig.busy]
    take(rig, order, *taken)
    assert end(rig, order, len(taken)).applied
    rig.render_all()
    rig.end_check()
    row = rig.link.task(1)
    assert (row.state, row.done) == (TaskState.COMPLETED, 9)
    by_hand = [row.record.frame for row in rig.link.frames(1) if row.record.node == BY_HAND]
    assert sorted(by_hand) == sorted(taken)


def test_what_was_refused_is_told_and_logged(rig: Rig) -> None:
    rig.submit("1-3", start=False)
    order = ask(rig)
    refused = [Said(f"{n}.png is no file.", f"{n}.png 不是文件。") for n in range(NAMED + 2)]
    outcome = end(rig, order, 0, *refused)
    assert not outcome.applied
    assert "0.png is no file." in outcome.text
    assert "2 more files were not taken; see the task's log." in outcome.text
    assert "0.png 不是文件。" in outcome.text_zh
    texts = [row.record.text for row in rig.link.logs(task_id=1)]
    assert f"{NAMED + 1}.png is no file." in texts
    assert rig.link.task(1).state is TaskState.QUEUED


def test_frames_that_were_kept_before_an_error_are_told_with_it(rig: Rig) -> None:
    rig.submit("1-3", start=False)
    order = ask(rig)
    take(rig, order, 1)
    outcome = end(rig, order, 1, error=Said("The storage is full.", "存储已满。"))
    assert not outcome.applied
    assert outcome.text == "1 frame taken by hand for task 1. The storage is full."
    assert rig.link.task(1).done == 1


def test_an_empty_folder_is_said_to_be_empty(rig: Rig) -> None:
    rig.submit("1-3", start=False)
    assert "has no files" in end(rig, ask(rig), 0).text


def test_a_hand_in_that_a_killed_engine_had_nearly_ended_is_ended_by_the_next(rig: Rig) -> None:
    rig.submit("1-2", start=False)
    order = ask(rig)
    take(rig, order, 1, 2)  # and the engine dies; the next one finds the command unanswered
    rig.inbox.put(CommandsArrived((rig.link._commands[order.command_id - 1],)))
    rig.turn()
    again = rig.hand_ins.pop()
    assert str(again.proven) == "1-2"
    end(rig, again, 0, Said("frame 1 is proven already.", "第 1 帧已通过校验。"))
    assert rig.entry().task.state is TaskState.VERIFYING


def test_customers_hand_in_nothing_by_hand(tmp_path: Path) -> None:
    rig = Rig(tmp_path, operators=frozenset({"operator"}))
    rig.submit("1-3", start=False)
    rig.entry().task.owner = "ann"
    assert "Ask an operator" in rig.send(TAKE, user="ann").text
    assert not rig.hand_ins


def test_no_path_from_where_the_server_happens_to_be(rig: Rig) -> None:
    rig.submit("1-3", start=False)
    outcome = rig.send(TakeFrames(1, "frames"))
    assert (outcome.applied, "no full path" in outcome.text) == (False, True)


def test_a_task_that_renders_or_is_complete_takes_none(rig: Rig) -> None:
    rig.submit("1-2")
    assert "cannot be given frames by hand" in rig.send(TAKE).text
    rig.load_all()
    rig.render_all()
    rig.end_check()
    assert "cannot be given frames by hand" in rig.send(TAKE).text


def test_frames_that_come_when_the_task_is_gone_change_nothing(rig: Rig) -> None:
    rig.submit("1-2", start=False)
    order = ask(rig)
    rig.send(StopTask(1))
    rig.send(RecycleTask(1))
    take(rig, order, 1, 2)
    end(rig, order, 2)
    assert rig.entry().task.state is TaskState.STOPPED
    assert rig.entry().count(FrameState.DONE) == 2  # they are there when it is restored


def test_of_frames_that_were_sent_one_upload_of_a_task_is_opened_at_a_time(rig: Rig) -> None:
    rig.submit("1-3", start=False)
    sent = TakeSentFrames(1, "ab" * 16)
    with pytest.raises(StopIteration):
        rig.send(sent)
    again = rig.send(TakeSentFrames(1, "cd" * 16))
    assert (again.applied, "being taken" in again.text) == (False, True)
    [order] = rig.hand_ins
    take(rig, order, 2)
    end(rig, order, 1)
    with pytest.raises(StopIteration):
        rig.send(sent)
    assert len(rig.hand_ins) == 2
