"""The urgent workflow in an engine turned by hand: each case from the request to the resume."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from farmdesk.config import LocalNode
from farmdesk.domain.records import Outcome
from farmdesk.domain.rows import MessageRow
from farmdesk.domain.snapshot import StoredTask
from farmdesk.domain.states import FrameState, TaskState
from farmdesk.domain.task_commands import PauseTask, RecycleTask, ResumeTask, StartRender, StopTask
from farmdesk.domain.urgent import UrgentRequest
from farmdesk.domain.urgent_commands import (
    AnswerUrgent,
    OverruleUrgent,
    RequestUrgent,
    ReviewUrgent,
    WithdrawUrgent,
)
from farmdesk.domain.urgent_states import Answer, UrgentState
from farmdesk.domain.users import Role, User
from farmdesk.engine.posts import BadFrame
from farmdesk.engine.urgent_words import TASK_OVER
from nodeagent.journal import Journal, JournalLine
from nodeagent.orders import Cancel, Open, StopAfterFrame
from nodeagent.reports import FrameBegun, SessionBroken
from tests.unit.engine.rig import DIGEST, FakeAgent, Rig

STAFF = frozenset({"operator", "chief"})
MINUTE = 60.0


class UrgentRig(Rig):
    """A rig that keeps in mind what was rendered: task and frame, in order."""

    def __init__(self, folder: Path, **more: Any) -> None:
        self.rendered: list[tuple[int, int]] = []
        super().__init__(folder, operators=STAFF, **more)

    def finish(self, agent: FakeAgent) -> int:
        """Let an agent publish the frame that it has in hand."""
        frame = agent.finish()
        self.rendered.append((task_of(agent), frame))
        self.turn()
        return frame

    def begin_frames(self) -> None:
        """Let all agents begin with a frame."""
        for agent in self.busy:
            agent.report(FrameBegun(agent.range_id, agent.frames[0]))
        self.turn(0.01)

    def settle_down(self) -> None:
        """Let agents that shall leave end their frame, until nobody is on his way out."""
        for _ in range(4):
            for agent in self.busy:
                run = self.runs.run_of(task_of(agent))
                at_work = run is not None and run.entry.task.state is TaskState.RENDERING
                if run is None or not at_work or agent.slot not in run.staying:
                    self.finish(agent)
            self.turn(1.0)

    def complete(self, task: int) -> None:
        """Render all that is handed out, and pass its checks, until a task is completed."""
        for _ in range(300):
            if self.entry(task).task.state is TaskState.COMPLETED:
                return
            if self.jobs:
                self.end_check()
            elif self.busy:
                mine = [agent for agent in self.busy if task_of(agent) == task]
                self.finish((mine or self.busy)[0])
            else:
                self.turn(1.0)
        raise AssertionError(f"task {task} is {self.entry(task).task}")


def task_of(agent: FakeAgent) -> int:
    """Give the task that an agent was opened for."""
    order = agent.orders[0]
    assert isinstance(order, Open)
    return order.task


@pytest.fixture
def rig(tmp_path: Path) -> UrgentRig:
    """A farm of two nodes; `operator` and `chief` are its staff, all others customers."""
    return UrgentRig(tmp_path)


def submit(rig: Rig, owner: str, frames: str, *, start: bool = False) -> int:
    """Queue a task of a customer; give its number."""
    outcome = rig.submit(frames, start=False, user=owner)
    assert outcome.applied, outcome.text
    assert outcome.task_id is not None
    if start:
        assert rig.send(StartRender(outcome.task_id)).applied
    return outcome.task_id


def two_tasks(rig: UrgentRig, running: str = "1-8", urgent: str = "1-6") -> tuple[int, int]:
    """Let ann's task render on both nodes, two of its frames finished; queue bob's."""
    first = submit(rig, "ann", running, start=True)
    rig.load_all()
    for agent in list(rig.busy):
        rig.finish(agent)
    return first, submit(rig, "bob", urgent)


def ask(rig: UrgentRig, task: int, user: str = "bob", reason: str = "new ending") -> Outcome:
    return rig.send(RequestUrgent(task, reason), user=user)


def request_of(rig: UrgentRig, number: int = 1) -> UrgentRequest:
    """Give a request as readers see it."""
    return next(r.request for r in rig.link.urgent_requests() if r.request.id == number)


def told(rig: UrgentRig, login: str) -> list[str]:
    role = Role.OPERATOR if login in STAFF else Role.CUSTOMER
    rows: list[MessageRow] = rig.link.messages(User(login, role))
    assert all(row.record.text_zh for row in rows)
    return [row.record.text for row in rows]


def state(rig: UrgentRig, task: int) -> TaskState:
    return rig.entry(task).task.state


def workers(rig: UrgentRig, task: int) -> set[str]:
    """Give the slots that work for a task."""
    run = rig.runs.run_of(task)
    return set(run.sessions) if run is not None else set()


def test_ask_agree_interrupt_render_first_and_resume(rig: UrgentRig) -> None:
    first, urgent = two_tasks(rig)
    outcome = ask(rig, urgent)
    assert outcome.applied, outcome.text
    made = request_of(rig)
    assert (made.state, made.asked_by) == (UrgentState.ASKING, "bob")
    assert made.asked == {"", "ann"}
    assert {item.default for item in made.consents} == {Answer.ALLOW}
    assert {(f.nodes, tuple(t.task_id for t in f.tasks)) for f in made.costs} == {(2, (first,))}
    (card,) = told(rig, "ann")
    assert "new ending" in card
    assert "counts as allow" in card
    assert "task 1 loses 2" in told(rig, "operator")[0]
    assert rig.send(AnswerUrgent(1, "allow"), user="ann").applied
    assert request_of(rig).state is UrgentState.ASKING
    assert rig.send(ReviewUrgent(1, "allow")).applied
    assert request_of(rig).state is UrgentState.ADMITTED
    [deed] = [deed for flush in rig.flushes for deed in flush.deeds]
    assert (deed.actor, deed.action, deed.detail) == ("farm", "admit_urgent", "request 1")
    assert deed.subject == f"task {urgent}"
    assert (state(rig, first), state(rig, urgent)) == (TaskState.PREEMPTED, TaskState.RENDERING)
    assert rig.farm.queue.next is rig.entry(first).task
    done = rig.entry(first).count(FrameState.DONE)
    assert "was interrupted" in told(rig, "ann")[-1]
    rig.settle_down()
    assert workers(rig, urgent) == {"n1", "n2"}
    rig.complete(urgent)
    rig.turn()
    assert request_of(rig).state is UrgentState.ENDED
    assert state(rig, first) is TaskState.RENDERING
    assert rig.entry(first).count(FrameState.DONE) >= done
    rig.complete(first)
    assert "goes on" in " ".join(told(rig, "ann"))
    frames = [frame for task, frame in rig.rendered if task == first]
    assert len(frames) == len(set(frames))
    attempts = [row.record.frame for row in rig.link.frames(first)]
    assert sorted(attempts) == list(range(1, 9))


def test_a_young_frame_is_killed_and_an_old_one_ends(rig: UrgentRig) -> None:
    first, urgent = two_tasks(rig, running="1-40")
    ask(rig, urgent)
    rig.send(AnswerUrgent(1, "allow"), user="ann")
    rig.begin_frames()
    rig.turn(0.6)  # frames take one second
    young, old = rig.busy
    old_frame = old.frames[0]
    rig.finish(young)
    young.report(FrameBegun(young.range_id, young.frames[0]))
    rig.turn(0.01)
    rig.send(ReviewUrgent(1, "allow"))
    assert any(isinstance(order, Cancel) for order in young.orders)
    assert not any(isinstance(order, Cancel) for order in old.orders)
    assert isinstance(old.orders[-1], StopAfterFrame)
    assert old.frames == [old_frame]
    rig.finish(old)
    assert rig.entry(first).state_of(old_frame) is FrameState.DONE
    assert workers(rig, urgent) == {"n1", "n2"}


@pytest.mark.parametrize(("rule", "killed"), [("lose_nothing", 0), ("now", 2)])
def test_the_operator_chooses_how_nodes_leave(rig: UrgentRig, rule: str, killed: int) -> None:
    _, urgent = two_tasks(rig, running="1-40")
    rig.begin_frames()
    rig.turn()
    agents = list(rig.busy)
    ask(rig, urgent)
    rig.send(AnswerUrgent(1, "allow"), user="ann")
    rig.send(ReviewUrgent(1, "allow", exit_rule=rule))
    orders = [order for agent in agents for order in agent.orders]
    assert sum(isinstance(order, Cancel) for order in orders) == killed
    cost = request_of(rig).cost
    assert cost is not None
    assert (cost.frames, cost.nodes) == (killed, 2)


def test_no_answer_is_the_default_at_the_deadline(rig: UrgentRig) -> None:
    first, urgent = two_tasks(rig)
    ask(rig, urgent)
    rig.turn(14 * MINUTE)
    assert request_of(rig).state is UrgentState.ASKING
    rig.turn(1 * MINUTE)
    made = request_of(rig)
    assert made.state is UrgentState.ADMITTED
    assert {(item.answer, item.by) for item in made.consents} == {(Answer.ALLOW, "")}
    assert state(rig, first) is TaskState.PREEMPTED


def test_no_customer_reads_another_ones_name_or_task(rig: UrgentRig) -> None:
    """One request refused by ann, one withdrawn by bob, one admitted, rendered and over."""
    first, urgent = two_tasks(rig)
    answers = []
    ask(rig, urgent)
    answers.append(rig.send(AnswerUrgent(1, "refuse"), user="ann"))
    rig.turn(15 * MINUTE)
    ask(rig, urgent)
    rig.send(WithdrawUrgent(2), user="bob")
    ask(rig, urgent)
    answers.append(rig.send(AnswerUrgent(3, "allow"), user="ann"))
    rig.send(ReviewUrgent(3, "allow"))
    rig.complete(urgent)
    rig.complete(first)
    named = f"task {urgent} “"
    for text in [*told(rig, "ann"), *(answer.text for answer in answers)]:
        assert "bob" not in text
        assert named not in text
    texts = " ".join(told(rig, "bob"))
    assert not re.search(r"\bann\b", texts)
    assert "another customer refuses" in texts
    assert named in texts
    staff = " ".join(told(rig, "operator"))
    assert [name in staff for name in ("bob wants", "ann refuses", "by bob")] == [True] * 3


def test_a_refusal_holds_unless_an_operator_overrules_it(rig: UrgentRig) -> None:
    first, urgent = two_tasks(rig)
    ask(rig, urgent)
    assert rig.send(AnswerUrgent(1, "refuse"), user="ann").applied
    assert rig.send(ReviewUrgent(1, "allow")).applied
    assert request_of(rig).state is UrgentState.ASKING
    assert "refuses" in " ".join(told(rig, "bob"))
    rig.turn(15 * MINUTE)
    assert request_of(rig).state is UrgentState.REFUSED
    assert "refused by another customer" in told(rig, "bob")[-1]
    assert "refused by ann" in told(rig, "operator")[-1]
    assert state(rig, first) is TaskState.RENDERING
    ask(rig, urgent)
    rig.send(AnswerUrgent(2, "refuse"), user="ann")
    assert not rig.send(OverruleUrgent(2, " ")).applied
    assert rig.send(OverruleUrgent(2, "the show begins"), user="chief").applied
    made = request_of(rig, 2)
    assert (made.state, made.overruled, made.decided_by) == (UrgentState.ADMITTED, True, "chief")
    assert made.decision == "the show begins"
    assert state(rig, first) is TaskState.PREEMPTED


def test_an_operators_refusal_is_the_end(rig: UrgentRig) -> None:
    first, urgent = two_tasks(rig)
    ask(rig, urgent)
    assert rig.send(ReviewUrgent(1, "refuse", "tomorrow is early enough")).applied
    assert request_of(rig).state is UrgentState.REFUSED
    assert "tomorrow is early enough" in told(rig, "bob")[-1]
    assert not rig.send(OverruleUrgent(1, "no")).applied
    assert (state(rig, first), state(rig, urgent)) == (TaskState.RENDERING, TaskState.QUEUED)


def test_words_that_are_refused_change_nothing(rig: UrgentRig) -> None:
    _, urgent = two_tasks(rig)
    assert not ask(rig, urgent, user="ann").applied  # not her task
    assert not ask(rig, urgent, reason="  ").applied
    assert ask(rig, urgent).applied
    assert not ask(rig, urgent).applied  # twice
    assert rig.send(AnswerUrgent(1, "allow"), user="ann").applied
    before = request_of(rig)
    for command, user in (
        (AnswerUrgent(1, "refuse"), "ann"),  # a second answer
        (AnswerUrgent(1, "refuse"), "bob"),  # he asks himself
        (AnswerUrgent(1, "allow"), "mallory"),
        (AnswerUrgent(2, "allow"), "ann"),  # there is none
        (ReviewUrgent(1, "allow"), "ann"),
        (OverruleUrgent(1, "because"), "bob"),
        (WithdrawUrgent(1), "ann"),
    ):
        outcome = rig.send(command, user=user)
        assert not outcome.applied, command
        assert outcome.text_zh
        assert request_of(rig) == before
    rig.clock += 15 * MINUTE  # the deadline is over, and the engine has not looked yet
    assert "time to answer" in rig.send(ReviewUrgent(1, "refuse")).text


def test_a_request_is_withdrawn_while_asked_and_while_rendered(rig: UrgentRig) -> None:
    first, urgent = two_tasks(rig)
    ask(rig, urgent)
    assert rig.send(WithdrawUrgent(1), user="bob").applied
    assert request_of(rig).state is UrgentState.WITHDRAWN
    assert state(rig, urgent) is TaskState.QUEUED
    ask(rig, urgent)
    rig.send(OverruleUrgent(2, "the show begins"))
    assert state(rig, first) is TaskState.PREEMPTED
    assert rig.send(WithdrawUrgent(2), user="bob").applied
    assert state(rig, first) is TaskState.RENDERING
    assert state(rig, urgent) is TaskState.RENDERING
    rig.complete(first)
    rig.complete(urgent)


@pytest.mark.parametrize("end", ["stopped", "failed", "recycled"])
def test_the_interrupted_task_resumes_however_the_urgent_one_ends(rig: UrgentRig, end: str) -> None:
    first, urgent = two_tasks(rig)
    ask(rig, urgent)
    rig.send(OverruleUrgent(1, "the show begins"))
    rig.settle_down()
    if end == "failed":
        for agent in list(rig.busy):
            agent.report(SessionBroken(agent.range_id, "bad_argument", "no camera"))
            rig.turn()
    else:
        rig.send(StopTask(urgent), user="bob")
    if end == "recycled":
        rig.send(RecycleTask(urgent), user="bob")
    rig.turn()
    over = request_of(rig)
    assert (over.state, over.decision) == (UrgentState.ENDED, "the show begins")
    assert over.ending == TASK_OVER
    assert state(rig, first) is TaskState.RENDERING
    rig.complete(first)


def test_a_request_is_void_when_its_task_ends_before_it_is_decided(rig: UrgentRig) -> None:
    first, urgent = two_tasks(rig)
    ask(rig, urgent)
    rig.send(StopTask(urgent), user="bob")
    assert request_of(rig).state is UrgentState.WITHDRAWN
    assert request_of(rig).ending == TASK_OVER
    assert told(rig, "bob")[-1].endswith("is void: its task has ended.")
    assert state(rig, first) is TaskState.RENDERING


@pytest.mark.parametrize("word", [StopTask, PauseTask])
def test_an_interrupted_task_that_a_person_stops_stays_stopped(
    rig: UrgentRig, word: type[StopTask] | type[PauseTask]
) -> None:
    first, urgent = two_tasks(rig)
    ask(rig, urgent)
    rig.send(OverruleUrgent(1, "the show begins"))
    assert rig.send(word(first)).applied
    wanted = TaskState.STOPPED if word is StopTask else TaskState.PAUSED
    rig.complete(urgent)
    rig.turn()
    assert state(rig, first) is wanted
    assert rig.send(ResumeTask(first)).applied
    rig.complete(first)


def test_two_urgent_tasks_go_before_all_others(rig: UrgentRig) -> None:
    first, urgent = two_tasks(rig)
    third = submit(rig, "cat", "1-6")
    for number, (task, user) in enumerate(((urgent, "bob"), (third, "cat")), 1):
        assert ask(rig, task, user).applied
        assert rig.send(OverruleUrgent(number, "both")).applied
    rig.settle_down()
    assert workers(rig, urgent) | workers(rig, third) == {"n1", "n2"}
    assert state(rig, first) is TaskState.PREEMPTED
    before = len(rig.rendered)
    rig.complete(urgent)
    rig.complete(third)
    rig.turn()
    assert [request_of(rig, n).state for n in (1, 2)] == [UrgentState.ENDED] * 2
    rig.complete(first)
    order = [task == first for task, _ in rig.rendered[before:]]
    assert order == sorted(order)


def test_a_task_that_renders_already_takes_the_others_nodes(rig: UrgentRig) -> None:
    first, urgent = two_tasks(rig, running="1-40", urgent="1-40")
    rig.send(StartRender(urgent))
    while len(workers(rig, urgent)) != 1:  # they share the farm in the end
        for agent in rig.busy:
            rig.finish(agent)
    assert ask(rig, urgent).applied
    rig.send(OverruleUrgent(1, "the show begins"))
    rig.settle_down()
    assert state(rig, first) is TaskState.PREEMPTED
    assert workers(rig, urgent) == {"n1", "n2"}
    assert not ask(rig, urgent).applied


def test_nothing_is_asked_for_a_task_that_has_all_nodes(rig: UrgentRig) -> None:
    task = submit(rig, "ann", "1-8", start=True)
    rig.turn()
    outcome = ask(rig, task, "ann")
    assert not outcome.applied
    assert "nobody to interrupt" in outcome.text


def test_only_as_many_nodes_are_taken_as_it_has_frames(rig: UrgentRig) -> None:
    first, urgent = two_tasks(rig, urgent="5")
    ask(rig, urgent)
    assert {item.nodes for item in request_of(rig).costs} == {1}
    rig.send(OverruleUrgent(1, "one still"))
    rig.settle_down()
    assert state(rig, first) is TaskState.RENDERING
    assert (len(workers(rig, first)), len(workers(rig, urgent))) == (1, 1)
    rig.complete(urgent)
    rig.turn(1.0)
    assert len(workers(rig, first)) == 2
    rig.complete(first)


def test_who_began_meanwhile_is_asked_too(rig: UrgentRig) -> None:
    urgent = submit(rig, "bob", "1-6")
    ask(rig, urgent)
    assert request_of(rig).asked == {""}
    submit(rig, "ann", "1-8", start=True)
    rig.send(ReviewUrgent(1, "allow"))
    made = request_of(rig)
    assert made.state is UrgentState.ASKING
    assert made.asked == {"", "ann"}
    assert len(told(rig, "ann")) >= 1
    rig.send(AnswerUrgent(1, "allow"), user="ann")
    assert request_of(rig).state is UrgentState.ADMITTED


def test_bad_frames_of_the_urgent_task_are_rendered_before_the_others_go_on(rig: UrgentRig) -> None:
    first, urgent = two_tasks(rig, urgent="1-2")
    ask(rig, urgent)
    rig.send(OverruleUrgent(1, "the show begins"))
    rig.settle_down()
    while mine := [agent for agent in rig.busy if task_of(agent) == urgent]:
        rig.finish(mine[0])
    rig.turn()
    assert state(rig, urgent) is TaskState.VERIFYING
    assert state(rig, first) is TaskState.RENDERING  # the nodes would stand idle
    rig.end_check(
        BadFrame(1, "is missing", "缺失", missing=True),
        BadFrame(2, "is cut", "被截断", missing=False),
    )
    rig.settle_down()
    assert len(workers(rig, urgent)) == 2
    assert state(rig, first) is TaskState.PREEMPTED
    rig.complete(urgent)
    rig.complete(first)


def test_a_tools_licences_are_not_freed_in_vain(tmp_path: Path) -> None:
    """Where only one node may run the tool, one node is taken, whoever else works."""
    rig = UrgentRig(tmp_path, nodes=3, licences={"blender": 1})
    first = submit(rig, "ann", "1-8", start=True)
    rig.turn()
    assert len(workers(rig, first)) == 1
    urgent = submit(rig, "bob", "1-8")
    ask(rig, urgent)
    assert {item.nodes for item in request_of(rig).costs} == {1}
    rig.send(OverruleUrgent(1, "the show begins"))
    rig.settle_down()
    assert len(workers(rig, urgent)) == 1
    rig.complete(urgent)
    rig.complete(first)


def test_nodes_that_cannot_render_it_are_left_alone(tmp_path: Path) -> None:
    farm = (LocalNode("n1"), LocalNode("n2", tools=frozenset({"maya"})), LocalNode("n3"))
    rig = UrgentRig(tmp_path, farm=farm)
    first = submit(rig, "ann", "1-8", start=True)
    rig.turn()
    urgent = submit(rig, "bob", "1-8")
    ask(rig, urgent)
    assert {item.nodes for item in request_of(rig).costs} == {2}
    rig.send(OverruleUrgent(1, "the show begins"))
    rig.settle_down()
    assert workers(rig, urgent) == {"n1", "n3"}
    assert state(rig, first) is TaskState.PREEMPTED


# ---- the engine is killed ------------------------------------------------------------------------


def again(rig: UrgentRig, folder: Path) -> UrgentRig:
    """Give an engine that starts on what the database has."""
    tasks = tuple(
        StoredTask(new, replace(rig.link._tasks[key][1], frame_states=rig.link._blobs[key][1]))
        for key, new in rig.link._new.items()
    )
    open_ones = tuple(r.request for r in rig.link.urgent_requests() if r.request.open)
    new = UrgentRig(folder, tasks=tasks, urgents=open_ones)
    new.clock = rig.clock + 5
    new.turn()
    return new


@pytest.mark.parametrize("phase", ["asking", "interrupting", "rendering", "resuming"])
def test_killed_in_any_phase_it_goes_on(rig: UrgentRig, tmp_path: Path, phase: str) -> None:
    first, urgent = two_tasks(rig)
    ask(rig, urgent)
    if phase != "asking":
        rig.send(OverruleUrgent(1, "the show begins"))
    if phase in ("rendering", "resuming"):
        rig.settle_down()
        rig.finish(rig.busy[0])
    if phase == "resuming":
        rig.complete(urgent)
    rig = again(rig, tmp_path)
    if phase == "asking":
        assert request_of(rig).state is UrgentState.ASKING
        assert rig.send(OverruleUrgent(1, "the show begins")).applied
    if phase != "resuming":
        assert state(rig, first) is TaskState.PREEMPTED
        rig.settle_down()
        assert workers(rig, urgent) == {"n1", "n2"}
        rig.complete(urgent)
    rig.complete(first)
    assert [row.request.state for row in rig.link.urgent_requests()] in ([UrgentState.ENDED], [])


def test_what_an_interrupted_task_finished_while_the_engine_was_dead_is_taken_over(
    rig: UrgentRig, tmp_path: Path
) -> None:
    first, urgent = two_tasks(rig)
    ask(rig, urgent)
    rig.send(OverruleUrgent(1, "the show begins"))
    frame = next(iter(rig.entry(first).select(FrameState.WAITING)))
    logs = tmp_path / "work" / f"{first:06d}" / "logs"
    line = JournalLine(frame, 1.0, 0.0, 1.0, f"frame_{frame:04d}.png", 9, DIGEST, 64, 36, "n1")
    Journal(logs / "n1.jsonl").add(line)
    (logs.parent / "frames" / line.path).touch()
    rig = again(rig, tmp_path)
    assert state(rig, first) is TaskState.PREEMPTED
    assert rig.entry(first).state_of(frame) is FrameState.DONE
    rig.complete(urgent)
    rig.complete(first)
    assert (first, frame) not in rig.rendered
