"""Scene packages on their way into the farm, in an engine turned by hand."""

from dataclasses import replace
from pathlib import Path

import pytest

from farmdesk.domain.node_commands import SetAutoStart
from farmdesk.domain.records import Outcome
from farmdesk.domain.snapshot import StoredTask
from farmdesk.domain.states import TaskState
from farmdesk.domain.task_commands import (
    RecycleTask,
    RestoreTask,
    StartRender,
    SubmitTask,
    TakePackage,
)
from farmdesk.engine.intake import RETRY_S, Package
from farmdesk.engine.posts import PackageOpened
from tests.unit.engine.rig import Rig

SUBMIT = SubmitTask("开幕式", "blender", "", "shots/开幕 1.blend", "1-4", upload=True)
TRANSFER = "0f" * 16


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path, arrived={})


def post(rig: Rig, task: int, **fields: object) -> None:
    rig.inbox.put(PackageOpened(task, **fields))  # type: ignore[arg-type]
    rig.turn()


def hand_over(rig: Rig) -> Outcome:
    rig.send(SUBMIT, user="ann")
    outcome = rig.send(TakePackage(1, TRANSFER), user="ann")
    rig.turn(1)
    return outcome


def on_record(rig: Rig) -> list[tuple[str, str, str, str]]:
    """What the farm has put on record by itself."""
    deeds = [deed for flush in rig.flushes for deed in flush.deeds]
    return [(deed.actor, deed.action, deed.subject, deed.detail) for deed in deeds]


def test_a_package_is_opened_and_its_task_queued(rig: Rig) -> None:
    assert "waits for its package" in rig.send(SUBMIT, user="ann").text
    assert rig.entry().task.state is TaskState.UPLOADING
    assert rig.entry().task.spec.scene == str(rig.folder / "work/000001/scene/shots/开幕 1.blend")
    assert not rig.packages
    assert rig.send(TakePackage(1, TRANSFER), user="ann").applied
    rig.turn(1)
    assert rig.packages == [Package(1, TRANSFER, rig.entry().task.spec.scene)]
    assert "opened and checked" in rig.link.task(1).reason
    post(rig, 1)
    row = rig.link.task(1)
    assert (row.state, row.reason[:21]) == (TaskState.QUEUED, "Waits for an operator")
    (message,) = [m for flush in rig.flushes for m in flush.messages]
    assert (message.user, message.task_id) == ("ann", 1)
    assert on_record(rig) == [("farm", "open_package", "task 1", "queued")]
    assert rig.send(StartRender(1)).text


def test_a_package_that_does_not_pass_rejects_its_task(rig: Rig) -> None:
    hand_over(rig)
    post(rig, 1, en="Segment 3 of a.blend is damaged.", zh="a.blend 的第 3 段已损坏。")
    row = rig.link.task(1)
    assert (row.state, row.reason) == (TaskState.REJECTED, "Segment 3 of a.blend is damaged.")
    assert row.reason_zh == "a.blend 的第 3 段已损坏。"
    damaged = "rejected: Segment 3 of a.blend is damaged."
    assert on_record(rig) == [("farm", "open_package", "task 1", damaged)]
    assert not rig.send(TakePackage(1, TRANSFER)).applied
    assert not rig.send(StartRender(1)).applied


def test_what_the_world_did_is_tried_again_later(rig: Rig) -> None:
    hand_over(rig)
    post(rig, 1, en="The storage is full.", zh="存储已满。", again=True)
    assert (rig.link.task(1).state, rig.link.task(1).reason) == (
        TaskState.UPLOADING,
        "The storage is full.",
    )
    assert len(rig.packages) == 1
    assert on_record(rig) == []  # nothing came of it yet
    for turns in range(1, 5):
        rig.turn(RETRY_S / 3)
        assert len(rig.packages) == (1 if turns < 3 else 2)
    post(rig, 1)
    assert rig.link.task(1).state is TaskState.QUEUED


def test_a_package_that_an_earlier_engine_had_in_hand_is_opened_again(tmp_path: Path) -> None:
    first = Rig(tmp_path, arrived={})
    hand_over(first)
    (new,) = [new for flush in first.flushes for new in flush.new_tasks]
    record = [record for flush in first.flushes for record in flush.tasks][-1]
    rig = Rig(tmp_path, tasks=(StoredTask(new, record),), arrived={1: TRANSFER})
    rig.turn(1)
    assert rig.packages == [Package(1, TRANSFER, rig.entry().task.spec.scene)]
    post(rig, 1)
    assert rig.link.task(1).state is TaskState.QUEUED


def test_a_package_that_an_earlier_engine_opened_to_the_end_is_left_alone(tmp_path: Path) -> None:
    """It was killed before the upload had ended: its scene is in use by now."""
    first = Rig(tmp_path, arrived={})
    hand_over(first)
    post(first, 1)
    (new,) = [new for flush in first.flushes for new in flush.new_tasks]
    record = [record for flush in first.flushes for record in flush.tasks][-1]
    assert record.state is TaskState.QUEUED
    rig = Rig(tmp_path, tasks=(StoredTask(new, record),), arrived={1: TRANSFER})
    rig.turn(1)
    assert not rig.packages


def test_a_recycled_task_waits_with_its_package(rig: Rig) -> None:
    hand_over(rig)
    assert rig.send(RecycleTask(1), user="ann").applied
    post(rig, 1)
    assert rig.entry().task.state is TaskState.UPLOADING
    assert rig.send(RestoreTask(1), user="ann").applied
    rig.turn(1)
    assert len(rig.packages) == 2
    post(rig, 1)
    assert rig.link.task(1).state is TaskState.QUEUED


def test_a_package_that_arrives_for_a_recycled_task_waits_with_it(rig: Rig) -> None:
    rig.send(SUBMIT, user="ann")
    assert rig.send(RecycleTask(1), user="ann").applied
    told = rig.send(TakePackage(1, TRANSFER), user="ann")
    assert told.applied
    assert "when the task is restored" in told.text
    rig.turn(1)
    assert not rig.packages
    assert rig.send(RestoreTask(1), user="ann").applied
    rig.turn(1)
    post(rig, 1)
    assert rig.link.task(1).state is TaskState.QUEUED


def test_only_two_packages_are_opened_at_a_time(rig: Rig) -> None:
    for task in (1, 2, 3):
        rig.send(SUBMIT, user="ann")
        rig.send(TakePackage(task, TRANSFER), user="ann")
    rig.turn(1)
    assert [package.task_id for package in rig.packages] == [1, 2]
    post(rig, 2)
    rig.turn(1)
    assert [package.task_id for package in rig.packages] == [1, 2, 3]


def test_nothing_starts_before_its_package_is_there(rig: Rig) -> None:
    rig.send(SetAutoStart(True))
    hand_over(rig)
    rig.turn(5)
    assert not rig.send(StartRender(1)).applied
    assert not rig.busy
    post(rig, 1)
    rig.turn(5)
    assert rig.busy


def test_a_start_with_the_package_still_to_come_is_refused(rig: Rig) -> None:
    assert "is queued" in rig.send(replace(SUBMIT, start=True)).text
    assert not rig.farm.tasks


def test_others_do_not_hand_a_package_over(tmp_path: Path) -> None:
    rig = Rig(tmp_path, operators=frozenset({"operator"}), arrived={})
    rig.send(SUBMIT, user="ann")
    assert not rig.send(TakePackage(1, TRANSFER), user="bob").applied
    rig.turn(1)
    assert not rig.packages


def test_a_customer_names_no_path_of_the_storage(tmp_path: Path) -> None:
    rig = Rig(tmp_path, operators=frozenset({"operator"}), arrived={})
    outcome = rig.submit(user="ann", start=False)
    assert (outcome.applied, "in a package" in outcome.text) == (False, True)
    assert rig.submit(user="operator").applied


def test_a_farm_without_accounts_takes_no_packages(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    outcome = rig.send(SUBMIT)
    assert not outcome.applied
    assert "farmdesk setup" in outcome.text
