"""Gives a task its nodes: as planned, some of a pool, or named ones, with what follows from it."""

from PyQt5.QtCore import Qt, QTimer, pyqtSlot
from PyQt5.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from farmdesk.domain.commands import Command
from farmdesk.domain.node_commands import AllocateNodes
from farmdesk.domain.rows import TaskRow
from farmdesk.domain.task import WISHES
from farmdesk.domain.task_commands import StartRender
from farmdesk.link.ahead import AS_IT_IS, ForecastRow, WhatIf
from farmdesk.ui.allocate_texts import AllocateText
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.foresight import Foresight
from farmdesk.ui.models.node_choice import NodeChoice
from farmdesk.ui.models.nodes import NodesModel
from farmdesk.ui.operator.effect import effect_text
from farmdesk.ui.texts import Text
from farmdesk.ui.widgets.table import make_table, set_widths

WIDTHS = (12, 9, 12, 34)  # digits, by column of NodeChoice
ASK_AFTER_MS = 200  # a person who turns the number is not asked about every step


class AllocateDialog(QDialog):
    """Gives the commands that a person chose by `commands`."""

    def __init__(
        self,
        task: TaskRow,
        nodes: NodesModel,
        *,
        foresight: Foresight,
        appearance: Appearance,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._task = task
        self._words = appearance.words
        self._foresight = foresight
        self._asked = 0
        self.model = NodeChoice(appearance, task)
        self.model.take(nodes.rows(), whole=True)
        self._nodes = nodes
        nodes.dataChanged.connect(self._on_nodes)
        self._make()
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(ASK_AFTER_MS)
        self._timer.timeout.connect(self._ask)
        self.resize(680, 520)
        self._on_pool()
        self.named.setChecked(True)
        self._on_changed()
        self._modes.buttonClicked.connect(lambda _: self._on_changed())
        self.pool.activated.connect(lambda _: self._on_pool())
        self.count.valueChanged.connect(lambda _: self._on_count())
        self.model.chosen_changed.connect(self._on_checked)
        self.finished.connect(self._on_finished)

    def allocation(self) -> AllocateNodes:
        """Give the allocation that is chosen."""
        key = self._task.id
        if self.by_plan.isChecked():
            return AllocateNodes(key, clear=True)
        if self.of_pool.isChecked():
            return AllocateNodes(key, pool=self.pool.currentData(), count=self.count.value())
        return AllocateNodes(key, nodes=tuple(self.model.serving()))

    def commands(self) -> tuple[Command, ...]:
        """Give what is to be sent: the allocation, and the start where it was wished."""
        if self.start.isVisibleTo(self) and self.start.isChecked():
            return self.allocation(), StartRender(self._task.id)
        return (self.allocation(),)

    # ---- building

    def _make(self) -> None:
        words = self._words
        self.setWindowTitle(words(AllocateText.TITLE, task=self._task.name))
        self.by_plan = QRadioButton(words(AllocateText.BY_PLAN))
        self.of_pool = QRadioButton(words(AllocateText.OF_POOL))
        self.named = QRadioButton(words(AllocateText.NAMED))
        self._modes = QButtonGroup(self)
        for button in (self.by_plan, self.of_pool, self.named):
            self._modes.addButton(button)
        self.pool = QComboBox()
        self.pool.setAccessibleName(words(AllocateText.POOL_NAME))
        for name, (fit, every) in self.model.pools().items():
            self.pool.addItem(words(AllocateText.POOL, pool=name, fit=fit, all=every), name)
        self.count = QSpinBox()
        self.count.setAccessibleName(words(AllocateText.COUNT))
        any_pool = self.pool.count() > 0
        if not any_pool:
            self.pool.addItem(words(AllocateText.NO_POOL), "")
        for widget in (self.of_pool, self.pool, self.count):
            widget.setEnabled(any_pool)
        self.view = make_table(self.model)
        self.view.setAccessibleName(words(AllocateText.NODES))
        set_widths(self.view, WIDTHS)
        self.effect = QLabel()
        self.effect.setWordWrap(True)
        self.effect.setTextFormat(Qt.TextFormat.PlainText)  # names are never markup
        self.effect.setMinimumHeight(self.effect.fontMetrics().lineSpacing() * 2)
        self.start = QCheckBox(words(AllocateText.START))
        self.start.setChecked(True)
        self.start.setVisible(self._task.state in WISHES[StartRender])
        self.go = QPushButton(words(AllocateText.VERB))
        self.cancel = QPushButton(words(Text.CANCEL))

    def _lay_out(self) -> None:
        tool = f"{self._task.tool} {self._task.tool_version}".strip()
        needs = QLabel(self._words(AllocateText.NEEDS, tool=tool))
        needs.setTextFormat(Qt.TextFormat.PlainText)
        of_pool = QHBoxLayout()
        for widget in (self.of_pool, self.pool, self.count):
            of_pool.addWidget(widget)
        of_pool.addStretch(1)
        box = QDialogButtonBox()
        box.addButton(self.go, QDialogButtonBox.ButtonRole.AcceptRole)
        box.addButton(self.cancel, QDialogButtonBox.ButtonRole.RejectRole)
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addWidget(needs)
        column.addWidget(self.by_plan)
        column.addLayout(of_pool)
        column.addWidget(self.named)
        column.addWidget(self.view, 1)
        column.addWidget(self.effect)
        column.addWidget(self.start)
        column.addWidget(box)

    # ---- a person chooses

    @pyqtSlot()
    def _on_nodes(self) -> None:
        self.model.take(self._nodes.rows(), whole=True)

    def _on_pool(self) -> None:
        self.count.setRange(1, max(1, self._fitting()))
        self._on_count()

    def _on_count(self) -> None:
        self.of_pool.setChecked(True)
        self._on_changed()

    def _on_checked(self) -> None:
        self.named.setChecked(True)
        self._on_changed()

    def _on_changed(self) -> None:
        lacking = self._lacking()
        self.go.setEnabled(lacking is None)
        self.effect.setText(self._words(lacking or AllocateText.WORKING_OUT))
        self._asked += 1  # what is on its way is of an older choice
        if lacking is None:
            self._timer.start()

    def _lacking(self) -> AllocateText | None:
        """Say what is missing before the choice can be sent."""
        if self.named.isChecked() and not self.model.serving():
            return AllocateText.CHOOSE
        if self.of_pool.isChecked() and not self._fitting():
            return AllocateText.NO_FIT
        return None

    def _fitting(self) -> int:
        """Give how many nodes of the chosen pool fit."""
        return self.model.pools().get(self.pool.currentData(), (0, 0))[0]

    def _on_finished(self) -> None:
        """Forget what is asked: the answer may come when the labels are gone."""
        self._timer.stop()
        self._asked += 1

    def _ask(self) -> None:
        command, number = self.allocation(), self._asked
        count = command.count or len(command.nodes)
        what_if = WhatIf(allotted=(self._task.id, count)) if count else AS_IT_IS

        def answer(rows: tuple[ForecastRow, ...]) -> None:
            if number == self._asked:
                self.effect.setText(effect_text(rows, self._task.id, self._words))

        self._foresight.ask(what_if, answer)
