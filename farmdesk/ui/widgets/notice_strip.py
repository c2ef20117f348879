"""Says at the window's top that something waits for a person, or has ended; it blocks nothing."""

from collections.abc import Callable
from dataclasses import dataclass

from farmdesk.ui.appearance import Appearance
from farmdesk.ui.notice_texts import NoticeText
from farmdesk.ui.texts import Text
from farmdesk.ui.widgets.strip import Strip
from farmdesk.ui.wording import Wording


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to notice. A newer one with the same `key` takes its place.

    `open` goes to what it is about; `waits`: somebody waits for an answer, so it stands first.
    """

    key: str
    say: Callable[[Wording], str]
    open: Callable[[], object]
    waits: bool = False


class NoticeStrip(Strip):
    """Shows one notice at a time, and how many more there are."""

    def __init__(self, appearance: Appearance) -> None:
        super().__init__(appearance, alarm=False)
        self._notices: dict[str, Notice] = {}
        self.open_button = self.add_button(self._on_open)
        self.close_button = self.add_button(self._on_close)
        self._on_appearance()

    def add(self, notice: Notice) -> None:
        """Show a notice, those that wait for an answer before others."""
        self._notices.pop(notice.key, None)
        self._notices[notice.key] = notice
        self.say_again()

    def drop(self, key: str) -> None:
        """Take a notice away: what it was about is settled."""
        if self._notices.pop(key, None) is not None:
            self.say_again()

    def say_again(self) -> None:
        """Show the first notice, or hide."""
        words, notice = self.appearance.words, self._first()
        self.open_button.setText(words(NoticeText.SHOW))
        self.close_button.setText(words(Text.CLOSE))
        self.setVisible(notice is not None)
        if notice is None:
            return
        more = len(self._notices) - 1
        text = notice.say(words)
        self.label.setText(words(NoticeText.AND_MORE, first=text, count=more) if more else text)

    def _first(self) -> Notice | None:
        newest = list(reversed(self._notices.values()))
        return next((item for item in newest if item.waits), newest[0] if newest else None)

    def _on_open(self) -> None:
        notice = self._first()
        if notice is not None:
            self.drop(notice.key)
            notice.open()

    def _on_close(self) -> None:
        notice = self._first()
        if notice is not None:
            self.drop(notice.key)
