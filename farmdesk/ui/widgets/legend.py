"""The states of a task's frames in a row: cell, name and count; a click asks for one of them."""

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import QToolButton, QWidget

from farmdesk.domain.states import FrameState
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.cell import cell_icon
from farmdesk.ui.models.frame_table import FrameTable
from farmdesk.ui.texts import Text
from farmdesk.ui.widgets.flow_row import FlowRow

# What needs a look comes first.
STATES = (
    FrameState.DONE,
    FrameState.RENDERING,
    FrameState.FAILED,
    FrameState.RETRYING,
    FrameState.CHECKING,
    FrameState.ASSIGNED,
    FrameState.PAUSED,
    FrameState.WAITING,
    FrameState.SKIPPED,
)


class Legend(QWidget):
    """Follows the table; states without a frame are left out."""

    chosen = pyqtSignal(FrameState)

    def __init__(self, table: FrameTable, appearance: Appearance) -> None:
        super().__init__()
        self._table = table
        self._appearance = appearance
        flow = FlowRow(self)
        self._buttons = {state: self._button(state) for state in STATES}
        for button in self._buttons.values():
            flow.addWidget(button)
        table.replaced.connect(self._count)
        table.changed.connect(self._count)
        appearance.changed.connect(self._on_appearance)
        self._on_appearance()

    def _button(self, state: FrameState) -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"legend-{state.name}")
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.clicked.connect(lambda: self.chosen.emit(state))
        return button

    def _count(self) -> None:
        words, counts = self._appearance.words, self._table.counts()
        for state, button in self._buttons.items():
            count = int(counts[state])
            name = words.frame_state(state)
            button.setText(words(Text.STATE_COUNT, state=name, count=f"{count:,}"))
            button.setVisible(count > 0)

    def _on_appearance(self) -> None:
        words, theme = self._appearance.words, self._appearance.theme
        for state, button in self._buttons.items():
            button.setIcon(cell_icon(state, theme))
            button.setToolTip(words(Text.LEGEND_TIP, state=words.frame_state(state)))
        self._count()
