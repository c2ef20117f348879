"""Who will miss a due time, looked for beside the loop and told once."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from farmdesk.domain.rows import NodeRow, Pace, TaskRow, UrgentRow
from farmdesk.domain.users import Role
from farmdesk.engine.late_watch import LateWatch
from farmdesk.engine.posts import LateTask, LookedAhead
from tests.fakes import FakeLink
from tests.unit.engine.rig import Rig

NOW = datetime.now(UTC)


class _Tables:
    """A FakeLink as the watch reads it; `due` is given to every task."""

    def __init__(self, link: FakeLink, due: str | None) -> None:
        self._link, self._due = link, due

    def task_rows(self) -> list[TaskRow]:
        return [replace(row, due=self._due) for row in self._link.tasks()]

    def node_rows(self) -> list[NodeRow]:
        return self._link.nodes()

    def urgent_requests(self) -> list[UrgentRow]:
        return self._link.urgent_requests()

    def paces(self, task_ids: Collection[int]) -> list[Pace]:
        return self._link.paces(task_ids)


def _look(rig: Rig, due: datetime | None) -> LookedAhead | None:
    tables = _Tables(rig.link, None if due is None else due.isoformat())
    return LateWatch(tables, rig.inbox.put).look(NOW)


def _warnings(rig: Rig) -> list[str]:
    texts = [row.record.text for row in rig.link.logs() if row.record.level == "warning"]
    return [text for text in texts if "miss its due time" in text]


def test_a_farm_without_due_times_is_not_foretold(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.submit("1-100")
    assert _look(rig, None) is None


def test_the_watch_knows_who_will_be_late(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.submit("1-100")
    soon = _look(rig, NOW + timedelta(minutes=1))
    assert soon is not None
    (task,) = soon.tasks
    assert (task.task_id, task.likely, task.late) == (1, True, 1.0)
    assert task.expected is not None
    assert task.expected > task.due
    later = _look(rig, NOW + timedelta(days=90))
    assert later is not None
    assert not later.tasks[0].likely


def test_people_are_warned_once_and_again_only_after_a_calm(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.submit("1-100")

    def hear(late: float) -> int:
        task = LateTask(1, late, late >= 0.5, NOW, NOW + timedelta(hours=1))
        rig.inbox.put(LookedAhead((task,)))
        rig.turn()
        return len(_warnings(rig))

    assert [hear(late) for late in (0.4, 0.6, 0.9, 0.4, 0.6, 0.1, 0.8)] == [0, 1, 1, 1, 1, 1, 2]
    assert "expected end" in _warnings(rig)[0]
    told = [message for flush in rig.flushes for message in flush.messages]
    assert [message.role for message in told] == [Role.OPERATOR] * 2  # the owner is of the staff


def test_a_task_that_is_gone_or_has_no_end_is_no_trouble(tmp_path: Path) -> None:
    rig = Rig(tmp_path, operators=frozenset({"operator"}))
    rig.submit("1-100", user="ann", start=False)
    gone = LateTask(77, 1.0, True, NOW, None)
    rig.inbox.put(LookedAhead((gone, replace(gone, task_id=1))))
    rig.turn()
    (text,) = _warnings(rig)
    assert "Task 1 " in text
    assert "no node that could end it" in text
    told = [message for flush in rig.flushes for message in flush.messages]
    assert [(message.user, message.role) for message in told] == [
        ("ann", None),
        ("", Role.OPERATOR),
    ]
