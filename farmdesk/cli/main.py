"""Runs one command line."""

import sys

from farmdesk.cli.call import Call
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
    except FarmError as error:
        call.complain(error)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        call.close()
