"""The message centre on the screen: a click opens what a message is about."""

from PyQt5.QtCore import QModelIndex, pyqtSignal
from PyQt5.QtWidgets import QVBoxLayout, QWidget

from farmdesk.ui.appearance import Appearance
from farmdesk.ui.models.messages import MessagesModel
from farmdesk.ui.texts import Text
from farmdesk.ui.widgets.empty_hint import EmptyHint, Hint
from farmdesk.ui.widgets.table import make_table, set_widths


class MessagesPanel(QWidget):
    """Newest message on top."""

    task_opened = pyqtSignal(int)
    request_opened = pyqtSignal(int)

    def __init__(self, model: MessagesModel, appearance: Appearance) -> None:
        super().__init__()
        self._appearance = appearance
        self._model = model
        self.view = make_table(model)
        self.view.setSortingEnabled(False)  # they are in order of time
        set_widths(self.view, (10, 80))
        self.view.clicked.connect(self._on_clicked)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view)
        self.hint = EmptyHint(self.view, appearance, lambda: Hint(Text.EMPTY_MESSAGES))
        appearance.changed.connect(self._on_appearance)
        self._on_appearance()

    def _on_clicked(self, index: QModelIndex) -> None:
        message = self._model.at(index.row())
        if message.request_id is not None:
            self.request_opened.emit(message.request_id)
        elif message.task_id is not None:
            self.task_opened.emit(message.task_id)

    def _on_appearance(self) -> None:
        self.view.setAccessibleName(self._appearance.words(Text.TAB_MESSAGES))
