"""The small shapes that tell states and actions apart without colour, sharp at any size."""

from collections.abc import Mapping
from enum import Enum, auto

from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF

from farmdesk.domain.states import FrameState, NodeState, TaskState
from farmdesk.domain.urgent_states import UrgentState
from farmdesk.ui.theme import Theme


class Glyph(Enum):
    """A shape in a unit square."""

    HOLLOW = auto()
    DOT = auto()
    PLAY = auto()
    RING = auto()
    FILL = auto()
    CROSS = auto()
    ARC = auto()
    BARS = auto()
    SLASH = auto()
    SQUARE = auto()
    UP = auto()
    DOWN = auto()
    RESUME = auto()
    BIN = auto()
    BACK = auto()
    DISC = auto()
    CLOCK = auto()
    BOLT = auto()
    NODES = auto()


FRAME_GLYPHS: Mapping[FrameState, Glyph] = {
    FrameState.WAITING: Glyph.HOLLOW,
    FrameState.ASSIGNED: Glyph.DOT,
    FrameState.RENDERING: Glyph.PLAY,
    FrameState.CHECKING: Glyph.RING,
    FrameState.DONE: Glyph.FILL,
    FrameState.FAILED: Glyph.CROSS,
    FrameState.RETRYING: Glyph.ARC,
    FrameState.PAUSED: Glyph.BARS,
    FrameState.SKIPPED: Glyph.SLASH,
}

# Tasks and nodes borrow the frame colours, each with a shape of its own.
TASK_LOOKS: Mapping[TaskState, tuple[Glyph, FrameState]] = {
    TaskState.UPLOADING: (Glyph.UP, FrameState.CHECKING),
    TaskState.VERIFYING: (Glyph.RING, FrameState.CHECKING),
    TaskState.REJECTED: (Glyph.SLASH, FrameState.FAILED),
    TaskState.QUEUED: (Glyph.HOLLOW, FrameState.WAITING),
    TaskState.RENDERING: (Glyph.PLAY, FrameState.RENDERING),
    TaskState.PAUSED: (Glyph.BARS, FrameState.PAUSED),
    TaskState.PREEMPTED: (Glyph.ARC, FrameState.ASSIGNED),
    TaskState.PARTLY_FAILED: (Glyph.CROSS, FrameState.RETRYING),
    TaskState.FAILED: (Glyph.CROSS, FrameState.FAILED),
    TaskState.COMPLETED: (Glyph.FILL, FrameState.DONE),
    TaskState.STOPPED: (Glyph.SQUARE, FrameState.PAUSED),
    TaskState.EXPIRED: (Glyph.DOT, FrameState.WAITING),
}

NODE_LOOKS: Mapping[NodeState, tuple[Glyph, FrameState]] = {
    NodeState.IDLE: (Glyph.DISC, FrameState.DONE),
    NodeState.RENDERING: (Glyph.PLAY, FrameState.RENDERING),
    NodeState.DRAINING: (Glyph.DOWN, FrameState.CHECKING),
    NodeState.MAINTENANCE: (Glyph.BARS, FrameState.RETRYING),
    NodeState.OFFLINE: (Glyph.HOLLOW, FrameState.WAITING),
    NodeState.FAULT: (Glyph.CROSS, FrameState.FAILED),
}

URGENT_LOOKS: Mapping[UrgentState, tuple[Glyph, FrameState]] = {
    UrgentState.ASKING: (Glyph.BOLT, FrameState.RETRYING),
    UrgentState.ADMITTED: (Glyph.BOLT, FrameState.RENDERING),
    UrgentState.REFUSED: (Glyph.CROSS, FrameState.FAILED),
    UrgentState.WITHDRAWN: (Glyph.BACK, FrameState.WAITING),
    UrgentState.ENDED: (Glyph.FILL, FrameState.DONE),
}

_POLYGONS: Mapping[Glyph, tuple[tuple[float, float], ...]] = {
    Glyph.PLAY: ((0.32, 0.22), (0.32, 0.78), (0.8, 0.5)),
    Glyph.UP: ((0.5, 0.18), (0.85, 0.75), (0.15, 0.75)),
    Glyph.DOWN: ((0.5, 0.82), (0.85, 0.25), (0.15, 0.25)),
    Glyph.RESUME: ((0.46, 0.22), (0.46, 0.78), (0.9, 0.5)),
    Glyph.SQUARE: ((0.24, 0.24), (0.76, 0.24), (0.76, 0.76), (0.24, 0.76)),
    Glyph.FILL: ((0.12, 0.12), (0.88, 0.12), (0.88, 0.88), (0.12, 0.88)),
    Glyph.BOLT: ((0.58, 0.08), (0.22, 0.56), (0.46, 0.56), (0.4, 0.92), (0.78, 0.42), (0.52, 0.42)),
}
_STROKES: Mapping[Glyph, tuple[tuple[float, float, float, float], ...]] = {
    Glyph.CROSS: ((0.27, 0.27, 0.73, 0.73), (0.73, 0.27, 0.27, 0.73)),
    Glyph.BARS: ((0.37, 0.25, 0.37, 0.75), (0.63, 0.25, 0.63, 0.75)),
    Glyph.SLASH: ((0.25, 0.75, 0.75, 0.25),),
    Glyph.NODES: (
        (0.18, 0.2, 0.82, 0.2),
        (0.18, 0.45, 0.82, 0.45),
        (0.18, 0.2, 0.18, 0.45),
        (0.82, 0.2, 0.82, 0.45),
        (0.18, 0.58, 0.82, 0.58),
        (0.18, 0.83, 0.82, 0.83),
        (0.18, 0.58, 0.18, 0.83),
        (0.82, 0.58, 0.82, 0.83),
    ),
    Glyph.CLOCK: ((0.5, 0.5, 0.5, 0.28), (0.5, 0.5, 0.66, 0.58)),
    Glyph.RESUME: ((0.22, 0.24, 0.22, 0.76),),
    Glyph.BIN: (
        (0.2, 0.28, 0.8, 0.28),
        (0.28, 0.28, 0.34, 0.84),
        (0.72, 0.28, 0.66, 0.84),
        (0.34, 0.84, 0.66, 0.84),
        (0.42, 0.16, 0.58, 0.16),
    ),
    Glyph.BACK: (
        (0.2, 0.4, 0.42, 0.2),
        (0.2, 0.4, 0.42, 0.6),
        (0.2, 0.4, 0.68, 0.4),
        (0.68, 0.4, 0.8, 0.55),
        (0.8, 0.55, 0.68, 0.76),
        (0.68, 0.76, 0.4, 0.76),
    ),
}


def paint_glyph(painter: QPainter, glyph: Glyph, *, box: QRectF, ink: QColor) -> None:
    """Paint one shape into `box`; the painter's pen and brush are changed."""
    side = box.width()
    pen = QPen(ink, max(1.2, side * 0.11))
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for x1, y1, x2, y2 in _STROKES.get(glyph, ()):
        painter.drawLine(_at(box, x1, y1), _at(box, x2, y2))
    if glyph is Glyph.RING:
        painter.drawEllipse(box.center(), side * 0.23, side * 0.23)
    elif glyph is Glyph.CLOCK:
        painter.drawEllipse(box.center(), side * 0.38, side * 0.38)
    elif glyph is Glyph.ARC:
        painter.drawArc(_inner(box, 0.24), 30 * 16, 270 * 16)
    elif glyph is Glyph.HOLLOW:
        painter.drawRect(_inner(box, 0.2))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    if glyph in _POLYGONS:
        painter.drawPolygon(QPolygonF([_at(box, x, y) for x, y in _POLYGONS[glyph]]))
    elif glyph is Glyph.DOT:
        painter.drawEllipse(box.center(), side * 0.15, side * 0.15)
    elif glyph is Glyph.DISC:
        painter.drawEllipse(box.center(), side * 0.34, side * 0.34)


def glyph_icon(glyph: Glyph, colour: str, *, side: int = 16, disabled: str | None = None) -> QIcon:
    """Give an icon of one shape, sharp on dense screens; `disabled` is its colour when unusable."""
    picture = _picture(glyph, colour, side)
    icon = QIcon(picture)
    # Qt would tint it in a selected row, and the state's colour would be another one.
    icon.addPixmap(picture, QIcon.Mode.Selected)
    if disabled is not None:
        icon.addPixmap(_picture(glyph, disabled, side), QIcon.Mode.Disabled)
    return icon


def _picture(glyph: Glyph, colour: str, side: int) -> QPixmap:
    picture = QPixmap(side * 2, side * 2)
    picture.setDevicePixelRatio(2.0)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_glyph(painter, glyph, box=QRectF(0, 0, side, side), ink=QColor(colour))
    painter.end()
    return picture


def task_icon(state: TaskState, theme: Theme) -> QIcon:
    """Give the icon of a task's state."""
    glyph, colour = TASK_LOOKS[state]
    return glyph_icon(glyph, theme.frames[colour])


def node_icon(state: NodeState, theme: Theme) -> QIcon:
    """Give the icon of a node's state."""
    glyph, colour = NODE_LOOKS[state]
    return glyph_icon(glyph, theme.frames[colour])


def urgent_icon(state: UrgentState, theme: Theme) -> QIcon:
    """Give the icon of an urgent request's state."""
    glyph, colour = URGENT_LOOKS[state]
    return glyph_icon(glyph, theme.frames[colour])


def _at(box: QRectF, x: float, y: float) -> QPointF:
    return QPointF(box.x() + box.width() * x, box.y() + box.height() * y)


def _inner(box: QRectF, margin: float) -> QRectF:
    inset = box.width() * margin
    return box.adjusted(inset, inset, -inset, -inset)
