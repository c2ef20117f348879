"""How a farm is set up: the farm folder and `farm.toml` in it.

Without a file, this machine is the whole farm.
"""

import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from farmdesk.domain.errors import Refused

FILE = "farm.toml"
LOCAL_NODES = 2
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


@dataclass(frozen=True, slots=True)
class LocalNode:
    """A node that is this machine. `speed` relative to a reference node."""

    name: str
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class Config:
    """What the server and staff clients need.

    `programs`: where a tool's program lies, by tool name.
    """

    folder: Path
    database: str
    nodes: tuple[LocalNode, ...]
    programs: dict[str, str] = field(default_factory=dict)
    linger_s: float = 900.0
    stall_s: float = 600.0


def farm_folder(given: str | None) -> Path:
    """Give the farm folder: the given one, else `FARMDESK_FARM`, else the user's data folder."""
    chosen = given or os.environ.get("FARMDESK_FARM")
    return Path(chosen).absolute() if chosen else Path(platformdirs.user_data_dir("farmdesk"))


def read_config(folder: Path) -> Config:
    """Read `farm.toml` of a farm folder.

    Raises Refused when it is not right; without a file gives the local farm.
    """
    values: dict[str, object] = {}
    path = folder / FILE
    if path.exists():
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _wrong(path, str(error)) from error
    known = {"database", "nodes", "programs", "linger_s", "stall_s"}
    if strange := sorted(set(values) - known):
        raise _wrong(path, f"unknown entry {strange[0]!r}; known are {', '.join(sorted(known))}")
    return Config(
        folder=folder,
        database=_text(path, values.get("database", f"sqlite:///{folder}/farm.db")),
        nodes=_nodes(path, values.get("nodes", LOCAL_NODES)),
        programs=_programs(path, values.get("programs", {})),
        linger_s=_seconds(path, "linger_s", values.get("linger_s", 900.0)),
        stall_s=_seconds(path, "stall_s", values.get("stall_s", 600.0)),
    )


def _nodes(path: Path, value: object) -> tuple[LocalNode, ...]:
    """Read `nodes = 2` or `nodes = [{name = "a", speed = 1.5}]`."""
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 64:
        return tuple(LocalNode(f"local-{number + 1}") for number in range(value))
    if not isinstance(value, list):
        raise _wrong(path, "nodes must be a number from 1 to 64 or a list of tables")
    nodes = []
    for item in value:
        name = item.get("name") if isinstance(item, dict) else None
        speed = item.get("speed", 1.0) if isinstance(item, dict) else None
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise _wrong(path, f"{name!r} is no node name: letters, digits, dot, dash, underline")
        if not isinstance(speed, int | float) or isinstance(speed, bool) or not speed > 0:
            raise _wrong(path, f"the speed of node {name} must be a number above 0")
        nodes.append(LocalNode(name, float(speed)))
    if len({node.name.lower() for node in nodes}) != len(nodes):
        raise _wrong(path, "two nodes have the same name")
    return tuple(nodes)


def _programs(path: Path, value: object) -> dict[str, str]:
    if isinstance(value, dict) and all(isinstance(item, str) for item in value.values()):
        return dict(value)
    raise _wrong(path, "programs must be a table of tool = program")


def _text(path: Path, value: object) -> str:
    if isinstance(value, str):
        return value
    raise _wrong(path, "database must be a text")


def _seconds(path: Path, name: str, value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return float(value)
    raise _wrong(path, f"{name} must be a number of seconds above 0")


def _wrong(path: Path, text: str) -> Refused:
    return Refused(
        f"{path} cannot be used: {text}. Correct the file and start again.",
        f"无法使用 {path}：{text}。请修改该文件后重新启动。",
    )
