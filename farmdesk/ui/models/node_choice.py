"""Nodes to choose from for a task: those that cannot serve say why and cannot be checked."""

from typing import Any

from PyQt5.QtCore import QModelIndex, Qt, pyqtSignal
from PyQt5.QtGui import QIcon

from farmdesk.domain.records import NodeRecord
from farmdesk.domain.rows import NodeRow, TaskRow
from farmdesk.domain.states import NodeState
from farmdesk.ui.allocate_texts import AllocateText
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.glyphs import node_icon
from farmdesk.ui.models.keyed_rows import Column, KeyedRows
from farmdesk.ui.texts import Text
from farmdesk.ui.wording import Wording

_ABLE = frozenset({NodeState.IDLE, NodeState.RENDERING})


def misfit(record: NodeRecord, task: TaskRow, words: Wording) -> str:
    """Say why a node cannot serve a task; nothing when it can."""
    if record.state not in _ABLE:
        state, reason = words.node_state(record.state), record.sentence(words.language)
        if reason:
            return words(AllocateText.IS_OUT_WHY, state=state, reason=reason)
        return state
    if not record.offers(task.tool, task.tool_version):
        return words(AllocateText.LACKS_TOOL, tool=f"{task.tool} {task.tool_version}".strip())
    return ""


class NodeChoice(KeyedRows[str, NodeRow]):
    """One line a node with a check box; `chosen` holds the names that are checked."""

    chosen_changed = pyqtSignal()

    def __init__(self, appearance: Appearance, task: TaskRow) -> None:
        self._task = task
        self.chosen: set[str] = set()
        super().__init__(appearance)

    def make_columns(self) -> tuple[Column[NodeRow], ...]:
        """Give the columns."""
        return (
            Column("node", Text.COLUMN_NODE, lambda r: r.record.node, lambda r: r.record.node),
            Column(
                "pool",
                AllocateText.COLUMN_POOL,
                lambda r: r.record.pool,
                lambda r: r.record.pool,
            ),
            Column(
                "state",
                Text.COLUMN_STATE,
                lambda r: self.appearance.words.node_state(r.record.state),
                lambda r: list(NodeState).index(r.record.state),
                icon=self._icon,
            ),
            Column(
                "fit",
                AllocateText.COLUMN_FIT,
                self._fit,
                lambda r: (not self.fits(r), r.record.node),
            ),
        )

    def key(self, row: NodeRow) -> str:
        """Give the node's name."""
        return row.record.node

    def passes(self, row: NodeRow) -> bool:  # noqa: ARG002 every node is shown
        """Show every node, also those that cannot serve."""
        return True

    def fits(self, row: NodeRow) -> bool:
        """Say whether a node could serve the task."""
        return not misfit(row.record, self._task, self.appearance.words)

    def serving(self) -> list[str]:
        """Give the checked nodes that can serve, by name."""
        return sorted(n for n in self.chosen if n in self._rows and self.fits(self._rows[n]))

    def pools(self) -> dict[str, tuple[int, int]]:
        """Give the pools by name: how many of their nodes fit, and how many there are."""
        found: dict[str, tuple[int, int]] = {}
        for row in self._rows.values():
            if row.record.pool:
                fit, every = found.get(row.record.pool, (0, 0))
                found[row.record.pool] = (fit + self.fits(row), every + 1)
        return dict(sorted(found.items()))

    def flags(self, index: QModelIndex) -> Qt.ItemFlags:
        """Let only nodes that fit be checked and selected."""
        if not index.isValid():
            return Qt.ItemFlags()
        if not self.fits(self.at(index.row())):
            return Qt.ItemFlags(Qt.ItemFlag.ItemNeverHasChildren)
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.column() == 0:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return Qt.ItemFlags(flags | Qt.ItemFlag.ItemNeverHasChildren)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give what a cell shows, and whether its node is checked."""
        if role == Qt.ItemDataRole.CheckStateRole and index.isValid() and index.column() == 0:
            row = self.at(index.row())
            on = row.record.node in self.chosen and self.fits(row)
            return Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
        return super().data(index, role)

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Check a node, or not any more."""
        checkable = bool(self.flags(index) & Qt.ItemFlag.ItemIsUserCheckable)
        if role != Qt.ItemDataRole.CheckStateRole or not checkable:
            return False
        name = self.at(index.row()).record.node
        if value == Qt.CheckState.Checked:
            self.chosen.add(name)
        else:
            self.chosen.discard(name)
        self.dataChanged.emit(index, index)
        self.chosen_changed.emit()
        return True

    def _fit(self, row: NodeRow) -> str:
        words = self.appearance.words
        why = misfit(row.record, self._task, words)
        if why:
            return why
        if row.task_name and row.record.task_id != self._task.id:
            return words(AllocateText.WORKS_FOR, task=row.task_name)
        return words(AllocateText.FITS)

    def _icon(self, row: NodeRow) -> QIcon:
        return node_icon(row.record.state, self.appearance.theme)
