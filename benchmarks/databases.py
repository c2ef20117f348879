"""The databases that a benchmark may run on: private servers, and SQLite."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import SERVERS

DATABASES = (*SERVERS, "sqlite")


@contextmanager
def new_database(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of an empty one of `DATABASES`; SQLite's lies in the folder."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/farm.db"
        return
    with SERVERS[kind]() as server:
        yield server.new_database()
