"""The render nodes as rows: state, load, and the frame in hand."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from PyQt5.QtGui import QIcon

from farmdesk.domain.rows import NodeRow
from farmdesk.domain.states import NodeState
from farmdesk.domain.why import why_node
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.glyphs import node_icon
from farmdesk.ui.models.keyed_rows import Column, KeyedRows
from farmdesk.ui.models.load_history import LoadHistory
from farmdesk.ui.texts import Text
from farmdesk.ui.wording import size_text

STALE_S = 15.0  # a sample older than this is shown dim
HOT = 0.92  # load above this is shown in the hot colour
_LIVE = (NodeState.IDLE, NodeState.RENDERING, NodeState.DRAINING)


class Load(Enum):
    """Which load a bar shows; it decides the colour."""

    PROCESSOR = "processor"
    GRAPHICS = "graphics"


@dataclass(frozen=True, slots=True)
class Bar:
    """What a load bar paints: a share 0..1, or None when nothing is known."""

    share: float | None
    load: Load
    stale: bool

    @property
    def hot(self) -> bool:
        """The load is near its limit."""
        return self.share is not None and self.share > HOT

    @property
    def text(self) -> str:
        """The words on the bar."""
        return "—" if self.share is None else f"{self.share:.0%}"


class NodesModel(KeyedRows[str, NodeRow]):
    """One line a node. `now` is asked for the age of samples."""

    def __init__(
        self, appearance: Appearance, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._now = now
        self._history = LoadHistory()
        self._icons: dict[tuple[str, NodeState], QIcon] = {}
        super().__init__(appearance)

    def make_columns(self) -> tuple[Column[NodeRow], ...]:
        """Give the columns of the node table."""
        return (
            Column(
                "node",
                Text.COLUMN_NODE,
                lambda r: r.record.node,
                lambda r: r.record.node,
                tip=self._tip,
            ),
            Column(
                "state",
                Text.COLUMN_STATE,
                lambda r: self.appearance.words.node_state(r.record.state),
                lambda r: list(NodeState).index(r.record.state),
                icon=self._icon,
                tip=self._state_tip,
            ),
            self._load("cpu", Text.COLUMN_CPU, lambda r: r.record.cpu, Load.PROCESSOR),
            Column(
                "history",
                Text.COLUMN_HISTORY,
                lambda _: "",
                lambda r: r.record.cpu or 0.0,
                tip=lambda _: self.appearance.words(Text.HISTORY_TIP),
                bar=lambda r: self._history.spark(r.record.node, self._now()),
            ),
            self._load("memory", Text.COLUMN_MEMORY, lambda r: r.record.memory, Load.PROCESSOR),
            self._load("gpu", Text.COLUMN_GPU, lambda r: r.record.gpu, Load.GRAPHICS),
            Column("current", Text.COLUMN_CURRENT, self._current, _current_order),
        )

    def take(self, rows: Iterable[NodeRow], *, whole: bool) -> None:
        """Lay fresh rows over the old ones, and note their samples."""
        rows = list(rows)
        self._history.add(row.record for row in rows)
        super().take(rows, whole=whole)
        if whole:
            self._history.keep_only(self._rows)

    def key(self, row: NodeRow) -> str:
        """Give the node's name."""
        return row.record.node

    def passes(self, row: NodeRow) -> bool:  # noqa: ARG002 every node is shown
        """Show every node."""
        return True

    def totals(self) -> list[tuple[NodeState, int]]:
        """Give how many nodes are in each state that occurs, in the states' order."""
        counts = Counter(row.record.state for row in self._rows.values())
        return [(state, counts[state]) for state in NodeState if counts[state]]

    def running(self, task_id: int | None) -> dict[int, str]:
        """Give frame → node for the frames of a task that are being rendered."""
        records = [row.record for row in self._rows.values()]
        return {
            r.frame: r.node
            for r in records
            if r.frame is not None and r.task_id == task_id and task_id is not None
        }

    def running_seconds(self, task_id: int) -> float:
        """Give the seconds already spent on a task's frames in hand."""
        now = self._now()
        return sum(
            (now - row.record.frame_started_at).total_seconds()
            for row in self._rows.values()
            if row.record.task_id == task_id and row.record.frame_started_at is not None
        )

    def why(self, row: NodeRow) -> str:
        """Say why a node idles, or what it does."""
        return why_node(row, self.appearance.words.language)

    def _load(
        self, name: str, title: Text, share: Callable[[NodeRow], float | None], load: Load
    ) -> Column[NodeRow]:
        def bar(row: NodeRow) -> Bar:
            known = share(row) if row.record.state in _LIVE else None
            return Bar(known, load, self._age_s(row) > STALE_S)

        def tip(row: NodeRow) -> str:
            age = self._age_s(row)
            if age > STALE_S and bar(row).share is not None:
                return self.appearance.words(Text.NODE_STALE, seconds=round(age))
            return bar(row).text

        return Column(
            name, title, lambda r: bar(r).text, lambda r: bar(r).share or 0.0, tip=tip, bar=bar
        )

    def _age_s(self, row: NodeRow) -> float:
        at = row.record.sampled_at
        return 0.0 if at is None else (self._now() - at).total_seconds()

    def _current(self, row: NodeRow) -> str:
        if row.record.frame is None:
            return ""
        return self.appearance.words(Text.CURRENT_FRAME, task=row.task_name, frame=row.record.frame)

    def _icon(self, row: NodeRow) -> QIcon:
        theme = self.appearance.theme
        key = (theme.name, row.record.state)
        if key not in self._icons:
            self._icons[key] = node_icon(row.record.state, theme)
        return self._icons[key]

    def _state_tip(self, row: NodeRow) -> str:
        words = self.appearance.words
        state = words.node_state(row.record.state)
        return words(Text.STATE_TIP, state=state, reason=self.why(row))

    def _tip(self, row: NodeRow) -> str:
        record = row.record
        return self.appearance.words(
            Text.NODE_TIP,
            node=record.node,
            state=self.appearance.words.node_state(record.state),
            cpus=record.cpus or "—",
            memory=size_text(record.memory_mb),
            gpus=", ".join(record.gpus) or "—",
            disk=size_text(record.disk_free_mb),
        )


def _current_order(row: NodeRow) -> tuple[str, int]:
    return row.task_name, -1 if row.record.frame is None else row.record.frame
