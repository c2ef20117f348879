"""Fits a table's columns to its panel: one column takes what is left over, or gives what lacks.

Only until a person sizes a column: from then on the widths are theirs, also at the next start.
"""

from collections.abc import Collection, Mapping

from PyQt5.QtCore import QByteArray, QEvent, QObject, QTimer
from PyQt5.QtWidgets import QTableView

from farmdesk.ui.widgets.table import digits_width, title_width, widen_for_titles

FITTED, ARRANGED = b"fitted\n", b"arranged\n"


class ElasticColumn(QObject):
    """Keeps a view's columns together as wide as the view, none narrower than its title.

    `column` is the elastic one, at least `least` digits wide; `wanted` are all widths in digits.
    Columns of `kept` give room only when no other one has any left.
    """

    def __init__(
        self,
        view: QTableView,
        column: int,
        *,
        least: int,
        wanted: tuple[int, ...],
        kept: Collection[int] = (),
    ) -> None:
        super().__init__(view)
        self._view = view
        self._column = column
        self._least = least
        self._wanted = wanted
        self._kept = frozenset(kept)
        self._fitting = False
        self.arranged = False  # a person chose the widths; then the last column is stretched
        view.viewport().installEventFilter(self)
        self._header = view.horizontalHeader()
        self._header.sectionResized.connect(self._on_resized)
        self._set_arranged(False)

    def fit(self) -> None:
        """Size all columns for the view's present width, unless a person chose their widths."""
        if not self.arranged:
            self._fitting = True
            for column, width in self._widths().items():
                self._view.setColumnWidth(column, width)
            self._fitting = False

    def retitle(self) -> None:
        """Fit again after the titles changed; a person's widths only grow where a title needs."""
        self.fit()
        if self.arranged:
            widen_for_titles(self._view)

    def save(self) -> QByteArray:
        """Give the header's state, with a mark whether a person chose the widths."""
        mark = ARRANGED if self.arranged else FITTED
        return QByteArray(mark + bytes(self._header.saveState()))

    def restore(self, saved: QByteArray) -> bool:
        """Take back what `save` gave; tells whether it could be read."""
        mark, _, state = bytes(saved).partition(b"\n")
        if mark + b"\n" not in (FITTED, ARRANGED):
            return False
        self._fitting = True
        known = self._header.restoreState(QByteArray(state))
        self._fitting = False
        self._set_arranged(known and mark + b"\n" == ARRANGED)
        return known

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the view."""
        if event.type() == QEvent.Type.Resize:
            self.fit()
        return super().eventFilter(watched, event)

    def _widths(self) -> dict[int, int]:
        """Give the width of each shown column.

        As wanted; where room lacks the elastic column gives first, then the others evenly, those
        to be kept last.
        """
        view = self._view
        shown = [n for n in range(len(self._wanted)) if not view.isColumnHidden(n)]
        least = {n: title_width(view, n) for n in shown}
        widths = {n: max(least[n], digits_width(view, self._wanted[n])) for n in shown}
        lacking = sum(widths.values()) - view.viewport().width()
        if self._column in widths:
            floor = max(least[self._column], digits_width(view, self._least))
            given = min(lacking, max(0, widths[self._column] - floor))
            widths[self._column] -= given
            lacking -= given
        others = [n for n in shown if n != self._column]
        for givers in (
            [n for n in others if n not in self._kept],
            [n for n in others if n in self._kept],
        ):
            spare = {n: widths[n] - least[n] for n in givers}
            for n, given in _shares(spare, lacking).items():
                widths[n] -= given
                lacking -= given
        return widths

    def _on_resized(self, column: int, old: int, new: int) -> None:  # noqa: ARG002 Qt's signature
        if self._fitting or self.arranged:
            return
        if old and new:
            self._set_arranged(True)
        else:  # a column is being hidden or shown; Qt says so only afterwards
            QTimer.singleShot(0, self.fit)

    def _set_arranged(self, arranged: bool) -> None:
        self._fitting = True
        self.arranged = arranged
        self._header.setStretchLastSection(arranged)
        self._fitting = False
        self.fit()


def _shares(spare: Mapping[int, int], lacking: int) -> dict[int, int]:
    """Divide what lacks among columns by what each can spare; exact to the pixel."""
    left, room = min(lacking, sum(spare.values())), sum(spare.values())
    given: dict[int, int] = {}
    for column, most in spare.items():
        if left <= 0:
            break
        given[column] = -(-left * most // room)
        left -= given[column]
        room -= most
    return given
