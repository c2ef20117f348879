"""Worlds full of faults for RenderControl, from a seed; and what must hold after every run.

Replay a failing seed:  python -m tests.simulation.worlds SEED
"""

import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from farmdesk.dispatch import events as ev
from farmdesk.dispatch.events import Event, Order, SlotId
from farmdesk.dispatch.policies import POLICIES
from farmdesk.dispatch.render_control import RenderControl
from farmdesk.dispatch.simulator import SimulatedRun, Simulation, Truth
from farmdesk.dispatch.virtual_node import VirtualNode
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.states import FailureReason as Reason

LONG_AFTER_S = 3000.0  # then every slot is granted once more, so that no run lacks nodes
FAULTS = (Reason.CRASH, Reason.GPU, Reason.STALL, Reason.BAD_IMAGE, Reason.OUT_OF_MEMORY)
HARMLESS = (Reason.LICENCE, Reason.NODE_LOST, Reason.CANCELLED)
Trace = list[tuple[float, Event | Order]]


@dataclass
class World:
    """A task, its nodes, and what befalls them. `orderly`: events come once and in time."""

    frames: FrameSet
    control: RenderControl
    nodes: list[VirtualNode]
    truth: Truth
    orderly: bool
    released: FrameSet | None  # at the beginning; None: all frames


def make_world(seed: int) -> World:
    """Draw a world; the same one for the same seed."""
    draw = random.Random(seed)
    frames = FrameSet.range(
        draw.randint(-50, 50), draw.choice([1, 2, 7]), draw.choice([1, 3, 20, 60, 200])
    )
    nodes = [_node(draw, number) for number in range(draw.choice([1, 2, 3, 8, 30]))]
    work = {frame: draw.choice([1, 10, 60]) * draw.random() + 0.1 for frame in frames}
    warm, orderly = draw.random() < 0.5, draw.random() < 0.5
    prior = [draw.random() * 60 for _ in frames] if draw.random() < 0.3 else None
    releases = _releases(random.Random(f"releases {seed}"), frames, nodes)
    released = FrameSet() if releases else None
    control = RenderControl(
        frames,
        policy=draw.choice(["range_split", "range_split", "range_split", *POLICIES]),
        warm=warm,
        contiguous=draw.random() < 0.2,
        load_s=draw.choice([None, 30.0, 100.0]),
        prior=prior,
        released=released,
    )
    truth = Truth(
        work.__getitem__,
        warm=warm,
        fault=_faults(draw, frames),
        lags=None if orderly else _lags(draw),
        script=[*releases, *_script(draw, nodes)],
    )
    return World(frames, control, nodes, truth, orderly, released)


def run_world(seed: int) -> tuple[World, SimulatedRun, Trace]:
    """Run a seed's world to its end."""
    world, trace = make_world(seed), Trace()
    return world, Simulation(world.control, world.nodes, world.truth, trace).run(), trace


def broken_rules(world: World, run: SimulatedRun, trace: Trace) -> list[str]:
    """Say which of the rules that every run must keep this one broke."""
    if run.last is None:
        return [f"the run never ended; {world.control.remaining} frames remain"]
    broken = _double_work(world, trace) + _too_early(world, trace)
    if isinstance(run.last, ev.FramesRendered):
        done = {item.frame for _, item in trace if isinstance(item, ev.FrameDone)}
        lost = [frame for frame in world.frames if frame not in done | set(run.last.failed)]
        broken += [f"frames {lost} are neither done nor given up"] if lost else []
    reports = Counter(
        type(item) for _, item in trace if isinstance(item, ev.FramesRendered | ev.Resume)
    )
    if reports[ev.FramesRendered] > 1 + reports[ev.Resume]:
        broken.append(f"FramesRendered was ordered {reports[ev.FramesRendered]} times")
    return broken


def _double_work(world: World, trace: Trace) -> list[str]:
    """Finished frames must not be given out again, nor a frame to two slots but as a copy."""
    broken: list[str] = []
    done: set[int] = set()
    holders: dict[int, set[SlotId]] = {frame: set() for frame in world.frames}
    for time, item in trace:
        _let_go(holders, item)
        match item:
            case ev.FrameDone(frame=frame):
                done.add(frame)
            case ev.RenderRange(slot=slot, frames=frames):
                again = done.intersection(frames)
                broken += [f"{time:.1f}: {again} done, given to {slot}"] if again else []
                for frame in frames:
                    holders[frame].add(slot)
                    if world.orderly and len(holders[frame]) > 1 and len(frames) > 1:
                        broken.append(f"{time:.1f}: {frame} is held by {holders[frame]}")
    return broken


def _too_early(world: World, trace: Trace) -> list[str]:
    """No frame may be given to a slot before it was released."""
    broken: list[str] = []
    free = world.frames if world.released is None else world.released
    for time, item in trace:
        if isinstance(item, ev.FramesReleased):
            free |= item.frames
        elif isinstance(item, ev.RenderRange) and (early := item.frames - free):
            broken.append(f"{time:.1f}: {early} given to {item.slot}, but not released")
    return broken


def _let_go(holders: dict[int, set[SlotId]], item: Event | Order) -> None:
    """Which slots do not hold which frames any more after this."""
    match item:
        case ev.FrameDone(frame=frame):
            holders[frame].clear()
        case ev.FrameFailed(slot=slot, frame=frame):
            holders[frame].discard(slot)
        case ev.StoppingAfter(slot=slot, frame=last):
            for frame, slots in holders.items():
                if last is None or frame > last:
                    slots.discard(slot)
        case ev.SlotLost(slot=slot) | ev.CancelRange(slot=slot) | ev.CloseSession(slot=slot):
            for slots in holders.values():
                slots.discard(slot)


def _node(draw: random.Random, number: int) -> VirtualNode:
    outages: tuple[tuple[float, float], ...] = ()
    if number and draw.random() < 0.3:
        dies = draw.uniform(0, 1500)
        outages = ((dies, dies + draw.choice([5.0, 300.0, 1e12])),)
    return VirtualNode(
        SlotId(f"n{number}"),
        load_s=draw.uniform(5, 120),
        speed=draw.choice([0.5, 1.0, 2.0]),
        hint=draw.choice([None, 1.0, 2.0]),
        slow=(draw.uniform(0, 1000), 0.3) if draw.random() < 0.1 else None,
        outages=outages,
    )


def _faults(
    draw: random.Random, frames: FrameSet
) -> Callable[[SlotId, int, int], Reason | None] | None:
    """Some frames fail their first attempts."""
    bad = {
        frame: (draw.choice([1, 1, 2, 5]), draw.choice(FAULTS + HARMLESS))
        for frame in frames
        if draw.random() < 0.03
    }

    def fault(_slot: SlotId, frame: int, attempt: int) -> Reason | None:
        attempts, reason = bad.get(frame, (0, None))
        return reason if attempt <= attempts else None

    return fault


def _lags(draw: random.Random) -> Callable[[Event], Sequence[float]]:
    """Every fifth event is late, or comes twice."""
    double = draw.random() < 0.5

    def lags(_event: Event) -> Sequence[float]:
        if draw.random() > 0.2:
            return (0.0,)
        return (0.0, draw.choice([0.1, 30.0])) if double else (draw.choice([0.5, 5.0, 40.0]),)

    return lags


def _releases(
    draw: random.Random, frames: FrameSet, nodes: Sequence[VirtualNode]
) -> list[tuple[float, Event]]:
    """In every fourth world the frames wait for those of another task; some come twice."""
    if draw.random() > 0.25:
        return []
    pace = draw.choice([0.0, 0.1, 5.0])
    order = draw.sample(list(frames), len(frames)) if draw.random() < 0.3 else list(frames)
    released: list[tuple[float, Event]] = []
    time = 0.0
    while order:
        size = draw.choice([1, 1, 3, len(order)])
        part, order = order[:size], order[size:]
        time = min(time + pace * size * draw.random() * 2, LONG_AFTER_S - 1.0)
        released.append((time, ev.FramesReleased(FrameSet.of(part))))
        if draw.random() < 0.3:  # the fleet sees that there is work
            released += [(time, ev.SlotGranted(node.slot, node.hint)) for node in nodes]
        if draw.random() < 0.1:
            released.append((time + 1.0, ev.FramesReleased(FrameSet.of(part + order[:1]))))
    return released


def _script(draw: random.Random, nodes: Sequence[VirtualNode]) -> list[tuple[float, Event]]:
    """People pause and stop, the fleet revokes slots; in the end there are nodes enough."""
    script: list[tuple[float, Event]] = []
    if draw.random() < 0.4:
        halt = draw.uniform(0, 600)
        script.append((halt, ev.Pause() if draw.random() < 0.5 else ev.Stop()))
        script.append((halt + draw.choice([0.0, 1.0, 200.0]), ev.Resume()))
    for _ in range(draw.choice([0, 0, 2])):
        revoked = ev.SlotRevoked(draw.choice(nodes).slot, kill=draw.random() < 0.5)
        script.append((draw.uniform(0, 500), revoked))
    return script + [(LONG_AFTER_S, ev.SlotGranted(node.slot, 1.0)) for node in nodes]


if __name__ == "__main__":
    played, ended, told = run_world(int(sys.argv[1]))
    for time, item in told:
        print(f"{time:10.1f}  {item}")
    print(broken_rules(played, ended, told) or "all rules hold")
