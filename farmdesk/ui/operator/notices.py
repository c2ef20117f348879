"""Decides what a person should notice: urgent requests, tasks that ended, nodes at fault."""

from collections.abc import Callable, Iterable

from PyQt5.QtCore import QObject
from PyQt5.QtWidgets import QApplication, QWidget

from farmdesk.domain.rows import NodeRow, TaskRow, UrgentRow
from farmdesk.domain.states import NodeState, TaskState
from farmdesk.ui.models.urgents import UrgentsModel, choices
from farmdesk.ui.notice_texts import NoticeText
from farmdesk.ui.urgent_texts import UrgentText
from farmdesk.ui.widgets.notice_strip import Notice, NoticeStrip
from farmdesk.ui.wording import Wording, local_moment

FAILURES = 10  # of one task: somebody should look
_ENDS = {
    TaskState.COMPLETED: NoticeText.TASK_COMPLETED,
    TaskState.PARTLY_FAILED: NoticeText.TASK_PARTLY_FAILED,
    TaskState.FAILED: NoticeText.TASK_FAILED,
}


class Notices(QObject):
    """Compares rows with those before; never a notice a frame, and none for what it finds first."""

    def __init__(
        self,
        strip: NoticeStrip,
        *,
        login: str,
        open_task: Callable[[int], object],
        open_request: Callable[[int], object],
        open_node: Callable[[str], object],
    ) -> None:
        super().__init__()
        self._strip = strip
        self._login = login
        self._open_task = open_task
        self._open_request = open_request
        self._open_node = open_node
        self._told: set[int] = set()  # urgent requests

    def tasks_came(self, before: Callable[[int], TaskRow | None], rows: Iterable[TaskRow]) -> None:
        """Tell of tasks that ended, or fail often; `before` gives a task as it was."""
        for row in rows:
            old = before(row.id)
            if old is None:
                continue
            if row.state is not old.state and row.state in _ENDS:
                self._tell_task(row, _ENDS[row.state])
            elif row.failed >= FAILURES > old.failed:
                self._tell_task(row, NoticeText.TASK_FAILS_OFTEN)

    def nodes_came(self, before: Callable[[str], NodeRow | None], rows: Iterable[NodeRow]) -> None:
        """Tell of nodes that became a fault."""
        for row in rows:
            name, old = row.record.node, before(row.record.node)
            key, fault = f"node {name}", row.record.state is NodeState.FAULT
            if not fault:
                self._strip.drop(key)
            elif old is not None and old.record.state is not NodeState.FAULT:
                self._tell_node(key, row)

    def urgents_came(self, model: UrgentsModel) -> None:
        """Tell of requests that this user may answer, until they are answered."""
        for row in model.rows():
            may = choices(row.request, self._login, model.now())
            key = f"urgent {row.request.id}"
            if not (may.review or may.answer):
                self._strip.drop(key)
            elif row.request.id not in self._told:
                self._told.add(row.request.id)
                self._tell_urgent(key, row, model)

    def _tell_urgent(self, key: str, row: UrgentRow, model: UrgentsModel) -> None:
        request = row.request

        def say(words: Wording) -> str:
            return words(
                UrgentText.ARRIVED,
                who=request.asked_by,
                task=row.task_name,
                reason=request.reason,
                at=local_moment(request.deadline, model.now()),
            )

        self._add(Notice(key, say, lambda: self._open_request(request.id), waits=True))

    def _tell_task(self, row: TaskRow, text: NoticeText) -> None:
        def say(words: Wording) -> str:
            return words(text, task=row.name, failed=row.failed, total=row.total)

        self._add(Notice(f"task {row.id}", say, lambda: self._open_task(row.id)))

    def _tell_node(self, key: str, row: NodeRow) -> None:
        def say(words: Wording) -> str:
            reason = row.record.sentence(words.language)
            return words(NoticeText.NODE_FAULT, node=row.record.node, reason=reason)

        self._add(Notice(key, say, lambda: self._open_node(row.record.node)))

    def _add(self, notice: Notice) -> None:
        self._strip.add(notice)
        window: QWidget = self._strip.window()
        QApplication.alert(window)  # marks it in the task bar while another program is in front
