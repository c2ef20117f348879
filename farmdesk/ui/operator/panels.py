"""The panels of the operator's window in their splitters, and the ways from one to another."""

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QSplitter, QWidget

from farmdesk.ui.appearance import Appearance
from farmdesk.ui.foresight import Foresight
from farmdesk.ui.models.farm import FarmModels
from farmdesk.ui.operator.frames_panel import FramesPanel
from farmdesk.ui.operator.log_panel import LogPanel
from farmdesk.ui.operator.messages_panel import MessagesPanel
from farmdesk.ui.operator.nodes_panel import NodesPanel
from farmdesk.ui.operator.queue_panel import QueuePanel
from farmdesk.ui.operator.urgent_panel import UrgentPanel
from farmdesk.ui.operator.window_layout import Part


class Panels(QSplitter):
    """Queue and nodes above; frames, urgent requests and messages as tabs, and the log below."""

    def __init__(
        self, models: FarmModels, appearance: Appearance, *, foresight: Foresight, login: str
    ) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self._models = models
        self.queue = QueuePanel(models.tasks, appearance)
        self.nodes = NodesPanel(models.nodes, appearance)
        self.frames = FramesPanel(models.table, appearance)
        self.messages = MessagesPanel(models.messages, appearance)
        self.urgent = UrgentPanel(
            models.urgents, appearance, tasks=models.tasks, foresight=foresight, login=login
        )
        self.log = LogPanel(appearance)
        self.frames.addTab(self.urgent, "")
        self.frames.addTab(self.messages, "")
        self._lay_out()
        self.urgent.task_opened.connect(self.queue.select)
        self.messages.task_opened.connect(self.queue.select)
        self.messages.request_opened.connect(self.open_request)

    def open_request(self, request_id: int) -> None:
        """Go to an urgent request."""
        self.frames.setCurrentWidget(self.urgent)
        self.urgent.open(request_id)

    def open_frame_in_hand(self) -> None:
        """Go to the frame that the current node renders."""
        index = self.nodes.view.currentIndex()
        if not index.isValid():
            return
        record = self._models.nodes.at(index.row()).record
        if record.task_id is None or not self.queue.select(record.task_id):
            return
        self.frames.setCurrentWidget(self.frames.grid_tab)
        place = None if record.frame is None else self._models.table.place_of(record.frame)
        if place is not None:
            self.frames.grid.choose(place)

    def parts(self) -> list[Part]:
        """Give what a person can arrange."""
        splitters = {
            "main": self,
            "top": self._top,
            "bottom": self._bottom,
            "urgent": self.urgent.splitter,
        }
        parts = [Part(f"splitter-{k}", s.saveState, s.restoreState) for k, s in splitters.items()]
        for name, columns in {
            "queue": self.queue.columns,
            "nodes": self.nodes.columns,
            "urgent": self.urgent.columns,
        }.items():
            parts.append(Part(f"columns-{name}", columns.save, columns.restore))
        header = self.frames.list.horizontalHeader()
        parts.append(Part("columns-frames", header.saveState, header.restoreState))
        parts.append(Part("cells", self.frames.cell_size.save, self.frames.cell_size.restore))
        return parts

    def _lay_out(self) -> None:
        self._top = QSplitter(Qt.Orientation.Horizontal)
        self._bottom = QSplitter(Qt.Orientation.Horizontal)
        _fill(self._top, self.queue, self.nodes)
        _fill(self._bottom, self.frames, self.log)
        _fill(self, self._top, self._bottom)
        self._top.setSizes([940, 500])
        self._bottom.setSizes([940, 500])
        self.setSizes([400, 440])


def _fill(splitter: QSplitter, *widgets: QWidget) -> None:
    splitter.setHandleWidth(3)
    splitter.setChildrenCollapsible(False)
    for widget in widgets:
        splitter.addWidget(widget)
