"""Paints a node's load as a bar with its percentage."""

from PyQt5.QtCore import QModelIndex, QRectF, Qt
from PyQt5.QtGui import QColor, QPainter
from PyQt5.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from farmdesk.ui.appearance import Appearance
from farmdesk.ui.models.keyed_rows import BAR_ROLE
from farmdesk.ui.models.nodes import Bar, Load
from farmdesk.ui.theme import Theme

MARGIN = 5
RADIUS = 3
STALE_OPACITY = 0.45


class BarDelegate(QStyledItemDelegate):
    """Reads a `Bar` from the model's BAR_ROLE. Old samples are dim, high loads hot."""

    def __init__(self, appearance: Appearance) -> None:
        super().__init__()
        self._appearance = appearance

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint one bar; a dash where nothing is known."""
        bar = index.data(BAR_ROLE)
        if not isinstance(bar, Bar):
            super().paint(painter, option, index)
            return
        painter.save()
        theme = self._appearance.theme
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected:
            painter.fillRect(option.rect, option.palette.highlight())
        box = QRectF(option.rect.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN))
        if bar.share is None:
            painter.setPen(QColor(theme.selection_text if selected else theme.dim))
        else:
            if bar.stale:
                painter.setOpacity(STALE_OPACITY)
            self._fill(painter, box, bar)
            painter.setPen(QColor(theme.bar_text))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), bar.text)
        painter.restore()

    def _fill(self, painter: QPainter, box: QRectF, bar: Bar) -> None:
        theme = self._appearance.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.bar_track))
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        share = min(1.0, max(0.0, bar.share or 0.0))
        if share > 0:
            filled = QRectF(box.x(), box.y(), max(2.0 * RADIUS, box.width() * share), box.height())
            painter.setBrush(QColor(_colour(bar, theme)))
            painter.drawRoundedRect(filled, RADIUS, RADIUS)


def _colour(bar: Bar, theme: Theme) -> str:
    if bar.hot:
        return theme.bar_hot
    return theme.bar_gpu if bar.load is Load.GRAPHICS else theme.bar_cpu
