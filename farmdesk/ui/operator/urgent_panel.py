"""Urgent requests on the screen: the list, and beside it the chosen one as a card."""

from PyQt5.QtCore import QItemSelectionModel, Qt, QTimer, pyqtSignal
from PyQt5.QtWidgets import QHBoxLayout, QSplitter, QWidget

from farmdesk.domain.rows import UrgentRow
from farmdesk.link.ahead import ForecastRow, WhatIf
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.foresight import Foresight
from farmdesk.ui.models.tasks import TasksModel
from farmdesk.ui.models.urgents import UrgentsModel
from farmdesk.ui.operator.urgent_card import UrgentCard
from farmdesk.ui.urgent_texts import UrgentText
from farmdesk.ui.widgets.elastic_column import ElasticColumn
from farmdesk.ui.widgets.empty_hint import EmptyHint, Hint
from farmdesk.ui.widgets.table import make_table

WIDTHS = (11, 16, 11, 6)  # digits, by column of UrgentsModel
SECOND_MS = 1000


class UrgentPanel(QWidget):
    """Follows the model; `task_opened` tells whose task a person wants to see."""

    task_opened = pyqtSignal(int)

    def __init__(
        self,
        model: UrgentsModel,
        appearance: Appearance,
        *,
        tasks: TasksModel,
        foresight: Foresight,
        login: str,
    ) -> None:
        super().__init__()
        self._model = model
        self._appearance = appearance
        self._foresight = foresight
        self.view = make_table(model)
        self.view.setSelectionMode(self.view.SelectionMode.SingleSelection)
        self.columns = ElasticColumn(
            self.view,
            model.column_named("task"),
            least=10,
            wanted=WIDTHS,
            kept=[model.column_named("state")],
        )

        def name_of(task_id: int) -> str:
            row = tasks.row(task_id)
            return row.name if row is not None else ""

        self.card = UrgentCard(model, appearance, login=login, task_name=name_of)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self._lay_out()
        self.hint = EmptyHint(self.view, appearance, lambda: Hint(UrgentText.EMPTY))
        self.view.selectionModel().selectionChanged.connect(self._on_selection)
        self.view.doubleClicked.connect(self._on_opened)
        self._timer = QTimer(self)
        self._timer.setInterval(SECOND_MS)
        self._timer.timeout.connect(self._on_second)
        self._timer.start()
        appearance.changed.connect(self._on_appearance)
        self._on_appearance()

    def _lay_out(self) -> None:
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.view)
        self.splitter.addWidget(self.card)
        self.splitter.setSizes([375, 515])
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.splitter)

    def rows_came(self) -> None:
        """Bring card and list in line with fresh rows; the first request is chosen by itself."""
        if self._chosen() is None and self._model.rowCount():
            self._select(0)
        else:
            self._on_selection()

    def open(self, request_id: int) -> None:
        """Show a request."""
        place = self._model.place_of(request_id)
        if place is not None:
            self._select(place)
        self.view.setFocus()

    def _select(self, place: int) -> None:
        flags = QItemSelectionModel.SelectionFlag
        index = self._model.index(place, 0)
        self.view.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)

    def _chosen(self) -> UrgentRow | None:
        rows = self.view.selectionModel().selectedRows()
        return self._model.at(rows[0].row()) if rows else None

    def _on_selection(self) -> None:
        before, row = self.card.row, self._chosen()
        self.card.show_row(row)
        if row is None or row == before:
            return
        if row.request.open:
            number = row.request.id

            def answer(rows: tuple[ForecastRow, ...]) -> None:
                shown = self.card.row
                if shown is not None and shown.request.id == number:
                    self.card.show_delays(rows)

            self._foresight.ask(WhatIf(first=row.request.task_id), answer)

    def _on_opened(self) -> None:
        row = self._chosen()
        if row is not None:
            self.task_opened.emit(row.request.task_id)

    def _on_second(self) -> None:
        if self.isVisible():
            self.view.viewport().update()
            self.card.tick()

    def _on_appearance(self) -> None:
        words = self._appearance.words
        self.view.setAccessibleName(words(UrgentText.LIST))
        self.columns.retitle()
        self.card.refresh()
