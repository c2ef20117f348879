"""Carries out `farmdesk hand-in` from elsewhere: frames of this machine, sent sealed."""

from contextlib import closing
from pathlib import Path

from farmdesk.cli.call import Call
from farmdesk.cli.uploading import transfer_session
from farmdesk.cli.visits import open_keys
from farmdesk.cli.watching import watched
from farmdesk.domain.errors import FarmError
from farmdesk.domain.rows import CommandRow
from farmdesk.link.remote.hand_in import FramesByHand
from farmdesk.link.remote.upload_journal import UploadJournal


def hand_in(call: Call) -> int:
    """Send a folder's frames and tell what became of each; 1 when none was taken.

    Before it what became of those of an earlier call, if that ended before it could tell.
    """
    farm, words = call.known_farm, call.words
    folder = Path(words.folder).absolute()
    keys = open_keys(call)
    path = farm.folder / "uploads" / f"hand-in-{words.task}-{keys.login}.db"
    rows = list[CommandRow]()
    try:
        with transfer_session(farm, keys) as session, closing(UploadJournal(path)) as journal:
            watched(
                call,
                folder.name,
                lambda progress, pause: FramesByHand(
                    session,
                    journal,
                    keys,
                    progress=progress,
                    pause=pause,
                    connections=max(1, words.connections),
                ).send(words.task, folder, rows.append),
            )
    except FarmError:
        if rows:
            call.tell(rows)
        raise
    path.unlink(missing_ok=True)
    return call.tell(rows)
