"""`python -m farmdesk` is the command line."""

import sys

from farmdesk.cli import main

if __name__ == "__main__":
    sys.exit(main())
