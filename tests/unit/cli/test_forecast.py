"""`farmdesk forecast` on a farm in memory."""

from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from farmdesk.cli.forecast import print_forecast
from farmdesk.cli.screen import Screen
from farmdesk.domain.errors import Refused
from farmdesk.domain.records import Flush, NewTask, NodeRecord, TaskRecord
from farmdesk.domain.states import NodeState, TaskState
from farmdesk.domain.task_commands import SubmitTask
from farmdesk.link.ahead import AS_IT_IS, WhatIf, look_ahead, one_task
from tests.fakes import FakeLink

NOW = datetime.now(UTC)


def _farm(*, nodes: int = 2, due: str | None = None) -> FakeLink:
    link = FakeLink()
    new, records = [], []
    for key, state in ((1, TaskState.RENDERING), (2, TaskState.QUEUED), (3, TaskState.COMPLETED)):
        spec = SubmitTask(f"show {key}", "tool", "1", "/s", "1-50", due=due if key == 1 else None)
        new.append(NewTask(key, spec, "anna", NOW, 50, "/out"))
        records.append(TaskRecord(key, state, "", 5, key, 0, 0, 0, 0.0))
    states = [NodeState.IDLE] * nodes + [NodeState.OFFLINE]
    rows = tuple(NodeRecord(f"n{k}", state) for k, state in enumerate(states))
    link.apply(Flush(1, new_tasks=tuple(new), tasks=tuple(records), nodes=rows))
    return link


def _printed(link: FakeLink, what_if: WhatIf = AS_IT_IS) -> str:
    console = Console(width=200, record=True)
    print_forecast(Screen(console, "en"), look_ahead(link, what_if))
    return console.export_text()


def test_tasks_that_render_or_wait_are_foretold() -> None:
    rows = look_ahead(_farm())
    assert [(row.task_id, row.queued, row.moved_s) for row in rows] == [
        (1, False, None),
        (2, True, None),
    ]
    for row in rows:
        assert row.low is not None
        assert row.expected is not None
        assert row.high is not None
        assert NOW < row.low <= row.expected <= row.high
    assert "show 2 (if started now)" in _printed(_farm())


def test_a_task_that_will_be_late_says_so() -> None:
    soon = (NOW + timedelta(minutes=5)).isoformat()
    assert "will be late (" in _printed(_farm(due=soon))
    later = (NOW + timedelta(days=300)).isoformat()
    assert "in time" in _printed(_farm(due=later))


def test_what_if_there_were_more_nodes_or_one_task_were_first() -> None:
    more = look_ahead(_farm(), WhatIf(nodes=2))
    assert all(row.moved_s is not None and row.moved_s < 0 for row in more)
    first, second = look_ahead(_farm(), WhatIf(first=2))
    assert first.moved_s is not None
    assert second.moved_s is not None
    assert first.moved_s >= 0 > second.moved_s
    assert "Later" in _printed(_farm(), WhatIf(first=2))


def test_what_if_a_task_got_nodes_of_its_own() -> None:
    first, second = look_ahead(_farm(nodes=4), WhatIf(allotted=(2, 3)))
    assert first.moved_s is not None
    assert second.moved_s is not None
    assert first.moved_s > 0 > second.moved_s
    first, second = look_ahead(_farm(nodes=4), WhatIf(allotted=(2, 400)))
    assert first.expected is None, "no node is left for the other one"
    assert second.expected is not None
    with pytest.raises(Refused, match="Task 3 neither"):
        look_ahead(_farm(), WhatIf(allotted=(3, 1)))


def test_a_farm_without_nodes_ends_nothing() -> None:
    assert "not as the farm stands" in _printed(_farm(nodes=0))
    assert all(row.expected is not None for row in look_ahead(_farm(nodes=0), WhatIf(nodes=1)))


def test_a_task_that_will_not_render_is_refused() -> None:
    link = _farm()
    with pytest.raises(Refused, match="Task 3 neither"):
        one_task(look_ahead(link), link.task(3))
    with pytest.raises(Refused, match="Task 3 neither"):
        look_ahead(link, WhatIf(first=3))
    assert _printed(FakeLink()).strip() == "No task waits or renders."
