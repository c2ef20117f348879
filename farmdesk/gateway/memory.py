"""Gives memory that nobody uses back to the system.

Requests that break off free their segments in any order, in several threads; the C library keeps
what lies before a block in use, and its heaps grow from one broken line to the next.
"""

import ctypes
import sys

_trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None


def give_back() -> None:
    """Give back all that is free, where the C library can. Source: malloc_trim(3) of glibc."""
    if _trim is not None:
        _trim(0)
