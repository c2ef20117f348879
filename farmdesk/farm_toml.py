"""Reads `farm.toml`, which says how a farm is set up; each entry is held to what it may be.

Without the file, this machine is the whole farm.
"""

import re
import tomllib
from pathlib import Path

from farmdesk.config import (
    DATABASE,
    FILE,
    GATEWAY_PORT,
    MASTER_KEY,
    Config,
    GatewayConfig,
    LocalNode,
    ResultsConfig,
)
from farmdesk.domain.errors import Refused

LOCAL_NODES = 2
MAX_SLOTS = 64
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


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
            raise _wrong(path, str(error), str(error)) from error
    known = {"database", "nodes", "programs", "linger_s", "stall_s", "licences"}
    known |= {"auto_start", "operators", "gateway", "master_key", "results"}
    if strange := sorted(set(values) - known):
        names = ", ".join(sorted(known))
        en = f"unknown entry {strange[0]!r}; known are {names}"
        raise _wrong(path, en, f"未知的条目 {strange[0]!r}；可用的有：{names}")
    return Config(
        folder=folder,
        database=_text(path, values.get("database", f"sqlite:///{folder}/{DATABASE}")),
        nodes=_nodes(path, values.get("nodes", LOCAL_NODES)),
        programs=_programs(path, values.get("programs", {})),
        linger_s=_seconds(path, "linger_s", values.get("linger_s", 900.0)),
        stall_s=_seconds(path, "stall_s", values.get("stall_s", 600.0)),
        licences=_licences(path, values.get("licences", {})),
        auto_start=_switch(path, "auto_start", values.get("auto_start", False)),
        operators=_logins(path, values.get("operators")),
        gateway=_gateway(path, values.get("gateway")),
        master_key=folder / _text(path, values.get("master_key", MASTER_KEY), "master_key"),
        results=_results(path, values.get("results")),
    )


def _results(path: Path, value: object) -> ResultsConfig | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not value.get("to") or set(value) - {"to", "password_file"}:
        en = "results must be a table with `to`, and `password_file` for smb://"
        raise _wrong(path, en, "results 须为含有 `to` 的表，smb:// 还须有 `password_file`")
    to = _text(path, value["to"], "results.to")
    if "password_file" not in value:
        return ResultsConfig(to)
    file = _text(path, value["password_file"], "results.password_file")
    return ResultsConfig(to, path.parent / file)


def _gateway(path: Path, value: object) -> GatewayConfig | None:
    """Read `[gateway]`; its files lie in the farm folder unless their paths are full ones."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _wrong(path, "gateway must be a table", "gateway 须为表")
    usual = {
        "address": "0.0.0.0",  # noqa: S104  # customers come from elsewhere
        "certificate": "tls/server.pem",
        "key": "tls/server.key",
        "ca": "tls/ca.pem",
        "database": "",
    }
    if strange := sorted(set(value) - {*usual, "port"}):
        raise _wrong(path, f"the gateway has no {strange[0]!r}", f"gateway 中没有 {strange[0]!r}")
    texts = {
        name: _text(path, value.get(name, text), f"gateway.{name}") for name, text in usual.items()
    }
    port = value.get("port", GATEWAY_PORT)
    if type(port) is not int or not 1 <= port <= 65535:
        en = "gateway.port must be a number from 1 to 65535"
        raise _wrong(path, en, "gateway.port 须为 1 到 65535 之间的数字")
    files = {name: path.parent / texts[name] for name in ("certificate", "key", "ca")}
    return GatewayConfig(texts["address"], port, database=texts["database"], **files)


def _nodes(path: Path, value: object) -> tuple[LocalNode, ...]:
    """Read `nodes = 2` or a list of tables.

    `[{name = "a", slots = 2, pool = "gpu", tools = ["blender"], speed = 1.5}]`
    """
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 64:
        return tuple(LocalNode(f"local-{number + 1}") for number in range(value))
    if not isinstance(value, list):
        en = "nodes must be a number from 1 to 64 or a list of tables"
        raise _wrong(path, en, "nodes 须为 1 到 64 之间的数字，或由表组成的列表")
    nodes = [_node(path, item) for item in value]
    if len({node.name.lower() for node in nodes}) != len(nodes):
        raise _wrong(path, "two nodes have the same name", "有两个节点同名")
    return tuple(nodes)


def _node(path: Path, item: object) -> LocalNode:
    entries: dict[str, object] = item if isinstance(item, dict) else {}
    known = {"name", "speed", "slots", "pool", "tools"}
    if strange := sorted(set(entries) - known):
        names = ", ".join(sorted(known))
        en = f"a node has no {strange[0]!r}; known are {names}"
        raise _wrong(path, en, f"节点没有 {strange[0]!r}；可用的有：{names}")
    name = _name(path, entries.get("name"), ("node", "节点"))
    speed, slots = entries.get("speed", 1.0), entries.get("slots", 1)
    if not isinstance(speed, int | float) or isinstance(speed, bool) or not speed > 0:
        en = f"the speed of node {name} must be a number above 0"
        raise _wrong(path, en, f"节点 {name} 的 speed 须为大于 0 的数字")
    if not isinstance(slots, int) or isinstance(slots, bool) or not 1 <= slots <= MAX_SLOTS:
        en = f"the slots of node {name} must be a number from 1 to {MAX_SLOTS}"
        raise _wrong(path, en, f"节点 {name} 的 slots 须为 1 到 {MAX_SLOTS} 之间的数字")
    pool, tools = entries.get("pool", ""), entries.get("tools")
    pool = "" if pool == "" else _name(path, pool, ("pool", "节点池"))
    if tools is None:
        return LocalNode(name, float(speed), slots, pool)
    if not isinstance(tools, list) or not all(isinstance(tool, str) for tool in tools):
        en = f"the tools of node {name} must be a list of names"
        raise _wrong(path, en, f"节点 {name} 的 tools 须为名称列表")
    return LocalNode(name, float(speed), slots, pool, frozenset(tools))


def _name(path: Path, value: object, of: tuple[str, str]) -> str:
    if isinstance(value, str) and _NAME.fullmatch(value):
        return value
    en, zh = f"{value!r} is no {of[0]} name", f"{value!r} 不是{of[1]}名"
    raise _wrong(
        path,
        f"{en}: letters, digits, dot, dash, underline",
        f"{zh}：可用字母、数字、点、短横线、下划线",
    )


def _licences(path: Path, value: object) -> dict[str, int]:
    if isinstance(value, dict) and all(type(item) is int and item >= 0 for item in value.values()):
        return dict(value)
    raise _wrong(
        path, "licences must be a table of tool = number", "licences 须为“软件 = 数量”的表"
    )


def _switch(path: Path, name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise _wrong(path, f"{name} must be true or false", f"{name} 须为 true 或 false")


def _logins(path: Path, value: object) -> frozenset[str] | None:
    if value is None:
        return None
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return frozenset(value)
    en = "operators must be a list of logins, one at least"
    raise _wrong(path, en, "operators 须为登录名列表，至少一个")


def _programs(path: Path, value: object) -> dict[str, str]:
    if isinstance(value, dict) and all(isinstance(item, str) for item in value.values()):
        return dict(value)
    raise _wrong(
        path, "programs must be a table of tool = program", "programs 须为“软件 = 程序”的表"
    )


def _text(path: Path, value: object, name: str = "database") -> str:
    if isinstance(value, str):
        return value
    raise _wrong(path, f"{name} must be a text", f"{name} 须为文本")


def _seconds(path: Path, name: str, value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return float(value)
    en = f"{name} must be a number of seconds above 0"
    raise _wrong(path, en, f"{name} 须为大于 0 的秒数")


def _wrong(path: Path, en: str, zh: str) -> Refused:
    return Refused(
        f"{path} cannot be used: {en}. Correct the file and start again.",
        f"无法使用 {path}：{zh}。请修改该文件后重新启动。",
    )
