"""Settings of a gateway for tests, with an authority and a certificate of its own."""

from datetime import UTC, datetime
from pathlib import Path

from farmdesk.config import Config, GatewayConfig
from farmdesk.security.authority import make_ca, make_server_certificate
from farmdesk.security.master_key import write_master_keys
from farmdesk.security.vault import Vault
from tests.ports import free_port

VAULT = Vault.make()


def gateway_files(folder: Path) -> GatewayConfig:
    """Write an authority and a server's certificate, and give settings on a free port."""
    folder.mkdir(parents=True, exist_ok=True)
    made = settings_of(folder, free_port())
    ca = make_ca("test farm", datetime.now(UTC))
    server = make_server_certificate(ca, ["127.0.0.1", "localhost"], datetime.now(UTC))
    for path, content in (
        (made.certificate, server.certificate),
        (made.key, server.key),
        (made.ca, ca.certificate),
    ):
        path.write_bytes(content)
        path.chmod(0o600)
    write_master_keys(folder / "master.key", [VAULT.current])
    return made


def settings_of(folder: Path, port: int) -> GatewayConfig:
    """Give settings with the files that `gateway_files` writes."""
    return GatewayConfig(
        address="127.0.0.1",
        port=port,
        certificate=folder / "server.pem",
        key=folder / "server.key",
        ca=folder / "ca.pem",
    )


def farm_config(folder: Path, url: str, gateway: GatewayConfig) -> Config:
    """Give the settings of a farm behind a gateway; `folder` as for `gateway_files`."""
    return Config(folder, url, nodes=(), gateway=gateway, master_key=folder / "master.key")
