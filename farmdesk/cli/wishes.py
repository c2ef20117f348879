"""What people want of tasks that are there: start, pause, stop, resume, retry, recycle."""

from collections.abc import Callable

from farmdesk.cli.call import Call
from farmdesk.cli.numbers import number
from farmdesk.cli.reader import AddVerb, add_task
from farmdesk.domain.commands import Command
from farmdesk.domain.task_commands import (
    PauseTask,
    PurgeTask,
    RecycleTask,
    RestoreTask,
    ResumeTask,
    RetryFailed,
    StartRender,
    StopTask,
)

_ON_TASKS: dict[str, tuple[Callable[[int], Command], str]] = {
    "start": (StartRender, "let a queued task render"),
    "pause": (PauseTask, "finish the frames in hand, then wait"),
    "stop": (StopTask, "end the tools now; finished frames are kept"),
    "resume": (ResumeTask, "go on with a paused or stopped task"),
    "recycle": (RecycleTask, "move ended or waiting tasks to the recycle queue"),
    "restore": (RestoreTask, "bring tasks back from the recycle queue"),
    "purge": (PurgeTask, "delete the files of recycled tasks for good"),
}


def add_verbs(verb: AddVerb) -> None:
    """Add them."""
    for name, (_, text) in _ON_TASKS.items():
        made = verb(name, text, _on_tasks, example=f"farmdesk {name} 7\nfarmdesk {name} 7 8 12")
        made.add_argument(
            "task",
            metavar="TASK",
            type=number,
            nargs="+",
            help="numbers of tasks: see farmdesk tasks",
        )
    retry = verb(
        "retry",
        "render failed frames of an ended task again",
        _retry,
        example="farmdesk retry 7\nfarmdesk retry 7 --frames 1-100x2,150",
    )
    add_task(retry)
    retry.add_argument("--frames", metavar="FRAMES", help="only these, like 1-100x2,150")


def _on_tasks(call: Call) -> int:
    command, _ = _ON_TASKS[call.words.verb]
    return call.send([command(task) for task in call.words.task])


def _retry(call: Call) -> int:
    return call.send([RetryFailed(call.words.task, call.words.frames)])
