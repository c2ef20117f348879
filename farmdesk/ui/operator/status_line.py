"""The status bar: connection and its latency, node totals, failure rate."""

from PyQt5.QtWidgets import QLabel, QStatusBar

from farmdesk.ui.appearance import Appearance
from farmdesk.ui.connection import Connection
from farmdesk.ui.models.nodes import NodesModel
from farmdesk.ui.models.tasks import TasksModel
from farmdesk.ui.texts import Text


class StatusLine:
    """Fills a window's status bar; `refresh` brings it in line with models and connection."""

    def __init__(
        self,
        bar: QStatusBar,
        *,
        connection: Connection,
        tasks: TasksModel,
        nodes: NodesModel,
        appearance: Appearance,
    ) -> None:
        self._connection = connection
        self._tasks = tasks
        self._nodes = nodes
        self._appearance = appearance
        self.link, self.totals, self.rate = QLabel(), QLabel(), QLabel()
        for label in (self.link, self.totals, self.rate):
            label.setContentsMargins(6, 0, 6, 0)
        bar.addWidget(self.link)
        bar.addPermanentWidget(self.totals)
        bar.addPermanentWidget(self.rate)
        connection.changed.connect(self.refresh)
        appearance.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say everything again."""
        words = self._appearance.words
        self.link.setText(self._connection_text())
        totals = [
            words(Text.STATE_COUNT, state=words.node_state(state), count=count)
            for state, count in self._nodes.totals()
        ]
        self.totals.setText(
            words(Text.NODE_TOTALS, totals=" · ".join(totals)) if totals else words(Text.NO_NODES)
        )
        rate = self._tasks.failure_rate()
        self.rate.setText(words(Text.FAILURE_RATE, rate="—" if rate is None else f"{rate:.1%}"))
        self.rate.setToolTip(words(Text.FAILURE_RATE_TIP))

    def _connection_text(self) -> str:
        words, connection = self._appearance.words, self._connection
        if connection.online:
            latency_s = connection.latency_s or 0.0
            return words(Text.CONNECTED, milliseconds=max(1, round(latency_s * 1000)))
        return words(Text.OFFLINE) if connection.away else words(Text.CONNECTING)
