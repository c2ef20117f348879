"""FarmDesk: a render farm for confidential shows.

`docs/architecture.md` shows the way that one frame takes.
"""

__version__ = "0.1.0"
