"""How nodes are freed for an urgent task: one line a rule with its cost; a person chooses one."""

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QButtonGroup, QGridLayout, QLabel, QRadioButton, QWidget

from farmdesk.domain.exits import ExitCost, ExitRule
from farmdesk.domain.urgent import UrgentRequest
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.texts import Text
from farmdesk.ui.urgent_texts import UrgentText

_TITLES = (UrgentText.EXIT, UrgentText.FREE_IN, UrgentText.LOST, UrgentText.RELOAD)


class ExitChooser(QWidget):
    """Rules as radio buttons; what each would cost stands beside it."""

    chosen = pyqtSignal()

    def __init__(self, appearance: Appearance) -> None:
        super().__init__()
        self._appearance = appearance
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(18)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(len(_TITLES), 1)
        self._titles = [QLabel() for _ in _TITLES]
        for column, title in enumerate(self._titles):
            self._grid.addWidget(title, 0, column)
        self._group = QButtonGroup(self)
        self.buttons = {rule: QRadioButton() for rule in ExitRule}
        self._costs = {rule: [QLabel(), QLabel(), QLabel()] for rule in ExitRule}
        for row, (rule, button) in enumerate(self.buttons.items(), start=1):
            self._group.addButton(button)
            self._grid.addWidget(button, row, 0)
            for column, label in enumerate(self._costs[rule], start=1):
                self._grid.addWidget(label, row, column)
        self.buttons[ExitRule.CHEAPEST].setChecked(True)
        self._group.buttonClicked.connect(lambda _: self.chosen.emit())

    @property
    def rule(self) -> ExitRule:
        """The rule that is chosen."""
        return next(rule for rule, button in self.buttons.items() if button.isChecked())

    def choose(self, rule: ExitRule) -> None:
        """Choose a rule."""
        self.buttons[rule].setChecked(True)

    def show_costs(self, request: UrgentRequest, *, usable: bool) -> None:
        """Show what each rule would cost; `usable`: it can still be chosen."""
        words = self._appearance.words
        for title, text in zip(self._titles, _TITLES, strict=True):
            title.setText(words(text))
        costs = {item.rule: item for item in request.costs}
        for rule, button in self.buttons.items():
            button.setText(words.exit(rule))
            button.setEnabled(usable)
            for label, cost in zip(self._costs[rule], self._cost(costs.get(rule)), strict=True):
                label.setText(cost)

    def _cost(self, cost: ExitCost | None) -> tuple[str, str, str]:
        words = self._appearance.words
        if cost is None:
            dash = words(Text.DASH)
            return dash, dash, dash
        lost = words(UrgentText.LOST_FRAMES, frames=cost.frames, time=words.duration(cost.seconds))
        return words.duration(cost.wait_s), lost, words.duration(cost.reload_s)
