"""The queue: render tasks as rows, their filter, and the time that a task still needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from PyQt5.QtGui import QIcon

from farmdesk.domain.records import TaskRow
from farmdesk.domain.states import TaskState
from farmdesk.domain.task import ENDED
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.glyphs import task_icon
from farmdesk.ui.models.keyed_rows import Column, KeyedRows
from farmdesk.ui.texts import Text
from farmdesk.ui.wording import Wording, local_clock

MIN_FRAMES_FOR_ESTIMATE = 3  # before that, "—"


class TaskFilter(Enum):
    """Which tasks the queue shows; one at a time, beside the words typed."""

    ALL = "all"
    RENDERING = "rendering"
    WAITING = "waiting"
    TROUBLE = "trouble"
    ENDED = "ended"
    RECYCLED = "recycled"


_WAITING = frozenset(
    {
        TaskState.UPLOADING,
        TaskState.VERIFYING,
        TaskState.QUEUED,
        TaskState.PAUSED,
        TaskState.PREEMPTED,
    }
)


def belongs(row: TaskRow, chosen: TaskFilter) -> bool:
    """Tell whether a task belongs to a filter; recycled tasks belong to theirs alone."""
    if row.recycled or chosen is TaskFilter.RECYCLED:
        return row.recycled and chosen is TaskFilter.RECYCLED
    if chosen is TaskFilter.RENDERING:
        return row.state is TaskState.RENDERING
    if chosen is TaskFilter.WAITING:
        return row.state in _WAITING
    if chosen is TaskFilter.TROUBLE:
        return row.failed > 0 or row.state in (TaskState.FAILED, TaskState.REJECTED)
    return chosen is TaskFilter.ALL or row.state in ENDED


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


def remaining_s(row: TaskRow) -> float | None:
    """Estimate the seconds that a rendering task still needs; None when nothing can be said yet."""
    if row.state is not TaskState.RENDERING or not row.nodes:
        return None
    if row.done < MIN_FRAMES_FOR_ESTIMATE:
        return None
    rest = row.total - row.done - row.failed
    return rest * (row.render_s / row.done) / row.nodes


def task_to_open(rows: Sequence[TaskRow]) -> TaskRow:
    """Give the task that a person most likely came for: the first that renders, else the newest."""
    rendering = (row for row in rows if row.state is TaskState.RENDERING)
    return next(rendering, None) or max(rows, key=lambda row: (row.created_at, row.id))


class TasksModel(KeyedRows[int, TaskRow]):
    """Tasks of both queues, one line each. `#` shows a task's number and sorts by its place."""

    def __init__(self, appearance: Appearance) -> None:
        self.chosen = TaskFilter.ALL
        self.typed = ""
        self._icons: dict[tuple[str, TaskState], QIcon] = {}
        super().__init__(appearance)

    def make_columns(self) -> tuple[Column[TaskRow], ...]:
        """Give the columns of the queue."""
        words = self._words
        return (
            Column("order", Text.COLUMN_ORDER, self._number, lambda r: (r.position, r.id), True),
            Column("task", Text.COLUMN_TASK, lambda r: r.name, lambda r: r.name, tip=self._tip),
            Column(
                "state",
                Text.COLUMN_STATE,
                lambda r: words().task_state(r.state),
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
                "remaining",
                Text.COLUMN_REMAINING,
                self._remaining,
                lambda r: remaining_s(r) or float("inf"),
                True,
                tip=lambda _: words()(Text.REMAINING_TIP),
            ),
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

    def failure_rate(self) -> float | None:
        """Give failed ÷ ended frames over the queue, 0..1; None before any frame ended."""
        live = [row for row in self._rows.values() if not row.recycled]
        failed = sum(row.failed for row in live)
        ended = failed + sum(row.done for row in live)
        return failed / ended if ended else None

    def _words(self) -> Wording:
        return self.appearance.words

    def _number(self, row: TaskRow) -> str:
        return str(row.id)

    def _remaining(self, row: TaskRow) -> str:
        seconds = remaining_s(row)
        words = self.appearance.words
        if seconds is None:
            return words(Text.DASH)
        return words(Text.ABOUT, time=words.duration(seconds))

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
        state = words.task_state(row.state)
        if reason := row.sentence(words.language):
            state = words(Text.STATE_TIP, state=state, reason=reason)
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
