"""Users and disasters of a simulated farm: what they do, and when, by its seed."""

import random
from collections.abc import Callable

from farmdesk.domain.commands import Command
from farmdesk.domain.node_commands import AllocateNodes, SetAutoStart
from farmdesk.domain.states import TaskState
from farmdesk.domain.task_commands import (
    PauseTask,
    PurgeTask,
    RecycleTask,
    RestoreTask,
    ResumeTask,
    RetryFailed,
    SetAfter,
    SetPriority,
    StartRender,
    StopTask,
    SubmitTask,
)
from farmdesk.domain.urgent_commands import (
    AnswerUrgent,
    OverruleUrgent,
    RequestUrgent,
    ReviewUrgent,
    WithdrawUrgent,
)
from tests.simulation.storm import StormWorld
from tests.simulation.virtual_node import VirtualAgent

STORM_S = 150.0  # then people and faults leave the farm alone, and all must come to its end
CALM_S = 4000.0
LOOK_S = 5.0

OPEN = {TaskState.RENDERING, TaskState.VERIFYING, TaskState.PREEMPTED, TaskState.PAUSED}
FRAMES = ("1-4", "1-12", "0-30x3", "-3-8", "5,7,9-20", "1-40", "100-160x2", "7")
POLICIES = ("range_split", "range_split", "dynamic", "static", "sampled", "range_split_contiguous")
USERS = ("operator", "operator", "operator", "ann", "bob")


def people(world: StormWorld) -> None:
    """Plan all that happens to a world."""
    rng = world.rng
    scene = world.folder / "scene.blend"
    scene.touch()
    for _ in range(rng.randint(1, 4)):
        submit = _submit(rng, str(scene), start=True)
        world.time.at(rng.uniform(0.0, 20.0), lambda item=submit: world.send(item))  # type: ignore[misc]
    for _ in range(world.mix.commands):
        world.time.at(rng.uniform(1.0, STORM_S), lambda: _any_command(world, str(scene)))
    for _ in range(world.mix.urgent):
        world.time.at(rng.uniform(10.0, STORM_S), lambda: _urgent(world))
    for name, act in _DISASTERS.items():
        for _ in range(getattr(world.mix, name)):
            world.time.at(rng.uniform(2.0, STORM_S), lambda act=act: act(world))  # type: ignore[misc]
    world.time.at(STORM_S, lambda: _calm(world))


# ---- users ---------------------------------------------------------------------------------------


def _submit(rng: random.Random, scene: str, *, start: bool) -> SubmitTask:
    return SubmitTask(
        "t",
        "blender",
        "",
        scene,
        rng.choice(FRAMES),
        start=start,
        policy=rng.choice(POLICIES),
        priority=rng.randint(0, 9),
    )


def _task(world: StormWorld) -> int:
    return world.rng.randint(1, max(world.store.tasks, default=1) + (world.rng.random() < 0.05))


def _any_command(world: StormWorld, scene: str) -> None:
    rng = world.rng
    task, other = _task(world), _task(world)
    request = rng.randint(1, max(len(world.store.urgents), 1))
    node = rng.choice(world.nodes).name
    choices: list[Callable[[], Command]] = [
        lambda: _submit(rng, scene, start=rng.random() < 0.7),
        lambda: StartRender(task),
        lambda: StartRender(task),
        lambda: PauseTask(task),
        lambda: PauseTask(task),
        lambda: StopTask(task),
        lambda: ResumeTask(task),
        lambda: ResumeTask(task),
        lambda: RetryFailed(task),
        lambda: SetPriority(task, rng.randint(0, 9)),
        lambda: SetAfter(task, rng.choice((None, other)), rng.choice(("task", "frame"))),
        lambda: AllocateNodes(task, nodes=(node,)),
        lambda: AllocateNodes(task, clear=True),
        lambda: SetAutoStart(rng.random() < 0.5),
        lambda: RecycleTask(task),
        lambda: RestoreTask(task),
        lambda: PurgeTask(task),
        lambda: RequestUrgent(task, "the client comes", answer_min=5),
        lambda: AnswerUrgent(request, rng.choice(("allow", "refuse"))),
        lambda: WithdrawUrgent(request),
    ]
    world.send(rng.choice(choices)(), rng.choice(USERS))


def _urgent(world: StormWorld) -> None:
    """Ask that a task goes first; most requests are admitted soon."""
    rng = world.rng
    if rng.random() < 0.7:
        world.send(_submit(rng, str(world.folder / "scene.blend"), start=False))
    minutes = rng.choice((5, 10))

    def ask() -> None:
        task = max(world.store.tasks, default=1) if rng.random() < 0.7 else _task(world)
        world.send(RequestUrgent(task, "the client comes", answer_min=minutes))

    world.time.after(0.5, ask)
    rule = rng.choice(("cheapest", "lose_nothing", "now"))

    def decide() -> None:
        number = len(world.store.urgents)
        if number and rng.random() < 0.7:
            world.send(OverruleUrgent(number, "yes", exit_rule=rule))
        elif number:
            world.send(ReviewUrgent(number, rng.choice(("allow", "refuse")), exit_rule=rule))

    world.time.after(rng.uniform(0.7, 10.0), decide)


# ---- disasters -----------------------------------------------------------------------------------


def _victim(world: StormWorld) -> VirtualAgent | None:
    alive = [
        agent
        for agent in world.agents
        if agent.alive and agent.life == world.life and not (agent.hung or agent.cut)
    ]
    return world.rng.choice(alive) if alive else None


def _agent_dies(world: StormWorld) -> None:
    agent = _victim(world)
    if agent is not None:
        world.witness.note(f"{agent} dies")
        agent.die("exit code -9")


def _node_is_lost(world: StormWorld) -> None:
    node = world.rng.choice(world.nodes)
    world.lose_node(node, world.rng.uniform(1.0, 60.0), silent=0.5)


def _agent_hangs(world: StormWorld) -> None:
    agent = _victim(world)
    if agent is not None:
        world.witness.note(f"{agent} hangs")
        agent.hung = True


def _line_is_cut(world: StormWorld) -> None:
    agent = _victim(world)
    if agent is not None:
        world.witness.note(f"the line of {agent} is cut")
        agent.cut = True
        world.time.after(30.0, agent.orphan)  # its heartbeat is over


def _database_is_away(world: StormWorld) -> None:
    world.witness.note("the database is away")
    world.store.away = True

    def back() -> None:
        world.witness.note("the database is back")
        world.store.away = False

    world.time.after(world.rng.uniform(0.5, 30.0), back)


def _commit_is_torn(world: StormWorld) -> None:
    world.store.torn = True


def _clock_jumps(world: StormWorld) -> None:
    seconds = world.rng.uniform(-3600.0, 3600.0)
    world.witness.note(f"the clock jumps by {seconds:.0f} s")
    world.time.jump(seconds)


_DISASTERS: dict[str, Callable[[StormWorld], None]] = {
    "kills": StormWorld.kill_engine,
    "stops": StormWorld.stop_engine,
    "agent_deaths": _agent_dies,
    "node_losses": _node_is_lost,
    "hangs": _agent_hangs,
    "cuts": _line_is_cut,
    "outages": _database_is_away,
    "torn": _commit_is_torn,
    "jumps": _clock_jumps,
}


# ---- the end -------------------------------------------------------------------------------------


def _calm(world: StormWorld) -> None:
    """Faults end; people let everything go on; when all is done the world ends."""
    if world.time.now == STORM_S:
        world.witness.note("calm")
        world.fate.calm()
    open_tasks = [record for record in world.store.tasks.values() if record.state in OPEN]
    if not open_tasks and not world.store.unanswered and not world.store.away:
        world.time.after(1.0, world.finish)
        return
    if world.time.now > STORM_S + CALM_S:
        for record in open_tasks:
            world.witness.wrong(
                f"task {record.task_id} does not end: {record.state} ({record.reason})"
            )
        for row in world.store.unanswered:
            world.witness.wrong(f"command {row.id} was not answered")
        world.finish()
        return
    if not world.store.unanswered:
        for record in open_tasks:
            if record.state is TaskState.PAUSED:
                world.send(ResumeTask(record.task_id))
            if record.after is not None:
                world.send(SetAfter(record.task_id, None))
    world.time.after(LOOK_S, lambda: _calm(world))
