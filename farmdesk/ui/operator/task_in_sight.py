"""The task whose frames and log the window shows: the first selected one of the queue."""

from farmdesk.domain.rows import TaskRow
from farmdesk.ui.feed import Feed
from farmdesk.ui.models.farm import FarmModels
from farmdesk.ui.operator.panels import Panels


class TaskInSight:
    """Keeps the last one while nothing is selected."""

    def __init__(self, models: FarmModels, panels: Panels, feed: Feed) -> None:
        self._models = models
        self._panels = panels
        self._feed = feed
        self._task: TaskRow | None = None
        panels.log.task_only_changed.connect(self._follow_log)

    @property
    def row(self) -> TaskRow | None:
        """The task as it is now."""
        return None if self._task is None else self._models.tasks.row(self._task.id)

    def follow(self) -> None:
        """Bring frames and log in line with the selection."""
        selected = self._panels.queue.selected()
        if not selected:
            return
        task = selected[0]
        before, self._task = self._task, task
        if before is None or (before.id, before.frames) != (task.id, task.frames):
            self._models.table.show(task.id, task.frames)
            self._panels.frames.contact.set_folder(task.output)
            self._models.table.take_running(self._models.nodes.running(task.id))
            self._feed.watch_task(task.id, task.total)
            self._follow_log()

    def _follow_log(self) -> None:
        only = self._panels.log.task_only.isChecked()
        self._feed.watch_log(self._task.id if only and self._task else None)
