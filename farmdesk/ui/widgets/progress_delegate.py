"""Paints a task's progress: done, failed and running as segments, the figures on a capsule."""

from PyQt5.QtCore import QModelIndex, QRectF, QSize, Qt
from PyQt5.QtGui import QColor, QPainter
from PyQt5.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from farmdesk.domain.states import FrameState
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.models.keyed_rows import BAR_ROLE
from farmdesk.ui.models.tasks import Progress

MARGIN = 5
CAPSULE_PADDING = 14
MIN_SEGMENT = 3.0  # a single failed frame of many is still seen


def segments(progress: Progress, width: float) -> list[tuple[FrameState, float]]:
    """Give the painted states with their widths; what is left of `width` is waiting."""
    counts = (
        (FrameState.DONE, progress.done),
        (FrameState.FAILED, progress.failed),
        (FrameState.RENDERING, progress.running),
    )
    total = max(1, progress.total)
    rare = (FrameState.FAILED, FrameState.RENDERING)
    made = []
    for state, count in counts:
        if count:
            share = width * count / total
            made.append((state, max(MIN_SEGMENT, share) if state in rare else share))
    excess = sum(size for _, size in made) - width
    if excess > 0 and made and made[0][0] is FrameState.DONE:
        made[0] = (FrameState.DONE, made[0][1] - excess)
    return made


class ProgressDelegate(QStyledItemDelegate):
    """Reads a `Progress` from the model's BAR_ROLE."""

    def __init__(self, appearance: Appearance) -> None:
        super().__init__()
        self._appearance = appearance

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint one bar."""
        progress = index.data(BAR_ROLE)
        if not isinstance(progress, Progress):
            super().paint(painter, option, index)
            return
        painter.save()
        theme = self._appearance.theme
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, option.palette.highlight())
        bar = QRectF(option.rect.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN))
        painter.fillRect(bar, QColor(theme.frames[FrameState.WAITING]))
        left = bar.x()
        for state, width in segments(progress, bar.width()):
            painter.fillRect(
                QRectF(left, bar.y(), width, bar.height()), QColor(theme.frames[state])
            )
            left += width
        self._capsule(painter, option, bar=bar, text=_fitting(progress, option, bar))
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """Ask for room for the longest figures."""
        hint = super().sizeHint(option, index)
        return QSize(
            option.fontMetrics.horizontalAdvance("500,000 / 500,000 · 100%") + 40, hint.height()
        )

    def _capsule(
        self, painter: QPainter, option: QStyleOptionViewItem, *, bar: QRectF, text: str
    ) -> None:
        theme = self._appearance.theme
        width = min(bar.width() - 4, option.fontMetrics.horizontalAdvance(text) + CAPSULE_PADDING)
        capsule = QRectF(bar.center().x() - width / 2, bar.y() + 1, width, bar.height() - 2)
        back = QColor(theme.capsule)
        back.setAlpha(225)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(back)
        painter.drawRoundedRect(capsule, capsule.height() / 2, capsule.height() / 2)
        painter.setPen(QColor(theme.text))
        painter.drawText(capsule, int(Qt.AlignmentFlag.AlignCenter), text)


def _fitting(progress: Progress, option: QStyleOptionViewItem, bar: QRectF) -> str:
    """Give the figures, or the share alone where they do not fit."""
    room = bar.width() - CAPSULE_PADDING
    fits = option.fontMetrics.horizontalAdvance(progress.text) <= room
    return progress.text if fits else progress.percent
