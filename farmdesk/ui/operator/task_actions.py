"""The actions on the selected tasks as Qt actions: for the tool bar, the menus and the keys."""

from collections.abc import Callable, Sequence

from PyQt5.QtCore import QObject, Qt, pyqtSignal
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import QAction, QWidget

from farmdesk.domain.rows import TaskRow
from farmdesk.ui.act_texts import ActText
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.glyphs import Glyph, glyph_icon
from farmdesk.ui.operator.acts import TIPS, Act, Plan, plan

_GLYPHS = {
    Act.START: Glyph.PLAY,
    Act.PAUSE: Glyph.BARS,
    Act.RESUME: Glyph.RESUME,
    Act.STOP: Glyph.SQUARE,
    Act.RAISE: Glyph.UP,
    Act.LOWER: Glyph.DOWN,
    Act.RETRY: Glyph.ARC,
    Act.RECYCLE: Glyph.BIN,
    Act.RESTORE: Glyph.BACK,
    Act.PURGE: Glyph.CROSS,
    Act.ALLOCATE: Glyph.NODES,
    Act.URGENT: Glyph.BOLT,
}
# Space pauses and resumes alike: `TaskActions.pause_or_resume`.
_KEYS = {
    Act.RAISE: "Ctrl+Up",
    Act.LOWER: "Ctrl+Down",
    Act.RETRY: "R",
    Act.RECYCLE: "Del",
    Act.ALLOCATE: "A",
    Act.URGENT: "U",
}


class TaskActions(QObject):
    """One QAction for each act. Keys work only while the focus is in the queue."""

    wanted = pyqtSignal(Plan)

    def __init__(self, appearance: Appearance, selected: Callable[[], Sequence[TaskRow]]) -> None:
        super().__init__()
        self._appearance = appearance
        self._selected = selected
        self._away = True
        self.actions = {act: self._make(act) for act in Act}
        self.pause_or_resume = QAction(self)
        self.pause_or_resume.setShortcut(QKeySequence("Space"))
        self.pause_or_resume.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.pause_or_resume.triggered.connect(self._on_pause_or_resume)
        appearance.changed.connect(self._on_appearance)
        self._on_appearance()

    def listen_in(self, *widgets: QWidget) -> None:
        """Let the keys work in these widgets."""
        for widget in widgets:
            widget.addActions([*self.actions.values(), self.pause_or_resume])

    def set_away(self, *, away: bool) -> None:
        """Disable everything while the farm is away."""
        self._away = away
        self.refresh()

    def plan(self, act: Act) -> Plan:
        """Give what an act would do now."""
        return plan(act, self._selected())

    def refresh(self) -> None:
        """Bring texts and usability in line with the selection."""
        words = self._appearance.words
        count = len(self._selected())
        for act, action in self.actions.items():
            found = self.plan(act)
            possible = found.possible and not self._away
            action.setText(self._label(found, count))
            action.setIconText(words(act.value))
            action.setEnabled(possible)
            tip = words(TIPS[act]) if possible else self._why(found)
            key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            action.setToolTip(f"{words(act.value)} ({key})\n{tip}" if key else tip)
        recycled = any(row.recycled for row in self._selected())
        for act in (Act.RESTORE, Act.PURGE):
            self.actions[act].setVisible(recycled)

    def _make(self, act: Act) -> QAction:
        action = QAction(self)
        action.setObjectName(act.name)
        if act in _KEYS:
            action.setShortcut(QKeySequence(_KEYS[act]))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(lambda: self._on_triggered(act))
        return action

    def _label(self, found: Plan, count: int) -> str:
        """Say in menus how much an act is about."""
        words = self._appearance.words
        if found.act is Act.RETRY and found.failed_frames:
            return words(ActText.RETRY_COUNT, count=found.failed_frames)
        text = words(found.act.value)
        many = count > 1 and found.possible
        return words(ActText.WITH_COUNT, action=text, count=len(found.rows)) if many else text

    def _why(self, found: Plan) -> str:
        words = self._appearance.words
        if self._away:
            return words(ActText.WHY_AWAY)
        if found.why is None:
            return ""
        if found.refused_state is None:
            return words(found.why)
        return words(
            found.why,
            state=words.task_state(found.refused_state),
            action=words(found.act.value).rstrip("…"),
        )

    def _on_appearance(self) -> None:
        theme = self._appearance.theme
        for act, action in self.actions.items():
            action.setIcon(glyph_icon(_GLYPHS[act], theme.text, disabled=theme.disabled))
        self.refresh()

    def _on_triggered(self, act: Act) -> None:
        found = self.plan(act)
        if found.possible and not self._away:
            self.wanted.emit(found)

    def _on_pause_or_resume(self) -> None:
        act = Act.PAUSE if self.plan(Act.PAUSE).possible else Act.RESUME
        self._on_triggered(act)
