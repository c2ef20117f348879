"""A farm's database on SQLite, as a server makes it at its first start."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from farmdesk.db.migrate import migrate


def new_farm(path: Path) -> str:
    """Make a farm without tasks and give its URL; a copy, as making the tables takes longer."""
    path.write_bytes(_made())
    return f"sqlite:///{path}"


@cache
def _made() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "farm.db"
        migrate(f"sqlite:///{path}")
        return path.read_bytes()
