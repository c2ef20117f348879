"""What an operator does with his own hands: fetch a package, hand in frames from elsewhere."""

from pathlib import Path

from farmdesk.cli.call import Call
from farmdesk.cli.ctrl_c import at_ctrl_c
from farmdesk.cli.reader import AddVerb, add_task
from farmdesk.cli.upload import add_key_words
from farmdesk.domain.errors import FarmUnavailable
from farmdesk.domain.rows import CommandRow
from farmdesk.domain.task_commands import TakeFrames
from farmdesk.domain.transfers import FETCH_CONNECTIONS, UPLOAD_CONNECTIONS
from farmdesk.link.outcome import wait_outcome

NEXT_FRAME_S = 60.0  # one frame takes the farm no longer: its storage may be slow


def add_verbs(verb: AddVerb) -> None:
    """Add them."""
    hand_in = verb(
        "hand-in",
        "give a task frames that were rendered elsewhere: each is checked as a node's is",
        _hand_in,
        example="farmdesk hand-in 12 /mnt/other-farm/opening/frames",
    )
    add_task(hand_in)
    hand_in.add_argument(
        "folder", metavar="FOLDER", help="where the frames lie; with --server they are sent, sealed"
    )
    hand_in.add_argument(
        "--on-server",
        action="store_true",
        help="FOLDER is one that the farm's server sees: nothing is sent",
    )
    add_key_words(hand_in, UPLOAD_CONNECTIONS)
    fetch = verb(
        "fetch",
        "copy a task's opened scene package to this machine; again: go on with it",
        _fetch,
        example="farmdesk fetch 12 opening/",
    )
    add_task(fetch)
    fetch.add_argument("folder", metavar="FOLDER", help="where to; no file in it is overwritten")
    add_key_words(fetch, FETCH_CONNECTIONS)


def _hand_in(call: Call) -> int:
    folder = call.words.folder
    if not call.words.on_server:
        if call.server is not None:
            from farmdesk.cli import handing_in

            return handing_in.hand_in(call)
        folder = str(Path(folder).absolute())
    before = call.link.task(call.words.task).done
    task = call.words.task
    with at_ctrl_c(
        f"What the server was told by then it takes: see farmdesk show {task}.",
        f"服务器会继续接收此前已告知的帧：请查看 farmdesk show {task}。",
    ):
        number = call.link.send(TakeFrames(task, folder))
        row = _wait(call, number, before)
    return call.tell([row])


def _fetch(call: Call) -> int:
    from farmdesk.cli import fetching

    return fetching.fetch(call)


def _wait(call: Call, number: int, before: int) -> CommandRow:
    """Wait for the answer as long as frames are taken. Raises FarmUnavailable."""
    while True:
        try:
            return wait_outcome(call.link, number, NEXT_FRAME_S)
        except FarmUnavailable:
            done = call.link.task(call.words.task).done
            if done <= before:
                raise
            before = done
