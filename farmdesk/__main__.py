"""`python -m farmdesk`, and the program `farmdesk`: the command line."""

import sys


def main() -> int:
    """Run the command line of this process; Ctrl-C ends it quietly even while it is loaded."""
    try:
        from farmdesk.cli import main as run_words

        return run_words()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
