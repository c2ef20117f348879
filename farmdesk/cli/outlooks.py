"""Why tasks wait, when they end, how well that was foreseen: `why`, `versions`, `forecast`."""

from farmdesk.cli.call import Call
from farmdesk.cli.forecast import print_forecast
from farmdesk.cli.numbers import number
from farmdesk.cli.reader import TASK, AddVerb, add_task
from farmdesk.cli.versions import print_versions, version_report
from farmdesk.domain.node import UnknownNode
from farmdesk.domain.why import why_node, why_task
from farmdesk.link.ahead import WhatIf, look_ahead, one_task


def add_verbs(verb: AddVerb) -> None:
    """Add them."""
    _add_why(verb)
    _add_versions(verb)
    _add_forecast(verb)


def _add_why(verb: AddVerb) -> None:
    why = verb(
        "why",
        "say why a task waits, or why a node idles",
        _why,
        example="farmdesk why 7\nfarmdesk why --node gpu-1",
    )
    asked = why.add_mutually_exclusive_group(required=True)
    asked.add_argument("task", metavar="TASK", type=number, nargs="?", help=TASK)
    asked.add_argument("--node", metavar="NAME", help="a node, as farmdesk nodes names it")


def _add_versions(verb: AddVerb) -> None:
    versions = verb(
        "versions", "compare a task's frame times with those of its previous version", _versions
    )
    add_task(versions)
    versions.add_argument(
        "--stretches",
        type=int,
        default=16,
        metavar="N",
        help="sum the frames up in N lines, else 16; 0: a line for each frame",
    )


def _add_forecast(verb: AddVerb) -> None:
    forecast = verb(
        "forecast",
        "say when tasks will end, and what would change that",
        _forecast,
        example="farmdesk forecast\nfarmdesk forecast 13 --nodes +4",
    )
    forecast.add_argument("task", metavar="TASK", type=number, nargs="?", help="only this task")
    forecast.add_argument("--nodes", type=int, metavar="+N", help="as if there were N more nodes")
    forecast.add_argument(
        "--first", type=number, metavar="TASK", help="as if this task were let in first"
    )


def _why(call: Call) -> int:
    if call.words.node is not None:
        rows = [row for row in call.link.nodes() if row.record.node == call.words.node]
        if not rows:
            raise UnknownNode(call.words.node)
        text = why_node(rows[0], call.screen.language)
    else:
        text = why_task(call.link.task(call.words.task), call.screen.language)
    return call.show({"why": text}, lambda: call.screen.say(text))


def _versions(call: Call) -> int:
    report = version_report(call.link, call.words.task, call.words.stretches)
    return call.show(report, lambda: print_versions(call.screen, report))


def _forecast(call: Call) -> int:
    words = call.words
    rows = look_ahead(call.link, WhatIf(nodes=words.nodes or 0, first=words.first))
    if words.task is not None:
        rows = one_task(rows, call.link.task(words.task))
    return call.show(rows, lambda: print_forecast(call.screen, rows))
