"""All tasks by their numbers, also those of the recycle queue that only the database knows."""

from collections.abc import Callable

from farmdesk.domain.errors import Refused
from farmdesk.domain.snapshot import StoredTask
from farmdesk.engine.farm import Farm
from farmdesk.engine.task_entry import TaskEntry, make_entry


class Catalogue:
    """Finds tasks. `load` reads one that is not in memory."""

    def __init__(self, farm: Farm, load: Callable[[int], StoredTask | None]) -> None:
        self._farm = farm
        self._load = load

    def find(self, task_id: int) -> TaskEntry | None:
        """Give a task, None when there is none. May raise FarmUnavailable."""
        entry = self._farm.tasks.get(task_id)
        if entry is None:
            stored = self._load(task_id)
            if stored is None:
                return None
            entry = make_entry(stored)
            self._farm.take_back(entry)
        return entry

    def get(self, task_id: int) -> TaskEntry:
        """Give a task that a person names. Raises Refused when there is none."""
        entry = self.find(task_id)
        if entry is None:
            raise Refused(
                f"There is no task {task_id}. See `farmdesk tasks` for those there are.",
                f"没有任务 {task_id}。请用 `farmdesk tasks` 查看现有任务。",
            )
        return entry
