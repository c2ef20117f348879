"""Puts the engine together, for a farm folder: database, lease, agents, recovery, loop."""

import logging
import queue
import signal
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from farmdesk.config import Config
from farmdesk.db.store import Store
from farmdesk.domain.errors import FarmUnavailable
from farmdesk.domain.tool import Tools
from farmdesk.engine import recovery
from farmdesk.engine.agents import Slot
from farmdesk.engine.assembly import World, make_engine, slots_of
from farmdesk.engine.check_workers import CheckWorkers
from farmdesk.engine.checker import Checker
from farmdesk.engine.clock import real_time
from farmdesk.engine.deliverer import Deliverer, results_storage
from farmdesk.engine.farm import Farm
from farmdesk.engine.flush_journal import FlushJournal
from farmdesk.engine.frame_taker import FrameTaker
from farmdesk.engine.late_watch import LateWatch
from farmdesk.engine.lingerers import Lingering
from farmdesk.engine.loop import Engine
from farmdesk.engine.office import Office, open_office
from farmdesk.engine.open_order import open_order_writer
from farmdesk.engine.opening import open_store, patiently
from farmdesk.engine.ports import Launcher
from farmdesk.engine.posts import Post, StopEngine
from farmdesk.engine.scribe import LEASE_S, Scribe
from farmdesk.engine.standing import standing_rules
from farmdesk.engine.times_reader import TimesReader
from farmdesk.engine.workspace import Workspace
from nodeagent.orders import Open

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an engine works with, open."""

    store: Store
    scribe: Scribe
    inbox: "queue.SimpleQueue[Post]"
    workers: CheckWorkers
    office: Office


def serve(config: Config, tools: Tools, launcher: Launcher) -> None:
    """Run the engine of a farm until SIGTERM; a database that is away is waited for.

    Raises Refused when another engine runs it.
    """
    config.folder.mkdir(parents=True, exist_ok=True)
    storage = results_storage(config)
    inbox: queue.SimpleQueue[Post] = queue.SimpleQueue()
    _stop_on_sigterm(inbox)
    journal = FlushJournal(config.folder / "engine.journal")
    store = patiently(lambda: open_store(config.database, journal), inbox)
    if store is None:
        return
    scribe = Scribe(store, journal, inbox.put)
    with CheckWorkers() as workers, ExitStack() as stack:
        office = patiently(lambda: stack.enter_context(open_office(config, inbox.put)), inbox)
        if office is not None:
            around = Surroundings(store, scribe, inbox, workers, office)
            engine = patiently(lambda: assemble(config, tools, launcher, around), inbox)
            if engine is not None:
                beside: list[LateWatch | Deliverer] = [LateWatch(store, inbox.put)]
                if storage is not None:
                    workspace = Workspace(config.folder)
                    beside.append(Deliverer(store, storage, workspace, inbox.put))
                _work(engine, config.folder, scribe, beside)
    try:
        store.release_lease()
    except FarmUnavailable:
        log.warning("the lease could not be given back; it ends by itself in %s s", LEASE_S)
    store.close()


def _work(
    engine: Engine, folder: Path, scribe: Scribe, beside: Sequence[LateWatch | Deliverer]
) -> None:
    scribe.start()
    for thread in beside:
        thread.start()
    log.info("the engine works for %s", folder)
    engine.run()
    for thread in beside:
        thread.finish()
    scribe.finish()
    scribe.join(timeout=LEASE_S)


def assemble(config: Config, tools: Tools, launcher: Launcher, around: Surroundings) -> Engine:
    """Load the farm, take its nodes over and take interrupted tasks up.

    Give the engine, ready to run.
    """
    snapshot = around.store.load_farm()
    farm = Farm(snapshot)
    workspace = Workspace(config.folder)
    workspace.sweep()
    slots = slots_of(config, launcher)
    open_order = open_order_writer(config, tools, workspace)
    lingering: list[Lingering] = []
    if interrupted := recovery.interrupted(farm):

        def order_for(slot: Slot) -> Open:
            return replace(open_order(interrupted[0], slot), patient_s=config.linger_s)

        lingering = recovery.reclaim(slots, order_for, around.inbox.put)
    return make_engine(
        config,
        tools,
        _world(around),
        farm=farm,
        rules=standing_rules(config, snapshot.standing),
        slots=slots,
        intake=around.office.make_intake(farm),
        lingering=lingering,
    )


def _world(around: Surroundings) -> World:
    return World(
        inbox=around.inbox,
        writer=around.scribe,
        clock=real_time,
        load_task=around.store.load_task,
        begin_check=Checker(around.store, around.inbox.put, around.workers).begin,
        take_frames=FrameTaker(
            around.store,
            around.inbox.put,
            around.workers,
            around.office.sent,
            around.office.people.sender,
        ).begin,
        read_times=TimesReader(around.store, around.inbox.put).begin,
        people=around.office.people,
        accounts=around.office.accounts,
    )


def _stop_on_sigterm(inbox: "queue.SimpleQueue[Post]") -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        inbox.put(StopEngine())

    signal.signal(signal.SIGTERM, stop)
