"""The titles of the tabs for urgent requests and messages: how much is new or open."""

from farmdesk.ui.appearance import Appearance
from farmdesk.ui.models.farm import FarmModels
from farmdesk.ui.operator.panels import Panels
from farmdesk.ui.texts import Text
from farmdesk.ui.urgent_texts import UrgentText


class TabTitles:
    """Follows messages, looks and language; `refresh` when requests have changed."""

    def __init__(self, models: FarmModels, panels: Panels, appearance: Appearance) -> None:
        self._models = models
        self._panels = panels
        self._appearance = appearance
        panels.frames.currentChanged.connect(self.refresh)
        models.messages.rowsInserted.connect(self.refresh)
        appearance.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say what is new or open; what is in sight is read."""
        tabs, messages = self._panels.frames, self._models.messages
        if tabs.currentWidget() is self._panels.messages:
            messages.read_all()
        words, unread = self._appearance.words, messages.unread
        asking = len(self._models.urgents.asking())
        text = words(Text.TAB_MESSAGES_COUNT, count=unread) if unread else words(Text.TAB_MESSAGES)
        tabs.setTabText(tabs.indexOf(self._panels.messages), text)
        text = words(UrgentText.TAB_COUNT, count=asking) if asking else words(UrgentText.TAB)
        tabs.setTabText(tabs.indexOf(self._panels.urgent), text)
