"""A RenderControl with a clock, spoken to in few words."""

from typing import Any

from farmdesk.dispatch import events as ev
from farmdesk.dispatch.events import Order, SlotId
from farmdesk.dispatch.render_control import RenderControl
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.states import FailureReason


class Desk:
    """Sends events one second apart unless told otherwise; each method gives the orders."""

    def __init__(self, frames: str = "1-10", **terms: Any) -> None:
        terms.setdefault("load_s", 10.0)
        self.control = RenderControl(FrameSet.parse(frames) if frames else FrameSet(), **terms)
        self.now = 0.0

    def send(self, *events: ev.Event, after: float = 1.0) -> list[Order]:
        self.now += after
        return self.control.handle_all(events, self.now)

    def grant(self, *slots: str, speed: float | None = None) -> list[Order]:
        return self.send(*(ev.SlotGranted(SlotId(slot), speed) for slot in slots))

    def load(self, slot: str, seconds: float = 10.0) -> list[Order]:
        return self.send(ev.SceneLoaded(SlotId(slot), seconds))

    def begin(self, slot: str, frame: int) -> list[Order]:
        return self.send(ev.FrameStarted(SlotId(slot), frame))

    def done(self, slot: str, *frames: int, seconds: float = 10.0) -> list[Order]:
        orders: list[Order] = []
        for frame in frames:
            orders += self.send(ev.FrameDone(SlotId(slot), frame, seconds), after=seconds)
        return orders

    def fail(
        self, slot: str, frame: int, reason: FailureReason = FailureReason.BAD_IMAGE
    ) -> list[Order]:
        return self.send(ev.FrameFailed(SlotId(slot), frame, reason, "it broke"))

    def session_fails(self, slot: str, reason: FailureReason) -> list[Order]:
        return self.send(ev.SessionFailed(SlotId(slot), reason, "it broke"))

    def answer(self, slot: str, frame: int | None) -> list[Order]:
        return self.send(ev.StoppingAfter(SlotId(slot), frame))

    def lose(self, slot: str) -> list[Order]:
        return self.send(ev.SlotLost(SlotId(slot)))

    def tick(self, after: float) -> list[Order]:
        return self.send(ev.Tick(), after=after)

    def held(self, slot: str) -> str:
        return str(self.control.held(SlotId(slot)))

    def due(self, slot: str) -> int | None:
        return self.control.due(SlotId(slot))


def renders(slot: str, frames: str) -> ev.RenderRange:
    return ev.RenderRange(SlotId(slot), FrameSet.parse(frames))


def opens(slot: str) -> ev.OpenSession:
    return ev.OpenSession(SlotId(slot))


def closes(slot: str, *, fault: bool = False) -> ev.CloseSession:
    return ev.CloseSession(SlotId(slot), fault)


def cancels(slot: str) -> ev.CancelRange:
    return ev.CancelRange(SlotId(slot))


def stops(slot: str, frame: int) -> ev.StopAfter:
    return ev.StopAfter(SlotId(slot), frame)


def rendered(failed: str = "") -> ev.FramesRendered:
    return ev.FramesRendered(FrameSet.parse(failed) if failed else FrameSet())
