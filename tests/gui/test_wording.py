"""The words: complete in both languages, with the same places, in letters that the fonts have."""

import string
from collections.abc import Mapping
from enum import Enum
from typing import Any

import pytest
from PyQt5.QtGui import QFontMetrics
from PyQt5.QtWidgets import QApplication

from farmdesk.domain.account_words import APPLICATIONS, KEY_STATES, ROLES, USER_STATES
from farmdesk.domain.accounts import ApplicationKind, KeyState, UserState
from farmdesk.domain.exits import ExitRule
from farmdesk.domain.failure_words import NEXT_STEPS
from farmdesk.domain.said import Said
from farmdesk.domain.state_words import (
    ANSWERS,
    EXITS,
    FRAME_STATES,
    NODE_STATES,
    REASONS,
    TASK_STATES,
    TRANSFER_STATES,
    URGENT_STATES,
)
from farmdesk.domain.states import FailureReason, FrameState, NodeState, TaskState
from farmdesk.domain.transfers import TransferState
from farmdesk.domain.urgent_states import Answer, UrgentState
from farmdesk.domain.users import Role
from farmdesk.ui.act_texts import ActText
from farmdesk.ui.allocate_texts import AllocateText
from farmdesk.ui.appearance import text_font
from farmdesk.ui.loss_texts import LossText
from farmdesk.ui.notice_texts import NoticeText
from farmdesk.ui.texts import Phrase, Text
from farmdesk.ui.urgent_texts import UrgentText
from farmdesk.ui.wording import LANGUAGES, Wording, size_text

TEXTS: list[Phrase] = [
    text
    for texts in (Text, ActText, AllocateText, LossText, NoticeText, UrgentText)
    for text in texts
]
STATES: list[tuple[Mapping[Any, Said], type[Enum]]] = [
    (TASK_STATES, TaskState),
    (FRAME_STATES, FrameState),
    (NODE_STATES, NodeState),
    (REASONS, FailureReason),
    (NEXT_STEPS, FailureReason),
    (TRANSFER_STATES, TransferState),
    (URGENT_STATES, UrgentState),
    (ANSWERS, Answer),
    (EXITS, ExitRule),
    (ROLES, Role),
    (USER_STATES, UserState),
    (KEY_STATES, KeyState),
    (APPLICATIONS, ApplicationKind),
]


def test_no_room_of_texts_is_left_out() -> None:
    assert {type(text) for text in TEXTS} == set(Phrase.__subclasses__())


def places(text: str) -> set[str]:
    """Give the names that a text wants filled in."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("text", TEXTS, ids=str)
def test_both_languages_have_the_same_places(text: Phrase) -> None:
    zh, en = text.value
    assert zh
    assert en
    assert places(zh) == places(en)


@pytest.mark.parametrize(("words", "states"), STATES)
def test_every_state_has_words(words: Mapping[Any, Said], states: type[Enum]) -> None:
    assert set(words) == set(states)
    for language in LANGUAGES:
        told = [said.text(language) for said in words.values()]
        assert len(set(told)) == len(told), "two states share a word"


def test_the_fonts_have_every_letter(qapp: QApplication) -> None:
    metrics = QFontMetrics(text_font(), qapp.desktop())
    tables = [text.value for text in TEXTS]
    tables += [(said.zh, said.en) for words, _ in STATES for said in words.values()]
    letters = {letter for pair in tables for text in pair for letter in text if letter != "\n"}
    assert {c for c in letters if not metrics.inFontUcs4(ord(c))} == set()


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (None, "—", "—"),
        (-3, "0 秒", "0 s"),
        (59.4, "59 秒", "59 s"),
        (59.6, "1 分", "1 min"),
        (3570, "1 时 0 分", "1 h 0 min"),
        (23_520, "6 时 32 分", "6 h 32 min"),
        (200_000, "2 天 8 时", "2 d 8 h"),
    ],
)
def test_durations_say_two_units(seconds: float | None, zh: str, en: str) -> None:
    assert [Wording(language).duration(seconds) for language in LANGUAGES] == [zh, en]


@pytest.mark.parametrize(
    ("megabytes", "text"),
    [(None, "—"), (512, "512 MB"), (262_144, "256 GB"), (3_145_728, "3.0 TB")],
)
def test_sizes_stay_short(megabytes: int | None, text: str) -> None:
    assert size_text(megabytes) == text


def test_braces_in_a_name_are_no_places() -> None:
    told = Wording("en")(Text.APPLIED, action="Pause", task="{0} %s {x}")
    assert told == "Pause: {0} %s {x}"
