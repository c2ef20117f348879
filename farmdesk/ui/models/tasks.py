"""The queue: render tasks as rows, when they will end, and what they wait for."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from PyQt5.QtGui import QIcon

from farmdesk.domain.rows import TaskRow, UrgentRow
from farmdesk.domain.states import TaskState
from farmdesk.domain.task import ENDED
from farmdesk.domain.urgent_states import UrgentState
from farmdesk.domain.why import why_task
from farmdesk.link.ahead import ForecastRow
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.glyphs import task_icon, urgent_icon
from farmdesk.ui.models.keyed_rows import Column, KeyedRows
from farmdesk.ui.models.task_filter import TaskFilter, belongs
from farmdesk.ui.models.task_times import TaskTimes
from farmdesk.ui.texts import Text
from farmdesk.ui.wording import local_clock


@dataclass(frozen=True, slots=True)
class Progress:
    """What the progress bar paints: frame counts of a task."""

    total: int
    done: int
    failed: int
    running: int

    @property
    def text(self) -> str:
        """The words on the bar. Never rounds up to 100 % before the end."""
        return f"{self.done:,} / {self.total:,} · {self.percent}"

    @property
    def percent(self) -> str:
        """The words where there is no room for more."""
        return f"{int(100 * self.done / self.total) if self.total else 0}%"


def task_to_open(rows: Sequence[TaskRow]) -> TaskRow:
    """Give the task that a person most likely came for: the first that renders, else the newest."""
    rendering = (row for row in rows if row.state is TaskState.RENDERING)
    return next(rendering, None) or max(rows, key=lambda row: (row.created_at, row.id))


class TasksModel(KeyedRows[int, TaskRow]):
    """Tasks of both queues, one line each. `#` shows a task's number and sorts by its place."""

    def __init__(
        self, appearance: Appearance, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.times = TaskTimes(appearance, now)
        self._urgents: dict[int, UrgentRow] = {}  # open requests, by task
        self.chosen = TaskFilter.ALL
        self.typed = ""
        self._icons: dict[tuple[str, TaskState], QIcon] = {}
        super().__init__(appearance)

    def make_columns(self) -> tuple[Column[TaskRow], ...]:
        """Give the columns of the queue."""
        times = self.times
        return (
            Column("order", Text.COLUMN_ORDER, self._number, lambda r: (r.position, r.id), True),
            Column(
                "task",
                Text.COLUMN_TASK,
                lambda r: r.name,
                lambda r: r.name,
                icon=self._urgent_icon,
                tip=self._tip,
            ),
            Column(
                "state",
                Text.COLUMN_STATE,
                self._state,
                lambda r: list(TaskState).index(r.state),
                icon=self._icon,
                tip=self._state_tip,
            ),
            Column(
                "progress",
                Text.COLUMN_PROGRESS,
                lambda r: _progress(r).text,
                lambda r: r.done / max(1, r.total),
                tip=self._progress_tip,
                bar=_progress,
            ),
            Column(
                "ends",
                Text.COLUMN_ENDS,
                times.ends,
                times.ends_order,
                icon=times.late_icon,
                tip=times.ends_tip,
            ),
            Column("due", Text.COLUMN_DUE, times.due, times.due_order, tip=times.due_tip),
            Column(
                "nodes",
                Text.COLUMN_NODES,
                lambda r: str(r.nodes) if r.nodes else "—",
                lambda r: r.nodes,
                True,
            ),
            Column(
                "priority",
                Text.COLUMN_PRIORITY,
                lambda r: str(r.priority),
                lambda r: r.priority,
                True,
            ),
            Column("owner", Text.COLUMN_OWNER, lambda r: r.owner, lambda r: r.owner),
            Column("tool", Text.COLUMN_TOOL, _tool, _tool),
        )

    def key(self, row: TaskRow) -> int:
        """Give the task's number."""
        return row.id

    def passes(self, row: TaskRow) -> bool:
        """Tell whether chip and typed words let it through; each word may be in any field."""
        if not belongs(row, self.chosen):
            return False
        if not self.typed:
            return True
        text = f"{row.id} {row.name} {row.owner} {row.project} {row.show} {_tool(row)}".casefold()
        return all(word in text for word in self.typed.casefold().split())

    def take_ahead(self, rows: Iterable[ForecastRow]) -> None:
        """Take the newest forecast."""
        self.changed_beside(self.times.take(rows))

    def take_urgents(self, rows: Iterable[UrgentRow]) -> None:
        """Take the urgent requests that are open."""
        old, self._urgents = self._urgents, {row.request.task_id: row for row in rows}
        self.changed_beside(old.keys() ^ self._urgents.keys() | self._urgents.keys())

    def why(self, row: TaskRow) -> str:
        """Say why a task waits, or what it does."""
        return why_task(row, self.appearance.words.language)

    def choose(self, chosen: TaskFilter) -> None:
        """Show only the tasks of this filter."""
        self.chosen = chosen
        self.filter_changed()

    def type(self, words: str) -> None:
        """Show only tasks that contain every typed word."""
        self.typed = words.strip()
        self.filter_changed()

    def filter_counts(self) -> dict[TaskFilter, int]:
        """Give how many tasks each filter has."""
        rows = self._rows.values()
        return {c: sum(1 for row in rows if belongs(row, c)) for c in TaskFilter}

    def any_due(self) -> bool:
        """Say whether a task in the queue has a due time."""
        return any(row.due is not None and not row.recycled for row in self._rows.values())

    def failure_rate(self) -> float | None:
        """Give failed ÷ ended frames over the queue, 0..1; None before any frame ended."""
        live = [row for row in self._rows.values() if not row.recycled]
        failed = sum(row.failed for row in live)
        ended = failed + sum(row.done for row in live)
        return failed / ended if ended else None

    def _number(self, row: TaskRow) -> str:
        return str(row.id)

    def _state(self, row: TaskRow) -> str:
        """Say the state, and what else decides when it is rendered."""
        words = self.appearance.words
        parts = [words.task_state(row.state)]
        if (urgent := self._urgents.get(row.id)) is not None:
            asking = urgent.request.state is UrgentState.ASKING
            parts.append(words(Text.FLAG_PENDING if asking else Text.FLAG_URGENT))
        if row.after is not None and row.state not in ENDED:
            parts.append(words(Text.FLAG_AFTER, task=row.after))
        return " · ".join(parts)

    def _urgent_icon(self, row: TaskRow) -> QIcon | None:
        if (urgent := self._urgents.get(row.id)) is None:
            return None
        return urgent_icon(urgent.request.state, self.appearance.theme)

    def _icon(self, row: TaskRow) -> QIcon:
        theme = self.appearance.theme
        key = (theme.name, row.state)
        if key not in self._icons:
            self._icons[key] = task_icon(row.state, theme)
        return self._icons[key]

    def _tip(self, row: TaskRow) -> str:
        return self.appearance.words(
            Text.TASK_TIP,
            id=row.id,
            name=row.name,
            project=row.project or "—",
            show=row.show or "—",
            version=row.version or "—",
            frames=row.frames if len(row.frames) < 80 else row.frames[:79] + "…",
            output=row.output or "—",
        )

    def _state_tip(self, row: TaskRow) -> str:
        words = self.appearance.words
        state = words(Text.STATE_TIP, state=self._state(row), reason=self.why(row))
        at = row.finished_at or row.started_at or row.created_at
        return f"{state}\n{local_clock(at)} ({at:%Y-%m-%d %H:%M:%S} UTC)"

    def _progress_tip(self, row: TaskRow) -> str:
        rest = row.total - row.done - row.failed - row.running
        return self.appearance.words(
            Text.PROGRESS_TIP, done=row.done, failed=row.failed, running=row.running, rest=rest
        )


def _progress(row: TaskRow) -> Progress:
    return Progress(row.total, row.done, row.failed, row.running)


def _tool(row: TaskRow) -> str:
    return f"{row.tool} {row.tool_version}".strip()
