"""Looks ahead every minute and warns of tasks that will probably miss their due time.

`LateWatch` is a thread beside the loop: it reads the tables and works the forecast out. The loop
gets the result and `LateWarnings` tells people, once for each task.
"""

import logging
import threading
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from farmdesk.dispatch.forecast import forecast
from farmdesk.dispatch.outlooks import admitted, outlooks_of, slots_at_work, tasks_to_measure
from farmdesk.domain.errors import FarmError
from farmdesk.domain.records import LogRecord, MessageRecord
from farmdesk.domain.rows import NodeRow, Pace, TaskRow, UrgentRow
from farmdesk.domain.users import Role, User
from farmdesk.engine.clock import Moment
from farmdesk.engine.farm import Farm
from farmdesk.engine.posts import LateTask, LookedAhead

log = logging.getLogger(__name__)

EVERY_S = 60.0
CALM = 0.25  # a task that is less likely late than this is warned of anew when it gets worse
ENDLESS_S = 3650 * 86_400.0


class Tables(Protocol):
    """What the watch reads. Every method may raise FarmUnavailable."""

    def task_rows(self) -> list[TaskRow]:
        """Give the tasks that are not recycled."""
        ...

    def node_rows(self) -> list[NodeRow]:
        """Give the nodes."""
        ...

    def urgent_requests(self) -> list[UrgentRow]:
        """Give the urgent requests."""
        ...

    def paces(self, task_ids: Collection[int]) -> list[Pace]:
        """Give how fast the frames of these tasks were."""
        ...


class LateWatch(threading.Thread):
    """Posts `LookedAhead` every minute, while there is a task with a due time."""

    def __init__(self, tables: Tables, post: Callable[[LookedAhead], None]) -> None:
        super().__init__(name="late watch", daemon=True)
        self._tables = tables
        self._post = post
        self._ended = threading.Event()

    def finish(self) -> None:
        """End before the next look."""
        self._ended.set()

    def run(self) -> None:
        """Look until `finish`."""
        while not self._ended.wait(EVERY_S):
            try:
                found = self.look(datetime.now(UTC))
            except FarmError as error:
                log.warning("no look ahead: %s", error.en)
            except Exception:  # the top of this thread's turn: the next look may go better
                log.exception("the look ahead failed")
            else:
                if found is not None:
                    self._post(found)

    def look(self, now: datetime) -> LookedAhead | None:
        """Give how likely each task with a due time is late; None: there is none."""
        rows = {row.id: row for row in self._tables.task_rows()}
        if all(row.due is None for row in rows.values()):
            return None
        paces = {pace.task_id: pace for pace in self._tables.paces(tasks_to_measure(rows.values()))}
        urgent = admitted(self._tables.urgent_requests())
        outlooks = outlooks_of(list(rows.values()), paces, now, urgent=urgent)
        spans = forecast(outlooks, slots_at_work(self._tables.node_rows()))
        return LookedAhead(
            tuple(
                LateTask(
                    task_id=key,
                    late=span.late,
                    likely=span.will_be_late,
                    due=datetime.fromisoformat(due),
                    expected=_at(now, span.expected_s),
                )
                for key, span in spans.items()
                if (due := rows[key].due) is not None
            )
        )


def _at(now: datetime, seconds: float) -> datetime | None:
    return now + timedelta(seconds=seconds) if seconds < ENDLESS_S else None


class LateWarnings:
    """Tells owners and operators, in the log and by message, once for each task.

    `user_of` tells what role a login has.
    """

    def __init__(self, farm: Farm, user_of: Callable[[str], User]) -> None:
        self._farm = farm
        self._user_of = user_of
        self._warned: set[int] = set()

    def tell(self, found: LookedAhead, now: Moment) -> None:
        """Warn of those that are newly likely to be late."""
        for item in found.tasks:
            entry = self._farm.tasks.get(item.task_id)
            if item.late < CALM or entry is None:
                self._warned.discard(item.task_id)
            elif item.likely and item.task_id not in self._warned:
                self._warned.add(item.task_id)
                self._warn(item, self._user_of(entry.task.owner), now)

    def _warn(self, item: LateTask, owner: User, now: Moment) -> None:
        due = f"{item.due.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        if item.expected is None:
            end, end_zh = "there is no node that could end it", "没有可完成它的节点"
        else:
            at = f"{item.expected:%Y-%m-%d %H:%M} UTC"
            end, end_zh = f"expected end {at}", f"预计完成时间 {at}"
        text = f"Task {item.task_id} will probably miss its due time {due}: {end}."
        text_zh = f"任务 {item.task_id} 很可能错过截止时间 {due}：{end_zh}。"
        log.warning("%s", text)
        self._farm.log(LogRecord(at=now.utc, level="warning", text=text, task_id=item.task_id))
        staff = MessageRecord(now.utc, text, text_zh, role=Role.OPERATOR, task_id=item.task_id)
        if owner.role is Role.CUSTOMER:  # the staff reads it as staff
            self._farm.tell(replace(staff, user=owner.login, role=None))
        self._farm.tell(staff)
