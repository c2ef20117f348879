"""Gives a text in the chosen language, and puts numbers, times and durations into words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeVar

from farmdesk.domain.exits import ExitRule
from farmdesk.domain.failure_words import NEXT_STEPS, why_failed
from farmdesk.domain.said import Said
from farmdesk.domain.state_words import (
    ANSWERS,
    EXITS,
    FRAME_STATES,
    NODE_STATES,
    TASK_STATES,
    URGENT_STATES,
)
from farmdesk.domain.states import FailureReason, FrameState, NodeState, TaskState
from farmdesk.domain.urgent_states import Answer, UrgentState
from farmdesk.ui.texts import Pair, Phrase, Text

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
K = TypeVar("K")


class Wording:
    """The words of one language. Replace it to switch; it holds nothing else."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._column = LANGUAGES.index(language)

    def __call__(self, text: Phrase, **values: object) -> str:
        """Give the text with its `{name}` places filled."""
        pair: Pair = text.value
        return pair[self._column].format(**values) if values else pair[self._column]

    def task_state(self, state: TaskState) -> str:
        """Give the word for a task's state."""
        return self._of(TASK_STATES, state)

    def frame_state(self, state: FrameState) -> str:
        """Give the word for a frame's state."""
        return self._of(FRAME_STATES, state)

    def node_state(self, state: NodeState) -> str:
        """Give the word for a node's state."""
        return self._of(NODE_STATES, state)

    def why_failed(self, reason: FailureReason, text: str) -> str:
        """Say why a frame failed; `text`: what the tool or the node said, in its own words."""
        return why_failed(reason, text).text(self.language)

    def next_step(self, reason: FailureReason) -> str:
        """Say what to do about a failure."""
        return self._of(NEXT_STEPS, reason)

    def urgent_state(self, state: UrgentState) -> str:
        """Give the word for where an urgent request stands."""
        return self._of(URGENT_STATES, state)

    def answer(self, answer: Answer) -> str:
        """Give the word for an answer to an urgent request."""
        return self._of(ANSWERS, answer)

    def exit(self, rule: ExitRule) -> str:
        """Give the name of a rule by which nodes leave what they render."""
        return self._of(EXITS, rule)

    def duration(self, seconds: float | None) -> str:
        """Give a span in its two leading units; None is a dash."""
        if seconds is None:
            return self(Text.DASH)
        whole = max(0, round(seconds))
        if whole < 60:
            return self(Text.SECONDS, n=whole)
        minutes = round(whole / 60)
        if minutes < 60:
            return self(Text.MINUTES, n=minutes)
        if minutes < 48 * 60:
            return self(Text.HOURS, h=minutes // 60, m=minutes % 60)
        days, hours = divmod(round(minutes / 60), 24)
        return self(Text.DAYS, d=days, h=hours)

    def countdown(self, seconds: float) -> str:
        """Give what is left until a deadline, to the second in its last hour."""
        whole = max(0, int(seconds))
        if whole < 60 or whole >= 3600:
            return self.duration(whole)
        return self(Text.MINUTES_SECONDS, m=whole // 60, s=whole % 60)

    def _of(self, words: Mapping[K, Said], key: K) -> str:
        return words[key].text(self.language)


def local_moment(at: datetime, now: datetime) -> str:
    """Give the time of this place to the minute; with its date when it is not today."""
    here, today = at.astimezone(), now.astimezone().date()
    return f"{here:%H:%M}" if here.date() == today else f"{here:%m-%d %H:%M}"


def local_clock(at: datetime) -> str:
    """Give the wall-clock time of this place, to the second."""
    return at.astimezone().strftime("%H:%M:%S")


def size_text(megabytes: int | None) -> str:
    """Give a size from mebibytes, in the unit that keeps it short; None is a dash."""
    if megabytes is None:
        return "—"
    if megabytes < 1024:
        return f"{megabytes} MB"
    gigabytes = megabytes / 1024
    return f"{gigabytes:.0f} GB" if gigabytes < 1024 else f"{gigabytes / 1024:.1f} TB"
