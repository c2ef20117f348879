"""The render queue keeps its order through priorities, interruptions and restarts."""

from hypothesis import given
from hypothesis import strategies as st

from farmdesk.domain.frames import FrameSet
from farmdesk.domain.queues import RenderQueue
from farmdesk.domain.task import RenderTask, TaskId
from farmdesk.domain.task_spec import TaskSpec

SPEC = TaskSpec("snow", "blender", "3.4+", "/work/snow.blend", FrameSet.range(1, 1, 10))


def queue_of(*priorities: int) -> tuple[RenderQueue, list[RenderTask]]:
    queue = RenderQueue()
    tasks = [
        RenderTask(TaskId(number), SPEC, "ann", priority=priority)
        for number, priority in enumerate(priorities)
    ]
    for task in tasks:
        queue.add(task)
    return queue, tasks


def ids(queue: RenderQueue) -> list[int]:
    return [task.id for task in queue]


def test_high_priority_first_then_who_came_first() -> None:
    queue, tasks = queue_of(5, 9, 5, 0, 9)
    assert ids(queue) == [1, 4, 0, 2, 3]
    assert queue.next is tasks[1]
    queue.remove(tasks[1])
    queue.remove(tasks[1])
    assert queue.next is tasks[4]


def test_an_interrupted_task_waits_before_all_others_of_its_priority_and_no_more() -> None:
    queue, tasks = queue_of(5, 5, 5, 9)
    queue.move_to_head(tasks[2])
    queue.move_to_head(tasks[1])
    assert ids(queue) == [3, 1, 2, 0]


def test_another_priority_goes_to_its_end_and_the_same_one_keeps_its_place() -> None:
    queue, tasks = queue_of(5, 5, 7)
    queue.set_priority(tasks[0], 5)
    assert ids(queue) == [2, 0, 1]
    queue.set_priority(tasks[0], 7)
    assert ids(queue) == [2, 0, 1]
    queue.set_priority(tasks[2], 5)
    assert ids(queue) == [0, 1, 2]


def test_an_empty_queue_has_no_next() -> None:
    assert RenderQueue().next is None


step = st.tuples(
    st.sampled_from(["head", "priority", "remove"]), st.integers(0, 5), st.integers(0, 9)
)


@given(st.lists(step, max_size=15))
def test_after_any_changes_a_restart_finds_the_same_order(
    steps: list[tuple[str, int, int]],
) -> None:
    queue, tasks = queue_of(5, 5, 3, 9, 5, 0)
    gone: set[int] = set()
    for what, number, priority in steps:
        if number in gone:
            continue
        if what == "remove":
            queue.remove(tasks[number])
            gone.add(number)
        elif what == "head":
            queue.move_to_head(tasks[number])
        else:
            queue.set_priority(tasks[number], priority)
    assert len(queue) == len(tasks) - len(gone)
    again = RenderQueue()
    for task in reversed(list(queue)):
        again.restore(task)
    assert ids(again) == ids(queue)
    assert [-task.priority for task in queue] == sorted(-task.priority for task in queue)
