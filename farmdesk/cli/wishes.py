"""What people want of tasks that are there: start, pause, stop, resume, retry, recycle."""

from collections.abc import Callable

from farmdesk.cli.call import Call
from farmdesk.cli.reader import AddVerb
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
    "stop": (StopTask, "kill the tools now; finished frames are kept"),
    "resume": (ResumeTask, "go on with a paused or stopped task"),
    "recycle": (RecycleTask, "move ended or waiting tasks to the recycle queue"),
    "restore": (RestoreTask, "bring tasks back from the recycle queue"),
    "purge": (PurgeTask, "delete the files of recycled tasks for good"),
}


def add_verbs(verb: AddVerb) -> None:
    """Add them."""
    for name, (_, text) in _ON_TASKS.items():
        verb(name, text, _on_tasks).add_argument("task", type=int, nargs="+", help="task numbers")
    retry = verb("retry", "render failed frames of an ended task again", _retry)
    retry.add_argument("task", type=int)
    retry.add_argument("--frames", help="only these, like 1-10x2,15")


def _on_tasks(call: Call) -> int:
    command, _ = _ON_TASKS[call.words.verb]
    return call.send([command(task) for task in call.words.task])


def _retry(call: Call) -> int:
    return call.send([RetryFailed(call.words.task, call.words.frames)])
