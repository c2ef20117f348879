"""One painted frame cell, colour and glyph: the same in grid, legend and list."""

from PyQt5.QtCore import QRectF
from PyQt5.QtGui import QColor, QIcon, QPainter, QPixmap

from farmdesk.domain.states import FrameState
from farmdesk.ui.glyphs import FRAME_GLYPHS, Glyph, paint_glyph
from farmdesk.ui.theme import Theme

GLYPH_FROM_PX = 9  # smaller cells are plain colour
BORDER_FROM_PX = 5
NUMBER_SHARE = 0.38  # of a cell's height, at its top, where it bears its number


def paint_cell(
    painter: QPainter, state: FrameState, *, side: int, theme: Theme, numbered: bool = False
) -> None:
    """Paint a cell of `side` pixels at the origin; `numbered`: with room for its number."""
    fill = theme.frames[state]
    hollow = state is FrameState.WAITING and side >= BORDER_FROM_PX
    painter.fillRect(0, 0, side, side, QColor(theme.waiting_fill if hollow else fill))
    if hollow:
        painter.setPen(QColor(fill))
        painter.drawRect(0, 0, side - 1, side - 1)
    glyph = FRAME_GLYPHS[state]
    if side >= GLYPH_FROM_PX and glyph not in (Glyph.FILL, Glyph.HOLLOW):
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(0, 0, side, side)
        if numbered:
            inset = side * NUMBER_SHARE
            box = QRectF(inset / 2, inset, side - inset, side - inset)
        paint_glyph(painter, glyph, box=box, ink=QColor(theme.ink(fill)))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def cell_icon(state: FrameState, theme: Theme) -> QIcon:
    """Give a cell as an icon, sharp on dense screens."""
    side = 28
    picture = QPixmap(side, side)
    picture.setDevicePixelRatio(1.0)
    painter = QPainter(picture)
    paint_cell(painter, state, side=side, theme=theme)
    painter.end()
    picture.setDevicePixelRatio(2.0)
    icon = QIcon(picture)
    icon.addPixmap(picture, QIcon.Mode.Selected)  # no tint: the colour tells the state
    return icon
