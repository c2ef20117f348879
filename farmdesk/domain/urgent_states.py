"""Where an urgent request stands, and what those who are asked may say."""

from enum import StrEnum


class UrgentState(StrEnum):
    """Where an urgent request stands."""

    ASKING = "asking"  # answers are open, or an operator may still overrule a refusal
    ADMITTED = "admitted"  # its task goes before all others
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # called off by who asked, or by the staff
    ENDED = "ended"  # its task has ended; the nodes are back


class Answer(StrEnum):
    """What somebody who was asked says."""

    ALLOW = "allow"
    REFUSE = "refuse"
