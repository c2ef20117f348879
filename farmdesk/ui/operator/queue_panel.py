"""The queue on the screen: typed filter, filter chips, and the table of tasks."""

from collections.abc import Callable

from PyQt5.QtCore import QItemSelection, QItemSelectionModel, Qt, pyqtSignal
from PyQt5.QtWidgets import (
    QApplication,
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from farmdesk.domain.rows import TaskRow
from farmdesk.domain.states import FrameState
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.glyphs import Glyph, glyph_icon
from farmdesk.ui.models.task_filter import TaskFilter
from farmdesk.ui.models.tasks import TasksModel
from farmdesk.ui.texts import Text
from farmdesk.ui.widgets.elastic_column import ElasticColumn
from farmdesk.ui.widgets.empty_hint import EmptyHint, Hint
from farmdesk.ui.widgets.progress_delegate import ProgressDelegate
from farmdesk.ui.widgets.table import make_table
from farmdesk.ui.widgets.why_line import WhyLine

CHIPS = {
    TaskFilter.ALL: (Text.CHIP_ALL, Glyph.DISC, None),
    TaskFilter.RENDERING: (Text.CHIP_RENDERING, Glyph.PLAY, FrameState.RENDERING),
    TaskFilter.WAITING: (Text.CHIP_WAITING, Glyph.HOLLOW, FrameState.WAITING),
    TaskFilter.TROUBLE: (Text.CHIP_TROUBLE, Glyph.CROSS, FrameState.FAILED),
    TaskFilter.ENDED: (Text.CHIP_ENDED, Glyph.FILL, FrameState.DONE),
    TaskFilter.RECYCLED: (Text.CHIP_RECYCLED, Glyph.BIN, None),
}
WIDTHS = (3, 22, 20, 18, 17, 8, 4, 4, 8, 11)  # digits, by column of TasksModel


class QueuePanel(QWidget):
    """Shows tasks and tells which are selected. It filters only when a person asks for it."""

    selection_changed = pyqtSignal()

    def __init__(self, model: TasksModel, appearance: Appearance) -> None:
        super().__init__()
        self.model = model
        self._appearance = appearance
        self.filter = QLineEdit()
        self.filter.setClearButtonEnabled(True)
        self.filter.setMinimumWidth(120)
        self.filter.textChanged.connect(lambda typed: self._keep(lambda: model.type(typed)))
        self._hidden: set[int] = set()  # selected tasks that the filter hides
        self._filtering = False
        self.chips = {chosen: self._chip(chosen) for chosen in TaskFilter}
        self.view = make_table(model)
        self._delegate = ProgressDelegate(appearance)
        self.view.setItemDelegateForColumn(model.column_named("progress"), self._delegate)
        self.columns = ElasticColumn(
            self.view,
            model.column_named("task"),
            least=17,
            wanted=WIDTHS,
            kept=[model.column_named(name) for name in ("state", "ends")],
        )
        self._due_shown = True
        self._show_due(shown=False)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.selectionModel().selectionChanged.connect(self._on_selection)
        self.why = WhyLine(appearance)
        self._lay_out()
        self.hint = EmptyHint(self.view, appearance, self._hint)
        self._held: list[int] = []  # selected tasks while the model is reset
        model.modelAboutToBeReset.connect(self._on_about_to_reset)
        model.modelReset.connect(self._on_reset)
        appearance.changed.connect(self._on_appearance)
        self._on_appearance()

    def selected(self) -> list[TaskRow]:
        """Give the selected tasks, top to bottom."""
        rows = sorted(index.row() for index in self.view.selectionModel().selectedRows())
        return [self.model.at(row) for row in rows]

    def select(self, task_id: int) -> bool:
        """Select one task; tells whether it is shown."""
        place = self.model.place_of(task_id)
        if place is not None:
            index = self.model.index(place, 0)
            flags = QItemSelectionModel.SelectionFlag
            self.view.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        return place is not None

    def choose(self, chosen: TaskFilter) -> None:
        """Show the tasks of a chip."""
        self.chips[chosen].setChecked(True)
        self._keep(lambda: self.model.choose(chosen))

    def clear_filter(self) -> None:
        """Show all tasks again."""
        self.filter.clear()
        self.choose(TaskFilter.ALL)

    def rows_came(self) -> None:
        """Bring chips, hint and reason in line with fresh rows."""
        self._refresh_chips()
        self.hint.refresh()
        self._tell_why()
        self._show_due(shown=self.model.any_due())

    def copy_ids(self) -> None:
        """Put the numbers of the selected tasks into the clipboard."""
        QApplication.clipboard().setText(" ".join(str(row.id) for row in self.selected()))

    def copy_outputs(self) -> None:
        """Put the folders of the selected tasks' frames into the clipboard."""
        outputs = [row.output for row in self.selected() if row.output]
        QApplication.clipboard().setText("\n".join(outputs))

    def _show_due(self, *, shown: bool) -> None:
        """Show due times from the first one on: where nothing is ever due they cost room."""
        if shown is not self._due_shown:
            self._due_shown = shown
            self.view.setColumnHidden(self.model.column_named("due"), not shown)

    def _tell_why(self) -> None:
        """Say of the first selected task why it waits, or what it does."""
        words, row = self._appearance.words, next(iter(self.selected()), None)
        if row is None:
            self.why.say("")
        else:
            why = self.model.why(row)
            self.why.say(words(Text.TASK_WHY, id=row.id, name=row.name, why=why))

    def _keep(self, change: Callable[[], None]) -> None:
        """Change the filter; selected tasks are selected again when it shows them again."""
        kept = {row.id for row in self.selected()} | self._hidden
        self._filtering = True
        change()
        places = [self.model.place_of(task_id) for task_id in kept]
        self._hidden = {task_id for task_id in kept if self.model.place_of(task_id) is None}
        self._filtering = False
        self._select_places([place for place in places if place is not None])
        self.hint.refresh()

    def _on_about_to_reset(self) -> None:
        self._held = [row.id for row in self.selected()]

    def _on_reset(self) -> None:
        places = [self.model.place_of(task_id) for task_id in self._held]
        self._select_places([place for place in places if place is not None])

    def _select_places(self, places: list[int]) -> None:
        chosen = QItemSelection()
        last = self.model.columnCount() - 1
        for place in places:
            chosen.select(self.model.index(place, 0), self.model.index(place, last))
        hidden = self._hidden
        flags = QItemSelectionModel.SelectionFlag
        self.view.selectionModel().select(chosen, flags.ClearAndSelect)
        self._hidden = hidden

    def _chip(self, chosen: TaskFilter) -> QToolButton:
        chip = QToolButton()
        chip.setObjectName(f"chip-{chosen.value}")
        chip.setCheckable(True)
        chip.setChecked(chosen is TaskFilter.ALL)
        chip.setAutoRaise(True)
        chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        chip.clicked.connect(lambda: self.choose(chosen))
        return chip

    def _lay_out(self) -> None:
        group = QButtonGroup(self)
        line = QHBoxLayout()
        line.setContentsMargins(6, 4, 6, 4)
        line.setSpacing(2)
        line.addWidget(self.filter, 1)
        for chip in self.chips.values():
            group.addButton(chip)
            line.addWidget(chip)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(self.view, 1)
        column.addWidget(self.why)

    def _hint(self) -> Hint | None:
        if not self.model.loaded:
            return None
        if any(not row.recycled for row in self.model.rows()) or self.model.typed:
            return Hint(Text.EMPTY_FILTER, Text.EMPTY_FILTER_BUTTON, self.clear_filter)
        return Hint(Text.EMPTY_QUEUE, Text.COPY_COMMAND, _copy_submit)

    def _refresh_chips(self) -> None:
        words, counts = self._appearance.words, self.model.filter_counts()
        for chosen, chip in self.chips.items():
            name = words(CHIPS[chosen][0])
            chip.setText(words(Text.CHIP_COUNT, name=name, count=counts[chosen]))

    def _on_appearance(self) -> None:
        words, theme = self._appearance.words, self._appearance.theme
        self.filter.setPlaceholderText(words(Text.FILTER_HINT))
        self.filter.setAccessibleName(words(Text.GO_FILTER))
        self.view.setAccessibleName(words(Text.QUEUE))
        self.columns.retitle()
        for number, (chosen, chip) in enumerate(self.chips.items(), start=1):
            name, glyph, state = CHIPS[chosen]
            colour = theme.dim if state is None else theme.frames[state]
            chip.setIcon(glyph_icon(glyph, colour))
            chip.setToolTip(words(Text.CHIP_TIP, name=words(name), keys=f"Alt+{number}"))
        self._refresh_chips()
        self._tell_why()

    def _on_selection(self, selected: QItemSelection, deselected: QItemSelection) -> None:  # noqa: ARG002 Qt's signature
        if not self._filtering:
            self._hidden = set()
            self._tell_why()
            self.selection_changed.emit()


def _copy_submit() -> None:
    QApplication.clipboard().setText("farmdesk submit --help")
