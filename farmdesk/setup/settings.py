"""farm.toml: made when there is none; else what is missing is added, the rest stays as it is."""

import json
import tomllib
from pathlib import Path

from farmdesk.config import FILE, GATEWAY_PORT, GatewayConfig
from farmdesk.domain.errors import Refused
from farmdesk.farm_toml import read_config
from farmdesk.security.secret_file import write_secret
from farmdesk.setup.certificates import GivenFiles


class OtherDatabase(Refused):
    """A farm whose settings name another database than the one asked for."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} names another database. Leave --database out, or change the file by hand.",
            f"{path} 中已设定另一个数据库。请去掉 --database，或手动修改该文件。",
        )


class OtherGateway(Refused):
    """A farm whose settings name another port or other certificates than those asked for."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} has a [gateway] with another port or other certificates. Leave --port, "
            "--certificate, --key and --ca out, or change the file by hand.",
            f"{path} 的 [gateway] 中已设定其他端口或证书。请去掉 --port、--certificate、--key 和"
            " --ca，或手动修改该文件。",
        )


def ensure_settings(
    folder: Path, database: str | None, *, port: int | None, given: GivenFiles | None
) -> bool:
    """Write `database` and `[gateway]` where they are missing; give whether something was.

    The file holds the database's password: its mode becomes 0600. Raises Refused.
    """
    path = folder / FILE
    config = read_config(folder)  # refuses what is wrong in it before anything is added
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    values = tomllib.loads(text)
    added = text
    if database is not None and values.get("database", database) != database:
        raise OtherDatabase(path)
    if database is not None and "database" not in values:
        added = f"database = {_quoted(database)}\n{added}"
    if config.gateway is None:
        added = f"{added.rstrip()}\n\n{_gateway(port or GATEWAY_PORT, given)}".lstrip()
    elif not _is_as_asked(config.gateway, port, given):
        raise OtherGateway(path)
    if added == text:
        path.chmod(0o600)
        return False
    write_secret(path, added.encode(), replace=True)
    return True


def _is_as_asked(gateway: GatewayConfig, port: int | None, given: GivenFiles | None) -> bool:
    if given is not None:
        asked = [path.absolute() for path in (given.certificate, given.key, given.ca)]
        if asked != [path.absolute() for path in (gateway.certificate, gateway.key, gateway.ca)]:
            return False
    return port in (None, gateway.port)


def _gateway(port: int, given: GivenFiles | None) -> str:
    text = f"[gateway]\nport = {port}\n"
    if given is not None:
        files = {"certificate": given.certificate, "key": given.key, "ca": given.ca}
        for name, path in files.items():
            text += f"{name} = {_quoted(str(path.absolute()))}\n"
    return text


def _quoted(text: str) -> str:
    """Give a TOML string; JSON's escapes are TOML's too (toml.io, v1.0.0, "String")."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
