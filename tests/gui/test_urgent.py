"""Urgent requests on the screen: the list, the card, what may be said, and how it is noticed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QDialog
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from farmdesk.domain.commands import Command
from farmdesk.domain.exits import ExitCost, ExitRule, TaskLoss
from farmdesk.domain.records import MessageRecord
from farmdesk.domain.rows import UrgentRow
from farmdesk.domain.said import Said
from farmdesk.domain.urgent import Consent, UrgentRequest
from farmdesk.domain.urgent_commands import (
    AnswerUrgent,
    OverruleUrgent,
    RequestUrgent,
    ReviewUrgent,
    WithdrawUrgent,
)
from farmdesk.domain.urgent_states import Answer, UrgentState
from farmdesk.domain.users import Role
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.models.urgents import Choices, UrgentsModel, choices
from farmdesk.ui.operator.acts import Act
from farmdesk.ui.operator.urgent_card import UrgentCard
from farmdesk.ui.operator.urgent_dialog import UrgentDialog
from farmdesk.ui.operator.window import OperatorWindow
from tests.gui.conftest import in_next_dialog
from tests.gui.staged_farm import NOON, StagedFarm, task_row

ME = "李雯"
SOON = NOON + timedelta(minutes=12, seconds=30)
COSTS = (
    ExitCost(ExitRule.CHEAPEST, 6, 24.0, 2, 41.0, 90.0, (TaskLoss(2, 4, 2, 41.0),)),
    ExitCost(ExitRule.LOSE_NOTHING, 6, 96.0, 0, 0.0, 90.0, (TaskLoss(9, 6, 0, 0.0),)),
    ExitCost(ExitRule.NOW, 6, 1.5, 6, 210.0, 90.0),
)


def request(number: int = 1, **changes: object) -> UrgentRequest:
    """Give a request of which the staff and a customer are asked."""
    made = UrgentRequest(
        id=number,
        task_id=3,
        asked_by="director",
        reason="<b>the end</b> was changed",
        asked_at=NOON,
        deadline=SOON,
        consents=(Consent(""), Consent("anna")),
        costs=COSTS,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def row(number: int = 1, **changes: object) -> UrgentRow:
    """Give the same as a reader sees it."""
    return UrgentRow(number, request(number, **changes), "Opening v12")


def from_now(made: UrgentRequest) -> UrgentRequest:
    """Give a request with its times moved to the present."""
    now = datetime.now(UTC)
    return replace(made, asked_at=now, deadline=now + (made.deadline - made.asked_at))


# ---- the list


@pytest.fixture
def clock() -> list[datetime]:
    """The time, for a test to turn."""
    return [NOON]


@pytest.fixture
def model(
    appearance: Appearance, qtmodeltester: ModelTester, clock: list[datetime]
) -> UrgentsModel:
    """No requests yet; the tester watches every change."""
    made = UrgentsModel(appearance, now=lambda: clock[0])
    qtmodeltester.check(made, force_py=True)  # type: ignore[no-untyped-call]
    return made


def test_what_needs_a_person_stands_first(model: UrgentsModel, clock: list[datetime]) -> None:
    rows = [
        row(1, state=UrgentState.ENDED),
        row(2, state=UrgentState.ADMITTED),
        row(3, deadline=SOON + timedelta(hours=3)),
        row(4, consents=(Consent("", answer=Answer.ALLOW), Consent("anna"))),
    ]
    model.take(rows, whole=True)
    assert [model.at(n).request.id for n in range(4)] == [4, 3, 2, 1]
    left, answers = model.column_named("left"), model.column_named("answers")
    assert model.index(0, left).data() == "12 min 30 s"
    assert model.index(0, answers).data() == "1 / 2"
    assert model.index(1, left).data() == "3 h 12 min"
    assert model.index(3, left).data() == "—"
    clock[0] = SOON + timedelta(minutes=1)
    assert model.index(0, left).data() == "0 s"
    assert [item.request.id for item in model.open()] == [2, 3, 4]


@pytest.mark.parametrize(
    ("login", "changes", "at", "wanted"),
    [
        ("bo", {}, NOON, Choices(review=True, overrule=True, withdraw=True)),
        ("anna", {}, NOON, Choices(answer=True, review=True, overrule=True, withdraw=True)),
        ("bo", {}, SOON, Choices(overrule=True, withdraw=True)),
        ("bo", {"overruled": True}, NOON, Choices(withdraw=True)),
        ("bo", {"state": UrgentState.ADMITTED}, NOON, Choices(withdraw=True)),
        ("anna", {"state": UrgentState.REFUSED}, NOON, Choices()),
        (
            "bo",
            {"consents": (Consent("", answer=Answer.ALLOW), Consent("anna"))},
            NOON,
            Choices(overrule=True, withdraw=True),
        ),
    ],
)
def test_only_what_the_engine_would_take_is_offered(
    login: str, changes: dict[str, object], at: datetime, wanted: Choices
) -> None:
    assert choices(replace(request(), **changes), login, at) == wanted  # type: ignore[arg-type]


# ---- the card


@pytest.fixture
def card(qtbot: QtBot, model: UrgentsModel, appearance: Appearance) -> UrgentCard:
    """A card for somebody of the staff who is asked as a customer too, on a farm that is there."""
    made = UrgentCard(
        model, appearance, login="anna", task_name=lambda number: {2: "Nightly"}.get(number, "")
    )
    qtbot.addWidget(made)
    made.set_away(away=False)
    made.show_row(row())
    made.show()
    return made


def said(qtbot: QtBot, card: UrgentCard, press: str) -> Command:
    """Press a button of the card and give the command that it asks for."""
    with qtbot.waitSignal(card.wanted) as told:
        getattr(card, press).click()
    (command,) = told.args[0].commands
    return command  # type: ignore[no-any-return]


def test_the_card_tells_all_before_one_decides(card: UrgentCard) -> None:
    assert card.title.text() == "Opening v12 · Pending"
    assert "director asks" in card.asked.text()
    assert "<b>the end</b>" in card.asked.text()
    assert card.asked.textFormat() == Qt.TextFormat.PlainText
    assert "12 min 30 s left" in card.deadline.text()
    assert card.answers.text().splitlines() == [
        "○ Render staff: open; by default Allow",
        "○ anna: open; by default Allow",
    ]
    assert card.losers.text() == "Give up nodes: Nightly 4"
    card.exits.buttons[ExitRule.LOSE_NOTHING].click()
    assert card.losers.text() == "Give up nodes: task 9 6", "a task that is not shown has a number"
    card.exits.buttons[ExitRule.NOW].click()
    assert card.losers.text() == "No task loses a node."


def test_each_button_is_its_command(card: UrgentCard, qtbot: QtBot) -> None:
    assert said(qtbot, card, "allow") == AnswerUrgent(1, "allow")
    assert said(qtbot, card, "refuse") == AnswerUrgent(1, "refuse")
    assert said(qtbot, card, "approve") == ReviewUrgent(1, "allow")
    card.exits.buttons[ExitRule.LOSE_NOTHING].click()
    card.reason.setText(" the show starts at eight ")
    assert said(qtbot, card, "approve") == ReviewUrgent(
        1, "allow", "the show starts at eight", "lose_nothing"
    )
    assert said(qtbot, card, "reject") == ReviewUrgent(
        1, "refuse", "the show starts at eight", "lose_nothing"
    )
    assert said(qtbot, card, "overrule") == OverruleUrgent(
        1, "the show starts at eight", "lose_nothing"
    )
    assert said(qtbot, card, "withdraw") == WithdrawUrgent(1)


def test_overruling_needs_a_reason_and_approving_its_cost(card: UrgentCard) -> None:
    assert not card.overrule.isEnabled()
    assert "reason first" in card.overrule.toolTip()
    card.reason.setText("   ")
    assert not card.overrule.isEnabled()
    card.reason.setText("why")
    assert card.overrule.isEnabled()
    card.show_row(row(costs=()))
    assert card.reason.text() == "why", "a refresh of the same request keeps what was typed"
    assert not card.approve.isEnabled()
    assert not card.overrule.isEnabled()
    assert card.reject.isEnabled()
    card.show_row(row(2))
    assert card.reason.text() == ""


def test_what_can_no_longer_be_said_is_gone(card: UrgentCard, clock: list[datetime]) -> None:
    clock[0] = SOON
    card.tick()
    assert not card.approve.isVisible()
    assert not card.allow.isVisible()
    assert card.overrule.isVisible()
    assert "was over" in card.deadline.text()
    given = (Consent("", answer=Answer.REFUSE, by="bo"), Consent("anna", answer=Answer.ALLOW))
    over = row(state=UrgentState.REFUSED, consents=given, decided_by="bo", decision="not today")
    card.show_row(over)
    assert card.answers.text().splitlines() == [
        "✕ Render staff: Refuse (bo)",
        "✓ anna: Allow (by default)",
    ]
    assert card.deadline.text().endswith("bo: not today")
    for button in (card.approve, card.overrule, card.withdraw):
        assert not button.isVisible()


def test_what_ended_by_itself_says_why_and_puts_it_in_nobodys_mouth(
    card: UrgentCard, appearance: Appearance
) -> None:
    why = Said("its task has ended", "其任务已结束")
    card.show_row(row(state=UrgentState.ENDED, decided_by="bo", decision="the show", ending=why))
    assert card.deadline.text().splitlines()[1:] == ["its task has ended", "bo: the show"]
    appearance.set_language("zh")
    card.tick()
    assert card.deadline.text().splitlines()[1:] == ["其任务已结束", "bo：the show"]


def test_nothing_is_said_while_the_farm_is_away(card: UrgentCard, qtbot: QtBot) -> None:
    card.set_away(away=True)
    assert not card.withdraw.isEnabled()
    assert "away" in card.withdraw.toolTip()
    with qtbot.assertNotEmitted(card.wanted):
        card.withdraw.click()


# ---- in the window


def test_a_new_request_is_noticed_shown_and_approved(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    farm.put(urgents=(from_now(request()),))
    qtbot.waitUntil(window.notice.isVisible)
    assert QApplication.activeModalWidget() is None
    assert "<b>the end</b>" in window.notice.label.text()
    assert window.panels.frames.tabText(2) == "Urgent (1)"
    state = window.models.tasks.column_named("state")
    place = window.models.tasks.place_of(3)
    assert place is not None
    assert window.models.tasks.index(place, state).data() == "Queued · urgent?"
    window.notice.open_button.click()
    assert window.notice.isHidden()
    assert window.panels.frames.currentWidget() is window.panels.urgent
    card = window.panels.urgent.card
    qtbot.waitUntil(card.approve.isVisible)
    assert card.title.text().startswith(farm.task_row(3).name)
    card.approve.click()
    qtbot.waitUntil(lambda: farm.sent == [ReviewUrgent(1, "allow")])
    farm.put(urgents=(from_now(request(state=UrgentState.ADMITTED)),))
    qtbot.waitUntil(lambda: window.panels.frames.tabText(2) == "Urgent")
    assert window.models.tasks.index(place, state).data() == "Queued · urgent"
    farm.put(urgents=(from_now(request(state=UrgentState.ENDED)),))
    qtbot.waitUntil(lambda: window.models.tasks.index(place, state).data() == "Queued")


def test_a_notice_goes_when_somebody_else_has_answered(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    farm.put(urgents=(from_now(request()), from_now(request(2, task_id=11))))
    qtbot.waitUntil(window.notice.isVisible)
    assert "and 1 more" in window.notice.label.text()
    for number in (1, 2):
        farm.put(urgents=(from_now(request(number, state=UrgentState.WITHDRAWN)),))
    qtbot.waitUntil(window.notice.isHidden)


def test_a_request_says_who_would_end_later(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    farm.put(urgents=(from_now(request()),))
    card = window.panels.urgent.card
    qtbot.waitUntil(lambda: card.delays.text().startswith("Will end later: "))


def test_asking_for_urgent_wants_a_reason(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    window.panels.queue.select(3)

    def ask(dialog: QDialog) -> None:
        assert isinstance(dialog, UrgentDialog)
        assert not dialog.go.isEnabled()
        QTest.keyClicks(dialog.reason, " rehearsal tonight ")
        dialog.minutes.setValue(30)
        dialog.go.click()

    in_next_dialog(ask)
    window.panels.queue.view.setFocus()
    QTest.keyClick(window.panels.queue.view, Qt.Key.Key_U)
    qtbot.waitUntil(lambda: farm.sent == [RequestUrgent(3, "rehearsal tonight", 30)])


def test_urgent_is_asked_for_one_waiting_task_alone(window: OperatorWindow) -> None:
    urgent = window.task_actions.actions[Act.URGENT]
    window.panels.queue.view.selectAll()
    assert not urgent.isEnabled()
    assert "one task" in urgent.toolTip()
    window.panels.queue.select(6)
    assert not urgent.isEnabled(), "it is completed"


def test_a_task_that_ends_is_noticed_once(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    farm.put_task(task_row(50, name="Finale"))
    qtbot.waitUntil(lambda: window.models.tasks.row(50) is not None)
    assert window.notice.isHidden(), "what is found is no news"
    farm.change_task(50, failed=12)
    qtbot.waitUntil(window.notice.isVisible)
    assert "12 failed" in window.notice.label.text()
    farm.change_task(50, failed=13)
    window.notice.open_button.click()
    assert [found.id for found in window.panels.queue.selected()] == [50]
    assert window.notice.isHidden()


def test_what_the_farm_says_is_kept_once_and_opens_its_request(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(window.feed.messages_read):
        pass  # what was told before the window was opened is no news
    told = MessageRecord(NOON, "Decide on 1.", "请决定 1。", role=Role.OPERATOR, request_id=1)
    other = MessageRecord(NOON, "For Anna.", "给安娜。", user="anna")
    farm.put(urgents=(from_now(request()),), messages=(told, other))
    qtbot.waitUntil(lambda: window.models.messages.rowCount() == 1)
    assert window.panels.frames.tabText(3) == "Messages (1)"
    window.feed.refresh()
    with qtbot.waitSignal(window.feed.messages_read):
        pass
    assert window.models.messages.rowCount() == 1
    assert window.models.messages.index(0, 1).data() == "Decide on 1."
    window.appearance.set_language("zh")
    assert window.models.messages.index(0, 1).data() == "请决定 1。"
    qtbot.waitUntil(lambda: window.models.urgents.row(1) is not None)
    window.panels.messages.view.clicked.emit(window.models.messages.index(0, 1))
    assert window.panels.frames.currentWidget() is window.panels.urgent
