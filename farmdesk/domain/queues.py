"""The order in which tasks wait, and the place for those that are thrown away."""

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, field

from farmdesk.domain.task import RenderTask, TaskId, WrongQueue
from farmdesk.domain.task_commands import PurgeTask, RecycleTask, RestoreTask


@dataclass(frozen=True, slots=True, order=True)
class _Place:
    urgency: int  # minus priority: high ones come first
    position: int
    task: RenderTask = field(compare=False)


class RenderQueue:
    """Tasks by priority, then by position; it sets both on the tasks that it holds."""

    def __init__(self) -> None:
        self._places: list[_Place] = []

    def __iter__(self) -> Iterator[RenderTask]:
        return (place.task for place in self._places)

    def __len__(self) -> int:
        return len(self._places)

    def restore(self, task: RenderTask) -> None:
        """Take in a task at the position that it had, as after a restart."""
        insort(self._places, _Place(-task.priority, task.position, task))

    def add(self, task: RenderTask) -> None:
        """Take in a task behind all others of its priority."""
        task.position = max((place.position for place in self._places), default=0) + 1
        self.restore(task)

    def remove(self, task: RenderTask) -> None:
        """Take a task out; one that is not here is no error."""
        self._places = [place for place in self._places if place.task is not task]

    def set_priority(self, task: RenderTask, priority: int) -> None:
        """Move a task behind all others of another priority; the same priority keeps its place."""
        if priority == task.priority:
            return
        self.remove(task)
        task.priority = priority
        self.add(task)

    def move_to_head(self, task: RenderTask) -> None:
        """Move a task before all others of its priority: it gave its nodes to an urgent one."""
        self.remove(task)
        task.position = min((place.position for place in self._places), default=1) - 1
        self.restore(task)

    @property
    def next(self) -> RenderTask | None:
        """The task whose turn it is; None when empty."""
        return self._places[0].task if self._places else None


class RecycleQueue:
    """Tasks that were thrown away, the latest last. Only tasks at rest get here."""

    def __init__(self) -> None:
        self._tasks: dict[TaskId, RenderTask] = {}

    def __iter__(self) -> Iterator[RenderTask]:
        return iter(self._tasks.values())

    def hold(self, task: RenderTask) -> None:
        """Take in a task that was thrown away earlier, as after a restart."""
        self._tasks[task.id] = task

    def recycle(self, task: RenderTask) -> None:
        """Take a task in. Raises IllegalTransition while somebody works for it, or WrongQueue."""
        task.check(RecycleTask(task.id))
        task.recycled = True
        self._tasks[task.id] = task

    def restore(self, task_id: TaskId) -> RenderTask:
        """Give a task back, in the state that it had. Raises WrongQueue."""
        task = self._held(task_id)
        task.check(RestoreTask(task_id))
        task.recycled = False
        del self._tasks[task_id]
        return task

    def purge(self, task_id: TaskId) -> RenderTask:
        """Take a task out for good; the caller deletes its files. Raises WrongQueue."""
        task = self._held(task_id)
        task.check(PurgeTask(task_id))
        task.purged = True
        del self._tasks[task_id]
        return task

    def _held(self, task_id: TaskId) -> RenderTask:
        if task_id not in self._tasks:
            raise WrongQueue(task_id, recycled=False, purged=False)
        return self._tasks[task_id]
