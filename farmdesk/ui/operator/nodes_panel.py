"""The render nodes on the screen."""

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtWidgets import QApplication, QVBoxLayout, QWidget

from farmdesk.domain.rows import NodeRow
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.models.nodes import NodesModel
from farmdesk.ui.texts import Text
from farmdesk.ui.widgets.bar_delegate import BarDelegate
from farmdesk.ui.widgets.elastic_column import ElasticColumn
from farmdesk.ui.widgets.empty_hint import EmptyHint, Hint
from farmdesk.ui.widgets.spark_delegate import SparkDelegate
from farmdesk.ui.widgets.table import make_table
from farmdesk.ui.widgets.why_line import WhyLine

WIDTHS = (7, 13, 6, 7, 6, 6, 24)  # digits, by column of NodesModel
AGE_MS = 1000


class NodesPanel(QWidget):
    """State, load bars and the frame in hand of every node."""

    def __init__(self, model: NodesModel, appearance: Appearance) -> None:
        super().__init__()
        self.model = model
        self._appearance = appearance
        self.view = make_table(model)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._delegate = BarDelegate(appearance)
        for name in ("cpu", "memory", "gpu"):
            self.view.setItemDelegateForColumn(model.column_named(name), self._delegate)
        self._spark = SparkDelegate(appearance)
        self.view.setItemDelegateForColumn(model.column_named("history"), self._spark)
        self.columns = ElasticColumn(
            self.view,
            model.column_named("current"),
            least=11,
            wanted=WIDTHS,
            kept=[model.column_named(name) for name in ("node", "state")],
        )
        self.why = WhyLine(appearance)
        self.view.selectionModel().selectionChanged.connect(self._tell_why)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.view)
        column.addWidget(self.why)
        self.hint = EmptyHint(self.view, appearance, self._hint)
        # Bars go dim by age alone, also while nothing new comes.
        self._timer = QTimer(self)
        self._timer.setInterval(AGE_MS)
        self._timer.timeout.connect(self.view.viewport().update)
        self._timer.start()
        appearance.changed.connect(self._on_appearance)
        self._on_appearance()

    def rows_came(self) -> None:
        """Bring hint and reason in line with fresh rows."""
        self.hint.refresh()
        self._tell_why()

    def select(self, node: str) -> None:
        """Select a node."""
        place = self.model.place_of(node)
        if place is not None:
            self.view.setCurrentIndex(self.model.index(place, 0))

    def selected(self) -> list[NodeRow]:
        """Give the selected nodes as they are now, from the top."""
        places = sorted(index.row() for index in self.view.selectionModel().selectedRows())
        return [self.model.at(place) for place in places]

    def _tell_why(self) -> None:
        """Say of the selected node why it idles, or what it does."""
        words, row = self._appearance.words, next(iter(self.selected()), None)
        if row is None:
            self.why.say("")
        else:
            self.why.say(words(Text.NODE_WHY, node=row.record.node, why=self.model.why(row)))

    def _hint(self) -> Hint | None:
        if not self.model.loaded:
            return None
        return Hint(Text.EMPTY_NODES, Text.COPY_COMMAND, _copy_server)

    def _on_appearance(self) -> None:
        self.view.setAccessibleName(self._appearance.words(Text.COLUMN_NODES))
        self.columns.retitle()
        self._tell_why()


def _copy_server() -> None:
    QApplication.clipboard().setText("farmdesk server")
