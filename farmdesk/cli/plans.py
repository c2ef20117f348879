"""When and where tasks render: `priority`, `after`, `allocate`, `auto-start`."""

from farmdesk.cli.call import Call
from farmdesk.cli.numbers import number
from farmdesk.cli.reader import AFTER_MODE, AddVerb, add_task
from farmdesk.domain.node_commands import AllocateNodes, SetAutoStart
from farmdesk.domain.task_commands import SetAfter, SetPriority


def add_verbs(verb: AddVerb) -> None:
    """Add them."""
    _add_priority(verb)
    _add_after(verb)
    _add_allocate(verb)
    switch = verb("auto-start", "let queued tasks start without an operator, or not", _auto_start)
    switch.add_argument(
        "switch", metavar="on|off", choices=("on", "off"), help="on: they start by themselves"
    )


def _add_priority(verb: AddVerb) -> None:
    priority = verb(
        "priority", "change a task's priority", _priority, example="farmdesk priority 7 9"
    )
    add_task(priority)
    priority.add_argument("priority", metavar="PRIORITY", type=int, help="0 (low) to 9 (high)")


def _add_after(verb: AddVerb) -> None:
    after = verb(
        "after",
        "let a task wait for another one, or for nobody any more",
        _after,
        example="farmdesk after 13 12 --mode frame\nfarmdesk after 13",
    )
    add_task(after)
    after.add_argument(
        "source", metavar="OTHER", type=number, nargs="?", help="the task to wait for; else nobody"
    )
    after.add_argument("--mode", metavar="MODE", default="task", help=AFTER_MODE)


def _add_allocate(verb: AddVerb) -> None:
    allocate = verb(
        "allocate",
        "let a task work on the nodes that you choose, whatever the plan says",
        _allocate,
        example=(
            "farmdesk allocate 12 gpu-1 gpu-2\n"
            "farmdesk allocate 12 --pool gpu --count 3\n"
            "farmdesk allocate 12 --clear"
        ),
    )
    add_task(allocate)
    allocate.add_argument("node", metavar="NODE", nargs="*", help="names of nodes")
    allocate.add_argument("--pool", metavar="NAME", help="any nodes of this pool")
    allocate.add_argument("--count", type=int, metavar="N", help="how many of the pool; else one")
    allocate.add_argument("--clear", action="store_true", help="give it nodes by the plan again")


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
