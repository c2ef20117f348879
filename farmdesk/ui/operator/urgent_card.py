"""One urgent request as a card: who asks and why, who is asked, what it costs whom, what to say.

Nothing on it is modal; the default that counts without an answer is printed beside each name.
"""

from collections.abc import Callable, Sequence

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from farmdesk.domain.command_fields import MAX_REASON
from farmdesk.domain.rows import UrgentRow
from farmdesk.domain.urgent_commands import (
    AnswerUrgent,
    OverruleUrgent,
    RequestWord,
    ReviewUrgent,
    WithdrawUrgent,
)
from farmdesk.domain.urgent_states import Answer
from farmdesk.link.ahead import ForecastRow
from farmdesk.ui.act_texts import ActText
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.models.urgents import Choices, UrgentsModel, choices
from farmdesk.ui.operator.delays import delays_text
from farmdesk.ui.operator.exit_chooser import ExitChooser
from farmdesk.ui.operator.urgent_lines import UrgentLines
from farmdesk.ui.sending import Batch
from farmdesk.ui.urgent_texts import UrgentText


class UrgentCard(QWidget):
    """Shows one request; `wanted` is what a person says about it."""

    wanted = pyqtSignal(Batch)

    def __init__(
        self,
        model: UrgentsModel,
        appearance: Appearance,
        *,
        login: str,
        task_name: Callable[[int], str],
    ) -> None:
        super().__init__()
        self._model = model
        self._appearance = appearance
        self._login = login
        self._task_name = task_name
        self._row: UrgentRow | None = None
        self._delays: Sequence[ForecastRow] = ()
        self._away = True
        self.title, self.asked, self.deadline = _line(bold=True), _line(), _line()
        self.answers, self.losers, self.delays = _line(), _line(), _line()
        self.exits = ExitChooser(appearance)
        self.exits.chosen.connect(self.refresh)
        self.reason = QLineEdit()
        self.reason.setMaxLength(MAX_REASON)
        self.reason.textChanged.connect(self._refresh_buttons)
        self._buttons: dict[QPushButton, tuple[UrgentText, UrgentText]] = {}
        self.approve = self._button(UrgentText.APPROVE, UrgentText.APPROVE_TIP)
        self.reject = self._button(UrgentText.REJECT, UrgentText.REJECT_TIP)
        self.allow = self._button(UrgentText.ALLOW, UrgentText.ALLOW_TIP)
        self.refuse = self._button(UrgentText.REFUSE, UrgentText.REFUSE_TIP)
        self.overrule = self._button(UrgentText.OVERRULE, UrgentText.OVERRULE_TIP)
        self.withdraw = self._button(UrgentText.WITHDRAW, UrgentText.WITHDRAW_TIP)
        self._lay_out()
        self.show_row(None)

    @property
    def row(self) -> UrgentRow | None:
        """The request on the card."""
        return self._row

    def show_row(self, row: UrgentRow | None) -> None:
        """Show this request; what a person typed stays while it is the same one."""
        before, self._row = self._row, row
        if row is not None and (before is None or before.request.id != row.request.id):
            self.reason.clear()
            self.exits.choose(row.request.rule)
            self._delays = ()
        self.setVisible(row is not None)
        self.refresh()

    def show_delays(self, rows: Sequence[ForecastRow]) -> None:
        """Show whose end moves if the request is let in."""
        self._delays = rows
        self.refresh()

    def set_away(self, *, away: bool) -> None:
        """Switch off what would write while the farm is away."""
        self._away = away
        self._refresh_buttons()

    def refresh(self) -> None:
        """Say everything anew."""
        words, row, lines = self._appearance.words, self._row, self._lines()
        self.reason.setPlaceholderText(words(UrgentText.REASON))
        self.reason.setAccessibleName(words(UrgentText.REASON))
        for button, (text, _) in self._buttons.items():
            button.setText(words(text))
        self._refresh_buttons()
        if row is None:
            return
        request = row.request
        self.title.setText(lines.title(row))
        self.asked.setText(lines.asked(request))
        self.answers.setText("\n".join(map(lines.answer, request.consents)))
        self.exits.show_costs(request, usable=self._choices().overrule)
        self.losers.setText(lines.losers(request, self.exits.rule))
        self.delays.setText(delays_text(self._delays, words))
        for part in (self.exits, self.losers):
            part.setVisible(request.open)
        self.delays.setVisible(request.open and bool(self.delays.text()))
        self.tick()

    def tick(self) -> None:
        """Say how much time is left, and what may still be said."""
        if self._row is not None:
            self.deadline.setText(self._lines().deadline(self._row.request))
            self._refresh_buttons()

    def _lines(self) -> UrgentLines:
        return UrgentLines(self._appearance.words, self._model.now(), self._task_name)

    # ---- acts

    def _choices(self) -> Choices:
        if self._row is None:
            return Choices()
        return choices(self._row.request, self._login, self._model.now())

    def _refresh_buttons(self) -> None:
        words, may = self._appearance.words, self._choices()
        costed = self._row is not None and bool(self._row.request.costs)
        written = bool(self.reason.text().strip())
        usable = {
            self.approve: (may.review, costed, UrgentText.NO_COST),
            self.reject: (may.review, True, None),
            self.allow: (may.answer, True, None),
            self.refuse: (may.answer, True, None),
            self.overrule: (may.overrule, costed and written, UrgentText.OVERRULE_NEEDS),
            self.withdraw: (may.withdraw, True, None),
        }
        for button, (offered, ready, why) in usable.items():
            button.setVisible(offered)
            button.setEnabled(ready and not self._away)
            tip = self._buttons[button][1] if ready or why is None else why
            button.setToolTip(words(ActText.WHY_AWAY if self._away else tip))
        self.reason.setVisible(may.overrule)

    def _command(self, what: UrgentText, request_id: int) -> RequestWord:
        reason, rule = self.reason.text().strip(), self.exits.rule.value
        match what:
            case UrgentText.APPROVE:
                return ReviewUrgent(request_id, Answer.ALLOW.value, reason, rule)
            case UrgentText.REJECT:
                return ReviewUrgent(request_id, Answer.REFUSE.value, reason, rule)
            case UrgentText.ALLOW:
                return AnswerUrgent(request_id, Answer.ALLOW.value)
            case UrgentText.REFUSE:
                return AnswerUrgent(request_id, Answer.REFUSE.value)
            case UrgentText.OVERRULE:
                return OverruleUrgent(request_id, reason, rule)
            case _:
                return WithdrawUrgent(request_id)

    def _say(self, what: UrgentText) -> None:
        if self._row is not None and not self._away:
            command = self._command(what, self._row.request.id)
            self.wanted.emit(Batch(what, (command,), names=(self._row.task_name,)))

    # ---- building

    def _button(self, text: UrgentText, tip: UrgentText) -> QPushButton:
        button = QPushButton()
        button.clicked.connect(lambda: self._say(text))
        self._buttons[button] = (text, tip)
        return button

    def _lay_out(self) -> None:
        inner = QWidget()
        lines = QVBoxLayout(inner)
        lines.setContentsMargins(12, 8, 12, 4)
        lines.setSpacing(6)
        for widget in (self.title, self.asked, self.deadline, self.answers, self.exits):
            lines.addWidget(widget)
        lines.addWidget(self.losers)
        lines.addWidget(self.delays)
        lines.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(inner)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        bottom = QHBoxLayout()
        bottom.setContentsMargins(12, 0, 12, 8)
        bottom.addStretch(1)
        for button in self._buttons:
            bottom.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scroll, 1)
        written = QHBoxLayout()
        written.setContentsMargins(12, 0, 12, 0)
        written.addWidget(self.reason)
        column.addLayout(written)
        column.addLayout(bottom)


def _line(*, bold: bool = False) -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)  # names and reasons are never markup
    font = label.font()
    font.setBold(bold)
    label.setFont(font)
    return label
