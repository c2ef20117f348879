"""Runs one command line."""

import sys

from farmdesk.cli.call import Call
from farmdesk.cli.ctrl_c import INTERRUPTED, Interrupted
from farmdesk.cli.options import read_words
from farmdesk.domain.errors import FarmError, FarmUnavailable


def main(argv: list[str] | None = None) -> int:
    """Run one command line and give its exit code."""
    call = Call(read_words(sys.argv[1:] if argv is None else argv))
    try:
        return int(call.words.carry_out(call))
    except FarmUnavailable as error:
        call.complain(error)
        return 3
    except Interrupted as error:
        return _interrupted(call, error)
    except FarmError as error:
        call.complain(error)
        return 1
    except KeyboardInterrupt:
        return _interrupted(call, Interrupted())
    finally:
        call.close()


def _interrupted(call: Call, error: Interrupted) -> int:
    """Say it in a line of its own: the terminal shows `^C` where the cursor was."""
    if call.complaints.console.is_terminal:
        call.complaints.say("")
    call.complaints.say(error)
    return INTERRUPTED
