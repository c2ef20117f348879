"""Why a word on an urgent request was not taken."""

from datetime import datetime

from farmdesk.domain.errors import Refused
from farmdesk.domain.state_words import ANSWERS, URGENT_STATES
from farmdesk.domain.urgent_states import Answer, UrgentState


class NotAsked(Refused):
    """An answer of somebody who was not asked; also for a request that does not exist."""

    def __init__(self, request_id: int) -> None:
        self.request_id = request_id
        super().__init__(
            f"You were not asked about an urgent request {request_id}. Those that concern you are "
            "listed by `farmdesk urgent list`.",
            f"没有向您征求过加急申请 {request_id} 的意见。"
            "`farmdesk urgent list` 可列出与您有关的申请。",
        )


class Decided(Refused):
    """A word on a request that is over, or admitted."""

    def __init__(self, request_id: int, state: UrgentState) -> None:
        self.request_id = request_id
        self.state = state
        super().__init__(
            f"Urgent request {request_id} is {state.value} already; nothing was changed. "
            "Ask anew if it is still needed.",
            f"加急申请 {request_id} 的状态已是{URGENT_STATES[state].zh}，未作任何更改。"
            "如仍需要，请重新申请。",
        )


class TooLate(Refused):
    """An answer after the deadline: the default counts."""

    def __init__(self, request_id: int, deadline: datetime) -> None:
        self.request_id = request_id
        at = f"{deadline:%H:%M}"
        super().__init__(
            f"The time to answer urgent request {request_id} was over at {at} UTC; the default "
            "that stood on it counts. An operator can still overrule or withdraw it.",
            f"加急申请 {request_id} 的答复时间已于 {at}（UTC）截止，按所示默认答复处理。"
            "操作员仍可强制决定或撤回。",
        )


class AnsweredBefore(Refused):
    """A second answer to the same question."""

    def __init__(self, request_id: int, answer: Answer, by: str) -> None:
        self.request_id = request_id
        super().__init__(
            f"Urgent request {request_id} was answered before, by {by}: {answer}. The first answer "
            "counts; an operator can overrule or withdraw the request.",
            f"加急申请 {request_id} 已由 {by} 答复：{ANSWERS[answer].zh}。"
            "以首次答复为准；操作员可以强制决定或撤回该申请。",
        )
