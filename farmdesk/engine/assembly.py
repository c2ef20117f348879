"""Puts the parts of the engine together, in memory: what reaches the world is handed in."""

import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from farmdesk.config import Config
from farmdesk.dispatch.events import SlotId
from farmdesk.dispatch.render_control import RenderControl
from farmdesk.dispatch.versions import prior_of
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.rows import FrameTimes
from farmdesk.domain.snapshot import StoredTask
from farmdesk.domain.tool import Tools
from farmdesk.engine import recovery
from farmdesk.engine.agents import Agents, Slot
from farmdesk.engine.allocation import Allocation, Rules
from farmdesk.engine.bonds import Bonds
from farmdesk.engine.catalogue import Catalogue
from farmdesk.engine.checker import CheckJob
from farmdesk.engine.clock import Moment
from farmdesk.engine.dependents import Dependents
from farmdesk.engine.desk import AccountsTaker, Desk
from farmdesk.engine.endings import Endings
from farmdesk.engine.farm import Farm
from farmdesk.engine.hand_ins import HandIn, HandIns
from farmdesk.engine.intake import Intake
from farmdesk.engine.interrupts import Interrupts
from farmdesk.engine.late_watch import LateWarnings
from farmdesk.engine.lingerers import Lingerers, Lingering
from farmdesk.engine.loop import Engine, FlushWriter
from farmdesk.engine.node_desk import NodeDesk
from farmdesk.engine.open_order import open_order_writer
from farmdesk.engine.people import People
from farmdesk.engine.ports import Launcher
from farmdesk.engine.posts import Post
from farmdesk.engine.reports import Reports
from farmdesk.engine.runs import ControlMaker, Runs
from farmdesk.engine.submissions import Submissions
from farmdesk.engine.task_desk import TaskDesk
from farmdesk.engine.task_entry import MAX_ATTEMPTS, TaskEntry
from farmdesk.engine.urgent_course import UrgentCourse
from farmdesk.engine.urgent_desk import UrgentDesk
from farmdesk.engine.urgent_news import UrgentNews
from farmdesk.engine.workspace import Workspace


@dataclass(frozen=True, slots=True)
class World:
    """What the engine reaches outside of its memory.

    `load_task` reads a task that is not in memory, `begin_check` starts a frame-sequence check,
    `take_frames` starts to take frames by hand, `read_times` begins to read a previous version's
    times (for a task, of a task). `people` send commands; `accounts` takes those about accounts,
    where the farm has any.
    """

    inbox: "queue.SimpleQueue[Post]"
    writer: FlushWriter
    clock: Callable[[], Moment]
    load_task: Callable[[int], StoredTask | None]
    begin_check: Callable[[CheckJob], None]
    take_frames: Callable[[HandIn], None]
    read_times: Callable[[int, int], None]
    people: People
    accounts: AccountsTaker | None = None


@dataclass(frozen=True, slots=True)
class _Core:
    """The parts that all others work with."""

    farm: Farm
    rules: Rules
    tools: Tools
    workspace: Workspace
    agents: Agents
    catalogue: Catalogue
    dependents: Dependents
    allocation: Allocation
    endings: Endings
    runs: Runs
    reports: Reports


def make_engine(
    config: Config,
    tools: Tools,
    world: World,
    *,
    farm: Farm,
    rules: Rules,
    slots: list[Slot],
    intake: Intake,
    lingering: Sequence[Lingering] = (),
) -> Engine:
    """Give an engine that has taken up what was interrupted; it works as soon as it is run."""
    core = _core(config, tools, world, farm=farm, rules=rules, slots=slots)
    agents, runs, reports = core.agents, core.runs, core.reports
    interrupts = Interrupts(farm=farm, runs=runs, agents=agents, allocation=core.allocation)
    news = UrgentNews(farm, world.people.user)
    course = UrgentCourse(farm=farm, interrupts=interrupts, news=news)
    urgent = UrgentDesk(farm=farm, interrupts=interrupts, news=news, course=course)
    hand_ins = HandIns(
        farm=farm,
        runs=runs,
        reports=reports,
        tools=tools,
        workspace=core.workspace,
        begin=world.take_frames,
    )
    lingerers = Lingerers(
        lingering,
        farm=farm,
        agents=agents,
        runs=runs,
        reports=reports,
        dependents=core.dependents,
    )
    recovery.go_on(farm, runs, reports, world.clock())
    return Engine(
        world.inbox,
        farm=farm,
        agents=agents,
        runs=runs,
        reports=reports,
        endings=core.endings,
        desk=_desk(core, world, urgent=urgent, intake=intake, hand_ins=hand_ins),
        urgent=course,
        intake=intake,
        hand_ins=hand_ins,
        lingerers=lingerers,
        late=LateWarnings(farm, world.people.user),
        writer=world.writer,
        clock=world.clock,
    )


def _core(
    config: Config, tools: Tools, world: World, *, farm: Farm, rules: Rules, slots: list[Slot]
) -> _Core:
    workspace = Workspace(config.folder)
    order_for = open_order_writer(config, tools, workspace)
    agents = Agents(slots, farm=farm, post=world.inbox.put, order_for=order_for)
    catalogue = Catalogue(farm, world.load_task)
    dependents = Dependents(farm, catalogue)
    allocation = Allocation(farm=farm, agents=agents, rules=rules)
    endings = Endings(
        farm=farm,
        workspace=workspace,
        begin_check=world.begin_check,
        user_of=world.people.user,
    )
    runs = Runs(
        farm=farm,
        allocation=allocation,
        agents=agents,
        workspace=workspace,
        endings=endings,
        dependents=dependents,
        make_control=control_maker(tools, dependents),
        read_times=world.read_times,
    )
    return _Core(
        farm=farm,
        rules=rules,
        tools=tools,
        workspace=workspace,
        agents=agents,
        catalogue=catalogue,
        dependents=dependents,
        allocation=allocation,
        endings=endings,
        runs=runs,
        reports=Reports(farm=farm, agents=agents, runs=runs, workspace=workspace),
    )


def _desk(
    core: _Core, world: World, *, urgent: UrgentDesk, intake: Intake, hand_ins: HandIns
) -> Desk:
    """Bring the desks together, each with the kinds of commands that it answers."""
    farm, runs = core.farm, core.runs
    bonds = Bonds(farm, core.agents, core.rules)
    nodes = NodeDesk(agents=core.agents, runs=runs, rules=core.rules)
    tasks = TaskDesk(farm=farm, runs=runs, workspace=core.workspace, dependents=core.dependents)
    submissions = Submissions(
        farm=farm,
        runs=runs,
        tools=core.tools,
        workspace=core.workspace,
        catalogue=core.catalogue,
        dependents=core.dependents,
        intake=intake,
    )
    return Desk(
        catalogue=core.catalogue,
        sender=world.people.sender,
        accounts=world.accounts,
        about_tasks={
            **tasks.about_tasks,
            **intake.about_tasks,
            **bonds.about_tasks,
            **urgent.about_tasks,
        },
        about_farm={
            **submissions.about_farm,
            **bonds.about_farm,
            **nodes.about_farm,
            **urgent.about_farm,
        },
        answered_later=hand_ins.answered_later,
    )


def slots_of(config: Config, launcher: Launcher) -> list[Slot]:
    """Give the slots of the configured nodes: `a`, or `a:1`, `a:2` where node a has several."""
    return [
        Slot(SlotId(name), node.name, launcher, node.speed, node.pool, node.tools)
        for node in config.nodes
        for name in node.slot_names
    ]


def control_maker(tools: Tools, dependents: Dependents) -> ControlMaker:
    """Give the function that makes a task's RenderControl for its unfinished frames."""

    def make(
        entry: TaskEntry, frames: FrameSet, used: dict[int, int], times: FrameTimes | None
    ) -> RenderControl:
        spec = entry.task.spec
        contiguous = spec.policy == "range_split_contiguous"
        return RenderControl(
            frames,
            policy="range_split" if contiguous else spec.policy,
            contiguous=contiguous,
            warm=tools.find(spec.tool, spec.tool_version).warm is not None,
            attempts=used,
            max_attempts=MAX_ATTEMPTS,
            load_s=None if times is None else times.load_s,
            prior=None if times is None else prior_of(times.seconds, frames),
            released=dependents.released(entry),
        )

    return make
