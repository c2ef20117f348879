"""What there is and what happened: `tasks`, `show`, `frames`, `nodes`, `messages`, `logs`."""

import sys
import time
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from farmdesk.cli.call import Call
from farmdesk.cli.ctrl_c import at_ctrl_c
from farmdesk.cli.headings import named
from farmdesk.cli.numbers import number, rows
from farmdesk.cli.plain import print_json
from farmdesk.cli.reader import AddVerb, add_task
from farmdesk.cli.tables import print_frames, print_logs, print_nodes
from farmdesk.cli.task_tables import print_task, print_tasks
from farmdesk.cli.urgent_tables import print_messages
from farmdesk.domain.rows import FrameRow, TaskRow
from farmdesk.domain.state_words import TASK_STATES
from farmdesk.domain.task import ENDED
from farmdesk.domain.users import Role

FOLLOW_S = 0.2
PAGE = 2000
_WATCHED = ("Only the watching has ended; the farm goes on.", "仅停止查看，农场继续工作。")


def add_verbs(verb: AddVerb) -> None:
    """Add them."""
    tasks = verb("tasks", "list the tasks", _tasks)
    tasks.add_argument("--recycled", action="store_true", help="those in the recycle queue instead")
    show = verb("show", "show one task and its progress", _show, example="farmdesk show 7 --follow")
    add_task(show)
    show.add_argument(
        "--follow", action="store_true", help="stay, with a bar, until the task has ended"
    )
    frames = verb(
        "frames",
        "list the frames of a task that were tried, and how that went",
        _frames,
        example="farmdesk frames 7 --failed",
    )
    add_task(frames)
    frames.add_argument("--failed", action="store_true", help="only tries that failed, with why")
    verb("nodes", "list the nodes and what they do", _nodes)
    messages = verb("messages", "show what the farm has told you", _messages)
    messages.add_argument(
        "--tail", type=rows, default=50, metavar="N", help="the last N messages; else 50"
    )
    logs = verb("logs", "show what happened", _logs, example="farmdesk logs 7 --follow")
    logs.add_argument("task", metavar="TASK", type=number, nargs="?", help="only this task")
    logs.add_argument(
        "--tail", type=rows, default=50, metavar="N", help="the last N lines; else 50"
    )
    logs.add_argument("--follow", action="store_true", help="stay and show what comes")


def _tasks(call: Call) -> int:
    rows = call.link.tasks(recycled=call.words.recycled)
    return call.show(rows, lambda: print_tasks(call.screen, rows))


def _show(call: Call) -> int:
    found = call.link.task(call.words.task)
    row = found
    if call.words.follow:
        with at_ctrl_c(*_WATCHED):
            row = _follow(call, found)

    def print_it() -> None:
        pace = next(iter(call.link.paces([row.id])), None)
        print_task(call.screen, row, pace)

    return call.show(row, print_it)


def _follow(call: Call, row: TaskRow) -> TaskRow:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task(row.name, total=row.total)
        while row.state not in ENDED:
            state = named(row.state, TASK_STATES).text(call.screen.language)
            bars.update(bar, completed=row.done, description=f"{row.name}  {state}")
            time.sleep(FOLLOW_S)
            row = call.link.task(row.id)
    return row


def _frames(call: Call) -> int:
    rows = [row for row in _all_frames(call) if not call.words.failed or row.record.reason]
    rows.sort(key=lambda row: (row.record.frame, row.record.attempt))
    records = [row.record for row in rows]
    return call.show(records, lambda: print_frames(call.screen, rows))


def _all_frames(call: Call) -> Iterator[FrameRow]:
    rev = 0
    call.link.task(call.words.task)
    while rows := call.link.frames(call.words.task, rev, PAGE):
        yield from rows
        rev = rows[-1].rev


def _nodes(call: Call) -> int:
    rows = call.link.nodes()
    if not rows and not call.words.json and call.user.role is Role.CUSTOMER:
        call.say(
            "Which nodes there are is the render staff's matter. How far yours is: farmdesk tasks, "
            "farmdesk show TASK.",
            "节点信息仅供渲染人员查看。查看您的任务进度：farmdesk tasks、farmdesk show 任务号。",
        )
        return 0
    return call.show(rows, lambda: print_nodes(call.screen, rows))


def _messages(call: Call) -> int:
    rows = call.link.messages(call.user, limit=call.words.tail)
    return call.show(rows, lambda: print_messages(call.screen, rows))


def _logs(call: Call) -> int:
    with at_ctrl_c(*_WATCHED):
        since = _print_logs(call, 0)
        while call.words.follow:
            sys.stdout.flush()
            time.sleep(FOLLOW_S)
            since = _print_logs(call, since)
    return 0


def _print_logs(call: Call, since: int) -> int:
    """Print what came after a line; give the last one's number."""
    words = call.words
    rows = call.link.logs(since, task_id=words.task, limit=words.tail)
    if words.json:
        print_json([row.record for row in rows])
    else:
        print_logs(call.screen, rows)
    return rows[-1].id if rows else since
