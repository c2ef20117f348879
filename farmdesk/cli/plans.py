"""When and where tasks render: `priority`, `after`, `allocate`, `auto-start`."""

from farmdesk.cli.call import Call
from farmdesk.cli.reader import AddVerb
from farmdesk.domain.node_commands import AllocateNodes, SetAutoStart
from farmdesk.domain.task_commands import SetAfter, SetPriority


def add_verbs(verb: AddVerb) -> None:
    """Add them."""
    priority = verb("priority", "change a task's priority", _priority)
    priority.add_argument("task", type=int)
    priority.add_argument("priority", type=int, help="0 (low) to 9 (high)")
    after = verb("after", "let a task wait for another one, or for nobody any more", _after)
    after.add_argument("task", type=int)
    after.add_argument("source", type=int, nargs="?", help="the task to wait for; else nobody")
    after.add_argument("--mode", default="task", help="task: for all of it; frame: for each frame")
    allocate = verb("allocate", "let a task work on the nodes that you choose", _allocate)
    allocate.add_argument("task", type=int)
    allocate.add_argument("node", nargs="*", help="names of nodes")
    allocate.add_argument("--pool", help="any nodes of this pool")
    allocate.add_argument("--count", type=int, metavar="N", help="how many of the pool; else one")
    allocate.add_argument("--clear", action="store_true", help="give it nodes by the plan again")
    switch = verb("auto-start", "let queued tasks start without an operator, or not", _auto_start)
    switch.add_argument("switch", choices=("on", "off"))


def _priority(call: Call) -> int:
    return call.send([SetPriority(call.words.task, call.words.priority)])


def _after(call: Call) -> int:
    return call.send([SetAfter(call.words.task, call.words.source, call.words.mode)])


def _allocate(call: Call) -> int:
    words = call.words
    command = AllocateNodes(
        words.task,
        nodes=tuple(words.node),
        pool=words.pool or "",
        count=words.count,
        clear=words.clear,
    )
    return call.send([command])


def _auto_start(call: Call) -> int:
    return call.send([SetAutoStart(call.words.switch == "on")])
