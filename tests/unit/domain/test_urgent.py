"""An urgent request as a value: who may say what, when, and that no order of words breaks it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmdesk.domain.errors import Refused
from farmdesk.domain.exits import ExitRule
from farmdesk.domain.urgent import OPERATORS, Consent, UrgentRequest
from farmdesk.domain.urgent_refusals import AnsweredBefore, Decided, NotAsked, TooLate
from farmdesk.domain.urgent_states import Answer, UrgentState
from farmdesk.domain.users import Role, User
from tests.samples import NOW, urgent_request

ANN, OP, CHIEF = (
    User("ann", Role.CUSTOMER),
    User("op", Role.OPERATOR),
    User("chief", Role.SUPERADMIN),
)
DIRECTOR, MALLORY = User("director", Role.CUSTOMER), User("mallory", Role.CUSTOMER)
DEADLINE = NOW + timedelta(minutes=15)
ALLOW, REFUSE = Answer.ALLOW, Answer.REFUSE


@pytest.fixture
def asked() -> UrgentRequest:
    """Ann and the staff are asked."""
    return urgent_request(consents=(Consent(OPERATORS), Consent("ann")))


def test_all_must_allow(asked: UrgentRequest) -> None:
    told = asked.answered(ANN, ALLOW, NOW)
    assert not told.agreed
    told = told.reviewed(OP, ALLOW, NOW, words="go", rule=ExitRule.NOW)
    assert told.agreed
    assert told.admitted().state is UrgentState.ADMITTED
    assert (told.rule, told.decided_by, told.decision) == (ExitRule.NOW, "op", "go")


def test_a_plain_answer_of_the_staff_is_the_operators(asked: UrgentRequest) -> None:
    told = asked.answered(CHIEF, ALLOW, NOW)
    assert [(item.login, item.by) for item in told.consents if item.answer] == [("", "chief")]
    both = urgent_request(consents=(Consent(OPERATORS), Consent("op")))
    told = both.answered(OP, REFUSE, NOW)  # his own task would lose nodes: that is asked first
    assert told.refused_by == ["op"]


def test_the_default_counts_at_the_deadline_and_not_before(asked: UrgentRequest) -> None:
    almost = DEADLINE - timedelta(microseconds=1)
    assert asked.lapsed(almost) is asked
    told = asked.lapsed(DEADLINE)
    assert told.agreed
    assert {(item.by, item.at) for item in told.consents} == {("", DEADLINE)}
    strict = replace(asked, consents=(Consent(OPERATORS, default=REFUSE), Consent("ann")))
    told = strict.lapsed(DEADLINE)
    assert (told.state, told.refused_by) == (UrgentState.REFUSED, [OPERATORS])


def test_a_refusal_waits_for_the_deadline_so_that_it_can_be_overruled(asked: UrgentRequest) -> None:
    told = asked.answered(ANN, REFUSE, NOW)
    assert told.state is UrgentState.ASKING
    assert told.lapsed(DEADLINE).state is UrgentState.REFUSED
    over = told.overruled_by(OP, NOW, words="the show begins")
    assert over.agreed
    assert over.lapsed(DEADLINE) is over
    assert over.refused_by == ["ann"]  # it stays on record


def test_an_operators_refusal_is_final(asked: UrgentRequest) -> None:
    told = asked.reviewed(OP, REFUSE, NOW, words="no")
    assert told.state is UrgentState.REFUSED
    with pytest.raises(Decided):
        told.answered(ANN, ALLOW, NOW)
    with pytest.raises(Decided):
        told.overruled_by(OP, NOW, words="yes")
    with pytest.raises(Decided, match="is refused already") as refused:
        told.withdrawn(DIRECTOR, NOW)
    assert "未批准" in refused.value.zh


def test_who_is_not_asked_twice_or_late_is_refused(asked: UrgentRequest) -> None:
    for user in (MALLORY, DIRECTOR, User("", Role.CUSTOMER)):
        with pytest.raises(NotAsked):
            asked.answered(user, ALLOW, NOW)
    told = asked.answered(ANN, ALLOW, NOW)
    with pytest.raises(AnsweredBefore, match="by ann: allow"):
        told.answered(ANN, REFUSE, NOW)
    with pytest.raises(TooLate, match="over at 12:45 UTC"):
        asked.answered(ANN, ALLOW, DEADLINE)
    with pytest.raises(TooLate):
        asked.reviewed(OP, ALLOW, DEADLINE)


def test_who_asked_may_withdraw_and_nobody_else_but_the_staff(asked: UrgentRequest) -> None:
    for user in (ANN, MALLORY):
        with pytest.raises(NotAsked):
            asked.withdrawn(user, NOW)
    for user in (DIRECTOR, OP):
        assert asked.withdrawn(user, NOW).state is UrgentState.WITHDRAWN
    admitted = asked.overruled_by(OP, NOW, words="go").admitted()
    assert admitted.withdrawn(DIRECTOR, NOW).state is UrgentState.WITHDRAWN


def test_who_is_asked_later_gets_as_much_time(asked: UrgentRequest) -> None:
    later = NOW + timedelta(minutes=10)
    told = asked.asking(["zoe", "ann", "bert"], later)
    assert [item.login for item in told.consents] == ["", "ann", "bert", "zoe"]
    assert told.deadline == later + timedelta(minutes=15)
    assert told.asking(["ann"], later) is told


def test_what_is_not_agreed_is_not_admitted(asked: UrgentRequest) -> None:
    with pytest.raises(ValueError, match="not agreed"):
        asked.admitted()


# ---- any order of words --------------------------------------------------------------------------

users = st.sampled_from([ANN, OP, CHIEF, DIRECTOR, MALLORY, User("zoe", Role.CUSTOMER)])
answers = st.sampled_from(Answer)
steps = st.one_of(
    st.tuples(st.just("answer"), users, answers),
    st.tuples(st.just("review"), st.sampled_from([OP, CHIEF]), answers),
    st.tuples(st.just("overrule"), st.sampled_from([OP, CHIEF]), answers),
    st.tuples(st.just("withdraw"), users, answers),
    st.tuples(st.just("ask"), users, answers),
    st.tuples(st.just("farm"), users, answers),
)


def _step(request: UrgentRequest, word: str, user: User, answer: Answer, now: datetime) -> object:
    match word:
        case "answer":
            return request.answered(user, answer, now)
        case "review":
            return request.reviewed(user, answer, now)
        case "overrule":
            return request.overruled_by(user, now, words="so be it")
        case "withdraw":
            return request.withdrawn(user, now)
        case "ask" if request.state is UrgentState.ASKING:
            return request.asking([user.login], now)
        case _:
            told = request.lapsed(now)
            return told.admitted() if told.agreed else told


@given(st.lists(st.tuples(steps, st.integers(0, 600)), max_size=25))
def test_no_order_of_words_breaks_a_request(
    words: list[tuple[tuple[str, User, Answer], int]],
) -> None:
    request, now = urgent_request(consents=(Consent(OPERATORS), Consent("ann"))), NOW
    for (word, user, answer), seconds in words:
        now += timedelta(seconds=seconds)
        before = request
        try:
            made = _step(request, word, user, answer, now)
        except Refused:
            continue  # what is refused gives no new request: nothing can have changed
        assert isinstance(made, UrgentRequest)
        request = made
        _check(before, request, now)


def _check(before: UrgentRequest, after: UrgentRequest, now: datetime) -> None:
    """Hold what must be true of every step."""
    if not before.open:
        assert after == before
    given = {item.login: item for item in before.consents if item.answer is not None}
    kept = {item.login: item for item in after.consents}
    assert all(kept[login] == item for login, item in given.items())  # an answer stands
    assert after.deadline >= before.deadline
    if after.state is UrgentState.ADMITTED and before.state is UrgentState.ASKING:
        allowed = all(item.answer is ALLOW for item in after.consents)
        assert allowed or after.overruled
    for item in after.consents:
        if item.answer is not None and not item.by:  # by default: never too early
            assert (item.answer, item.at) == (item.default, item.at)
            assert item.at is not None
            assert item.at >= before.deadline
        elif item.by and item.login not in given:
            assert now < before.deadline
            assert item.by == item.login or item.login == OPERATORS
