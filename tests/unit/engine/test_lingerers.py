"""Agents of an earlier engine that still finish a frame when the next engine starts."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from farmdesk.dispatch.events import SlotId
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.snapshot import StoredTask
from farmdesk.domain.states import FrameState, TaskState
from farmdesk.engine.lingerers import Lingering
from farmdesk.engine.posts import SlotFreed
from farmdesk.engine.workspace import Workspace
from nodeagent.journal import JournalLine
from tests.unit.engine.rig import DIGEST, Rig

FRAME = 3


@pytest.fixture
def stored(tmp_path: Path) -> StoredTask:
    """A task of eight frames as an engine left it that was killed."""
    rig = Rig(tmp_path)
    rig.submit("1-8")
    record = [record for flush in rig.flushes for record in flush.tasks][-1]
    return StoredTask(rig.entry().new, record)


def restart(folder: Path, stored: StoredTask) -> Rig:
    """Start the next engine while node n1 still renders a frame."""
    held = Lingering(SlotId("n1"), "n1", 1, FrameSet.of([FRAME]))
    return Rig(folder, tasks=(stored,), lingering=(held,))


def free(rig: Rig) -> None:
    rig.inbox.put(SlotFreed(SlotId("n1")))
    rig.turn()


def publish(rig: Rig) -> None:
    """Let the agent publish its frame and note it."""
    workspace = Workspace(rig.folder)
    name = f"frame_{FRAME:04d}.png"
    (workspace.frames(1) / name).write_bytes(b"whole")
    line = JournalLine(FRAME, 60.0, 0.0, 60.0, name, 5, DIGEST, 64, 36, "n1")
    workspace.journal(1, "n1").write_text(json.dumps(asdict(line)) + "\n")


def test_slot_and_frame_are_left_to_the_agent(tmp_path: Path, stored: StoredTask) -> None:
    rig = restart(tmp_path, stored)
    assert {agent.slot for agent in rig.busy} == {"n2"}
    assert sorted(rig.render_all()) == [1, 2, 4, 5, 6, 7, 8]
    rig.turn(5)
    assert rig.entry().task.state is TaskState.RENDERING
    (row,) = (row for row in rig.link.nodes() if row.record.node == "n1")
    assert "when the engine was restarted" in row.record.reason


def test_a_frame_that_it_finished_is_not_rendered_again(tmp_path: Path, stored: StoredTask) -> None:
    rig = restart(tmp_path, stored)
    rig.render_all()
    publish(rig)
    free(rig)
    assert rig.entry().task.state is TaskState.VERIFYING
    assert rig.entry().state_of(FRAME) is FrameState.DONE
    assert not rig.busy


def test_a_frame_that_it_did_not_finish_is_given_to_others(
    tmp_path: Path, stored: StoredTask
) -> None:
    rig = restart(tmp_path, stored)
    free(rig)
    assert sorted(rig.render_all()) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert rig.entry().task.state is TaskState.VERIFYING


def test_its_slot_works_again_when_it_is_free(tmp_path: Path, stored: StoredTask) -> None:
    rig = restart(tmp_path, stored)
    publish(rig)
    free(rig)
    assert {agent.slot for agent in rig.busy} == {"n1", "n2"}
    assert FRAME not in rig.render_all()


def test_an_agent_of_a_task_that_is_gone_frees_its_slot(tmp_path: Path) -> None:
    held = Lingering(SlotId("n1"), "n1", 77, FrameSet.of([FRAME]))
    rig = Rig(tmp_path, lingering=(held,))
    free(rig)
    rig.submit("1-8")
    assert {agent.slot for agent in rig.busy} == {"n1", "n2"}
