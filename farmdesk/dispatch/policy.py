"""What RenderControl asks of a policy: which positions an idle slot shall render next.

A policy owns the positions that no slot holds. It never talks to slots; RenderControl does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from farmdesk.dispatch.estimates import Estimates
from farmdesk.dispatch.slots import Slot


@dataclass(frozen=True, slots=True)
class Take:
    """Render these positions, ascending; nobody held them."""

    positions: Sequence[int]


@dataclass(frozen=True, slots=True)
class Steal:
    """Take what `victim` gives back when it keeps only the first `keep` positions of its range."""

    victim: Slot
    keep: int


@dataclass(frozen=True, slots=True)
class Copy:
    """Render the last frame of `victim` too; the first that finishes it wins."""

    victim: Slot


Move = Take | Steal | Copy


@dataclass(frozen=True, slots=True)
class Terms:
    """What a policy is told about its task."""

    count: int  # positions are 0 to count - 1
    estimates: Estimates
    prior: Sequence[float] | None  # seconds of each position in the previous version
    warm: bool  # a slot loads the scene once, not for every range
    contiguous: bool  # the tool's ranges must not have gaps


class Policy(Protocol):
    """Who renders what next."""

    def prepare(self, idle: Sequence[Slot], /) -> None:
        """Called before every round of picks with all idle slots, the fastest first."""

    def pick(self, slot: Slot, now: float, /) -> Move | None:
        """Give an idle slot's next work; None: nothing for any slot at present."""

    def give_back(self, positions: Sequence[int], /) -> None:
        """These positions lost their slot."""

    def changed(self, slot: Slot, now: float, /) -> None:
        """The slot's holding began, moved on, shrank or ended."""

    def frame_over(self, position: int, seconds: float | None, /) -> None:
        """The position was rendered in `seconds`, or (None) given up."""


PolicyMaker = Callable[[Terms], Policy]
