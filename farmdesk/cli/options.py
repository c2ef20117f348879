"""The words of the command line."""

import argparse
import re
from collections.abc import Callable, Sequence

from farmdesk import __version__
from farmdesk.cli.urgent import add_urgent

EPILOG = """\
The farm folder is --farm, else $FARMDESK_FARM, else the user's data folder.
Exit code 0: done; 1: refused or failed; 2: wrong words; 3: the farm cannot be reached.
"""


Verb = Callable[[str, str], argparse.ArgumentParser]


def read_words(argv: Sequence[str]) -> argparse.Namespace:
    """Read a command line; `verb` names the chosen subcommand. Wrong words end the program with 2.

    `--frames -5-5` is meant as it stands, though argparse takes what begins with a dash for an
    option.
    """
    given = list(argv)
    for place, word in enumerate(given[:-1]):
        if word == "--frames" and re.match(r"-[0-9]", given[place + 1]):
            given[place : place + 2] = [f"{word}={given[place + 1]}"]
    return parser().parse_args(given)


def parser() -> argparse.ArgumentParser:
    """Give the parser of all subcommands; `verb` names the chosen one."""
    top = argparse.ArgumentParser(
        prog="farmdesk",
        description="A render farm for confidential shows.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"FarmDesk {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--farm", metavar="FOLDER", help="the farm folder")
    common.add_argument("--json", action="store_true", help="print JSON for programs")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="COMMAND")

    def verb(name: str, text: str) -> argparse.ArgumentParser:
        return verbs.add_parser(name, help=text, description=text, parents=[common])

    _add_programs(verb)
    _add_wishes(verb)
    _add_plans(verb)
    _add_looks(verb)
    _add_outlooks(verb)
    return top


def _add_programs(verb: Verb) -> None:
    """What runs until it is told to stop."""
    verb("server", "run the engine of this farm until it is told to stop")
    window = verb("window", "open the operator's window")
    window.add_argument("--language", choices=("zh", "en"), help="else as remembered")
    window.add_argument("--theme", choices=("dark", "light"), help="else as remembered")
    window.add_argument("--shot", metavar="FILE.png", help="save a picture of the window and end")


def _add_wishes(verb: Verb) -> None:
    """What people want of a task."""
    _add_submit(verb("submit", "queue a new task"))
    for name, text in (
        ("start", "let a queued task render"),
        ("pause", "finish the frames in hand, then wait"),
        ("stop", "kill the tools now; finished frames are kept"),
        ("resume", "go on with a paused or stopped task"),
        ("recycle", "move ended or waiting tasks to the recycle queue"),
        ("restore", "bring tasks back from the recycle queue"),
        ("purge", "delete the files of recycled tasks for good"),
    ):
        verb(name, text).add_argument("task", type=int, nargs="+", help="task numbers")
    retry = verb("retry", "render failed frames of an ended task again")
    retry.add_argument("task", type=int)
    retry.add_argument("--frames", help="only these, like 1-10x2,15")


def _add_plans(verb: Verb) -> None:
    """When and where tasks render."""
    priority = verb("priority", "change a task's priority")
    priority.add_argument("task", type=int)
    priority.add_argument("priority", type=int, help="0 (low) to 9 (high)")
    after = verb("after", "let a task wait for another one, or for nobody any more")
    after.add_argument("task", type=int)
    after.add_argument("source", type=int, nargs="?", help="the task to wait for; else nobody")
    after.add_argument("--mode", default="task", help="task: for all of it; frame: for each frame")
    allocate = verb("allocate", "let a task work on the nodes that you choose")
    allocate.add_argument("task", type=int)
    allocate.add_argument("node", nargs="*", help="names of nodes")
    allocate.add_argument("--pool", help="any nodes of this pool")
    allocate.add_argument("--count", type=int, metavar="N", help="how many of the pool; else one")
    allocate.add_argument("--clear", action="store_true", help="give it nodes by the plan again")
    switch = verb("auto-start", "let queued tasks start without an operator, or not")
    switch.add_argument("switch", choices=("on", "off"))
    add_urgent(verb("urgent", "ask for urgent rendering, answer, decide"))


def _add_looks(verb: Verb) -> None:
    """What there is and what happened."""
    tasks = verb("tasks", "list the tasks")
    tasks.add_argument("--recycled", action="store_true", help="those in the recycle queue")
    show = verb("show", "show one task and its progress")
    show.add_argument("task", type=int)
    show.add_argument("--follow", action="store_true", help="stay until the task has ended")
    frames = verb("frames", "list the frames of a task")
    frames.add_argument("task", type=int)
    frames.add_argument("--failed", action="store_true", help="only failed attempts")
    verb("nodes", "list the nodes")
    messages = verb("messages", "show what you were told")
    messages.add_argument("--tail", type=int, default=50, metavar="N", help="the last N messages")
    logs = verb("logs", "show what happened")
    logs.add_argument("task", type=int, nargs="?", help="only this task")
    logs.add_argument("--tail", type=int, default=50, metavar="N", help="the last N lines")
    logs.add_argument("--follow", action="store_true", help="stay and show what comes")


def _add_outlooks(verb: Verb) -> None:
    """Why tasks wait, when they will end, and how well that was foreseen."""
    why = verb("why", "say why a task waits, or why a node idles")
    asked = why.add_mutually_exclusive_group(required=True)
    asked.add_argument("task", type=int, nargs="?")
    asked.add_argument("--node", metavar="NAME")
    versions = verb("versions", "compare a task's frame times with those of its previous version")
    versions.add_argument("task", type=int)
    versions.add_argument(
        "--stretches", type=int, default=16, metavar="N", help="sum up in N lines; 0: every frame"
    )
    forecast = verb("forecast", "say when tasks will end, and what would change that")
    forecast.add_argument("task", type=int, nargs="?", help="only this task")
    forecast.add_argument("--nodes", type=int, metavar="+N", help="as if there were N more nodes")
    forecast.add_argument("--first", type=int, metavar="TASK", help="as if it were let in first")


def _add_submit(command: argparse.ArgumentParser) -> None:
    command.add_argument("scene", help="the scene file")
    command.add_argument("--frames", required=True, help="like 1-100x2,150,-5-5")
    command.add_argument("--name", help="of the task; else the scene's file name")
    command.add_argument("--tool", help="else the only one that opens such a scene")
    command.add_argument("--tool-version", default="")
    for name in ("project", "show", "version", "camera", "layer", "note"):
        command.add_argument(f"--{name}")
    command.add_argument("--size", metavar="WxH", help="in pixels; else as in the scene")
    command.add_argument("--fps", type=float)
    command.add_argument("--format", default="PNG", help="of the frames: PNG, OPEN_EXR, ...")
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="one of the tool's own parameters; may be repeated",
    )
    command.add_argument("--policy", default="range_split")
    command.add_argument("--priority", type=int, default=5)
    command.add_argument("--previous", type=int, metavar="TASK", help="task of the last version")
    command.add_argument("--change", default="new", help="new, major or minor")
    command.add_argument("--after", type=int, metavar="TASK", help="wait for this task")
    command.add_argument(
        "--after-mode", default="task", help="task: for all of it; frame: for each frame"
    )
    command.add_argument(
        "--due", metavar="TIME", help="when it should be done, like 2026-02-04T20:00; local time"
    )
    command.add_argument("--start", action="store_true", help="render at once")
