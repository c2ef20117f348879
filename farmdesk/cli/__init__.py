"""The command line: everything that the window can do, for scripts and for people at a terminal.

It knows the farm through a FarmLink, like the window; only `server` starts the engine.
"""

from farmdesk.cli.main import main

__all__ = ["main"]
