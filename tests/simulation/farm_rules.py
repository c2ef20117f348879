"""What must be true of a simulated farm when all is over, by its store and its files."""

import json
from collections import Counter

from farmdesk.domain.frames import FrameSet
from farmdesk.domain.records import FrameRecord, TaskRecord
from farmdesk.domain.states import FrameState, TaskState
from farmdesk.engine.desk import OUR_FAULT
from farmdesk.engine.task_entry import MAX_ATTEMPTS
from tests.simulation.storm import StormWorld
from tests.simulation.virtual_node import RUBBISH

FINISHED = {TaskState.COMPLETED, TaskState.PARTLY_FAILED}


def check_store(world: StormWorld) -> None:
    """Hold the store to the truth; what is wrong goes to its witness."""
    for text in world.store.wrong:
        world.witness.wrong(text)
    for row in world.store.commands.values():
        if row.applied is None:
            world.witness.wrong(f"command {row.id} was never answered")
        elif row.text == OUR_FAULT.en:
            world.witness.wrong(
                f"command {row.id} ({row.kind}, {row.body}) met a fault of the engine"
            )
    for record in world.store.tasks.values():
        _check_counters(world, record)
        if record.state in FINISHED and not record.purged:
            _check_results(world, record)


def _check_counters(world: StormWorld, record: TaskRecord) -> None:
    key, states = record.task_id, world.store.states(record.task_id)
    rows = world.store.attempts(key)
    last = {row.frame: row for row in rows}
    done = [row for row in last.values() if row.state is FrameState.DONE]
    counts = {
        "done": (record.done, states.count(FrameState.DONE), len(done)),
        "failed": (record.failed, states.count(FrameState.FAILED)),
    }
    for name, values in counts.items():
        if len(set(values)) > 1:
            world.witness.wrong(f"task {key}: {name} is {values} by counter, by states, by rows")
    if record.running and record.state is not TaskState.RENDERING:
        world.witness.wrong(f"task {key} is {record.state}, but {record.running} frames run")
    spent = sum(row.render_s for row in done)
    twice = any(
        world.witness.renders[key, row.frame] > 1 for row in rows
    )  # its row tells the last one
    if not twice and abs(record.render_s - spent) > 0.01 + 1e-6 * spent:
        world.witness.wrong(
            f"task {key}: render_s is {record.render_s:.3f}, its rows say {spent:.3f}"
        )


def _check_results(world: StormWorld, record: TaskRecord) -> None:
    """Every frame of a finished task: proven exactly once, its file as proven."""
    key, frames = record.task_id, world.store.frames(record.task_id)
    proofs = [row for row in world.store.attempts(key) if row.state is FrameState.DONE]
    times = Counter(row.frame for row in proofs)
    twice = [frame for frame, count in times.items() if count > 1]
    if twice:
        world.witness.wrong(f"task {key}: frames proven twice: {FrameSet.of(twice)}")
    missing = frames - FrameSet.of(times)
    if len(missing) != record.failed:
        world.witness.wrong(f"task {key} is {record.state}, but has no proof of {missing}")
    hopeless = record.reason.endswith(")")  # all that was left was given up at once, see why
    for frame in () if hopeless else missing:
        if world.witness.misses[key, frame] < MAX_ATTEMPTS:
            tries = world.witness.misses[key, frame]
            text = f"task {key}: frame {frame} was given up after {tries} tries in vain"
            world.witness.wrong(f"{text} ({record.reason})")
    for row in proofs:
        _check_file(world, record, row)
    report = json.loads(record.check_report or "{}")
    if report.get("proven") != record.done:
        world.witness.wrong(f"task {key}: its check proved {report.get('proven')} of {record.done}")


def _check_file(world: StormWorld, record: TaskRecord, row: FrameRecord) -> None:
    """The file is one that an agent published for this frame.

    Not always the recorded one: an agent that lost its line may end its frame after the check.
    """
    key = record.task_id, row.frame
    path = world.folder / "work" / f"{record.task_id:06d}" / "frames" / row.path
    found = path.read_text() if path.exists() else ""
    late = world.witness.renders[key] > 1 and found == RUBBISH
    if found not in world.witness.digests.get(key, ()) and not late:
        world.witness.wrong(f"task {record.task_id}: frame {row.frame} is not as it was proven")
    if key not in world.witness.valid:
        world.witness.wrong(f"task {record.task_id}: frame {row.frame} was never published")
