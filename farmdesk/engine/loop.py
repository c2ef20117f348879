"""The engine's loop.

Takes what happened out of the inbox, lets the farm settle, writes what changed.
"""

import logging
import queue
from collections.abc import Callable
from typing import Protocol

from farmdesk.domain.records import Flush
from farmdesk.engine import deliverer
from farmdesk.engine.agents import Agents
from farmdesk.engine.clock import Moment, real_time
from farmdesk.engine.desk import Desk
from farmdesk.engine.endings import Endings
from farmdesk.engine.farm import Farm
from farmdesk.engine.hand_ins import HandIns
from farmdesk.engine.intake import Intake
from farmdesk.engine.late_watch import LateWarnings
from farmdesk.engine.lingerers import Lingerers
from farmdesk.engine.posts import (
    AccountsChanged,
    AgentGone,
    AgentSaid,
    CheckEnded,
    CommandsArrived,
    DatabaseChanged,
    Flushed,
    FrameTaken,
    HandInEnded,
    LeaseTaken,
    LookedAhead,
    PackageOpened,
    Post,
    ResultsBrought,
    SlotFreed,
    StopEngine,
    TimesRead,
)
from farmdesk.engine.reports import Reports
from farmdesk.engine.runs import Runs
from farmdesk.engine.urgent_course import UrgentCourse

log = logging.getLogger(__name__)

FLUSH_S = 0.2
TICK_S = 0.5
POSTS_A_TURN = 500  # then what changed is looked at, however much is waiting


class FlushWriter(Protocol):
    """Takes flushes over and writes them in order, beside the loop."""

    def write(self, flush: Flush) -> None:
        """Take a flush; returns at once."""
        ...


class Engine:
    """The loop.

    `inbox` is filled by other threads; everything else belongs to the thread that calls `run`.
    """

    def __init__(
        self,
        inbox: "queue.SimpleQueue[Post]",
        *,
        farm: Farm,
        agents: Agents,
        runs: Runs,
        reports: Reports,
        endings: Endings,
        desk: Desk,
        urgent: UrgentCourse,
        intake: Intake,
        hand_ins: HandIns,
        lingerers: Lingerers,
        late: LateWarnings,
        writer: FlushWriter,
        clock: Callable[[], Moment] = real_time,
    ) -> None:
        self._inbox = inbox
        self._farm = farm
        self._agents = agents
        self._runs = runs
        self._reports = reports
        self._endings = endings
        self._desk = desk
        self._urgent = urgent
        self._intake = intake
        self._hand_ins = hand_ins
        self._lingerers = lingerers
        self._late = late
        self._writer = writer
        self._clock = clock
        self._flushed = farm.flushes  # number of the last flush that the database has
        self._flush_at = 0.0
        self._tick_at = 0.0
        self._running = True

    def run(self) -> None:
        """Work until told to stop.

        Agents then finish the frame in hand and note it in their journals.
        """
        while self._running:
            self.turn()
        self._agents.hang_up()
        self._flush(self._clock(), force=True)

    def turn(self) -> None:
        """Take what has happened, at most until the next flush or tick is due, and act on it."""
        first = self._wait()
        now = self._clock()
        if first is not None:
            self._take(first, now)
            for _ in range(min(self._inbox.qsize(), POSTS_A_TURN)):
                self._take(self._inbox.get_nowait(), now)
        if now.seconds >= self._tick_at:
            self._tick_at = now.seconds + TICK_S
            self._tick(now)
        self._runs.settle(now)
        self._urgent.settle(now)
        self._flush(now)

    def _wait(self) -> Post | None:
        until = min(self._tick_at, self._flush_at) if self._farm.changed else self._tick_at
        try:
            return self._inbox.get(timeout=max(until - self._clock().seconds, 0.001))
        except queue.Empty:
            return None

    def _take(self, post: Post, now: Moment) -> None:
        match post:
            case AgentSaid() | AgentGone() | SlotFreed():
                self._hear(post, now)
            case CommandsArrived(commands=commands):
                for command in commands:
                    outcome = self._desk.answer(command, now)
                    if outcome is not None:
                        self._farm.answer(outcome)
            case AccountsChanged(outcome=outcome):
                self._farm.answer(outcome)
            case Flushed(number=number):
                self._flushed = number
                self._endings.start_checks(number, now)
            case CheckEnded() | TimesRead() | LookedAhead() | PackageOpened() | ResultsBrought():
                self._take_result(post, now)
            case FrameTaken() | HandInEnded():
                self._hand_ins.hear(post, now)
            case DatabaseChanged(text=text):
                log.warning("database: %s", text or "back again")
            case LeaseTaken(text=text):
                log.error("%s", text)
                self._running = False
            case StopEngine():
                self._running = False

    def _hear(self, post: AgentSaid | AgentGone | SlotFreed, now: Moment) -> None:
        """Take what comes from nodes."""
        match post:
            case AgentSaid():
                self._reports.agent_said(post, now)
            case AgentGone():
                self._reports.agent_gone(post, now)
            case SlotFreed():
                self._lingerers.freed(post, now)

    def _take_result(
        self,
        post: CheckEnded | TimesRead | LookedAhead | PackageOpened | ResultsBrought,
        now: Moment,
    ) -> None:
        """Take what was worked out beside the loop."""
        match post:
            case CheckEnded():
                self._endings.checked(post, self._runs.render_again, now)
            case TimesRead():
                self._runs.times_read(post, now)
            case LookedAhead():
                self._late.tell(post, now)
            case PackageOpened():
                self._intake.opened(post, now)
            case ResultsBrought():
                deliverer.tell(self._farm, post, now)

    def _tick(self, now: Moment) -> None:
        for session in self._agents.silent(now):
            log.warning("agent on %s is silent: killed", session.slot)
            session.link.kill()
        self._agents.wake(now)
        self._runs.tick(now)
        self._intake.tick(now)
        self._endings.start_checks(self._flushed, now)

    def _flush(self, now: Moment, *, force: bool = False) -> None:
        if not (force or self._farm.urgent or now.seconds >= self._flush_at):
            return
        self._flush_at = now.seconds + FLUSH_S
        self._runs.count_running()
        flush = self._farm.collect(now.seconds, self._runs.overlay)
        if flush is not None:
            self._writer.write(flush)
