"""Paints a node's load of the last minutes as a line; times without samples stay empty."""

from itertools import groupby

from PyQt5.QtCore import QModelIndex, QPointF, QRectF, Qt
from PyQt5.QtGui import QColor, QPainter, QPen, QPolygonF
from PyQt5.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from farmdesk.ui.appearance import Appearance
from farmdesk.ui.models.keyed_rows import BAR_ROLE
from farmdesk.ui.models.load_history import Spark

MARGIN = 5
BRIDGE = 3  # steps without a sample that the line still crosses: agents report every few seconds
AREA_ALPHA = 70


class SparkDelegate(QStyledItemDelegate):
    """Reads a `Spark` from the model's BAR_ROLE."""

    def __init__(self, appearance: Appearance) -> None:
        super().__init__()
        self._appearance = appearance

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint one line over its area."""
        spark = index.data(BAR_ROLE)
        if not isinstance(spark, Spark):
            super().paint(painter, option, index)
            return
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, option.palette.highlight())
        box = QRectF(option.rect.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN))
        theme = self._appearance.theme
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QColor(theme.bar_cpu)
        area.setAlpha(AREA_ALPHA)
        for line in lines(spark, box):
            feet = [QPointF(line[-1].x(), box.bottom()), QPointF(line[0].x(), box.bottom())]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(area)
            painter.drawPolygon(QPolygonF([*line, *feet]))
            painter.setPen(QPen(QColor(theme.link), 1.2))
            painter.drawPolyline(QPolygonF(line))
        painter.restore()


def lines(spark: Spark, box: QRectF) -> list[list[QPointF]]:
    """Give the connected stretches of a line in a box; each has at least two points."""
    step = box.width() / max(1, len(spark.points) - 1)
    seen = [(place, share) for place, share in enumerate(spark.points) if share is not None]
    gaps = 0
    marked: list[tuple[int, int, float]] = []
    for number, (place, share) in enumerate(seen):
        if number and place - seen[number - 1][0] > BRIDGE:
            gaps += 1
        marked.append((gaps, place, min(1.0, max(0.0, share))))
    stretches = [list(group) for _, group in groupby(marked, key=lambda point: point[0])]
    return [
        _drawn(
            [
                (box.x() + place * step, box.bottom() - box.height() * share)
                for _, place, share in stretch
            ],
            step,
        )
        for stretch in stretches
    ]


def _drawn(points: list[tuple[float, float]], step: float) -> list[QPointF]:
    """Make a line of the points; a single one becomes a short dash, to be seen at all."""
    made = [QPointF(x, y) for x, y in points]
    return made if len(made) > 1 else [QPointF(made[0].x() - step, made[0].y()), made[0]]
