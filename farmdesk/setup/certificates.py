"""The gateway's certificates: the farm's own authority and what it signs, or given files.

Of a pair the private key is written first; a key without its certificate has signed nothing yet.
"""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from farmdesk.config import Config, GatewayConfig
from farmdesk.domain.errors import Refused
from farmdesk.security.authority import make_authority_key, make_ca, make_server_certificate
from farmdesk.security.certificates import (
    BadCertificate,
    Certified,
    check_pair,
    ends_soon,
    hosts_of,
    load_certificate,
)
from farmdesk.security.secret_file import read_secret, write_secret
from farmdesk.security.tls import check_trust

_CA_KEY = "ca.key"


@dataclass(frozen=True, slots=True)
class GivenFiles:
    """A server's certificate from elsewhere, its key, and the authority that clients trust; PEM."""

    certificate: Path
    key: Path
    ca: Path


class NoAuthorityKey(Refused):
    """The server needs a new certificate, and the key that signs it is gone."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The server needs a new certificate, and {path} is not there to sign it, or is not "
            "the key of ca.pem beside it. Bring it back from a backup. Without one, move the "
            "folder away and set up again: all clients must then be told of the new authority.",
            f"服务器需要新证书，但签发所需的 {path} 不存在，或与同一文件夹中的 ca.pem 不匹配。"
            "请从备份恢复；若无备份，请移走该文件夹并重新设置，之后须通知所有客户端更新 CA。",
        )


def ensure_certificates(
    config: Config, hosts: tuple[str, ...], now: datetime
) -> Iterator[tuple[str, Path, bool]]:
    """Make what is missing or ends within 30 days; give (what, file, whether it is new).

    `hosts` are added to the names that the server's certificate has; one from elsewhere must have
    them. Without any, an own one that is new is for this machine. Raises Refused.
    """
    gateway = config.gateway
    if gateway is None:
        raise RuntimeError("settings come before certificates")
    if not _is_ours(config, gateway):
        check_files(GivenFiles(gateway.certificate, gateway.key, gateway.ca), hosts, now)
        yield "certificate", gateway.certificate, False
        return
    names = hosts or this_machine()
    gateway.ca.parent.mkdir(mode=0o700, exist_ok=True)
    yield "authority", gateway.ca, _ensure_authority(gateway.ca, names[0], now)
    yield "certificate", gateway.certificate, _ensure_server(gateway, names, now)


def this_machine() -> tuple[str, ...]:
    """Give the names that clients on and near this machine know it by."""
    return tuple(dict.fromkeys([socket.getfqdn(), "localhost", "127.0.0.1"]))


def check_files(given: GivenFiles, hosts: tuple[str, ...], now: datetime) -> None:
    """Refuse files from elsewhere that no gateway can serve with, by these names. Raises Refused.

    Without any, by one of the names that the certificate has.
    """
    pair = _read(given.certificate, given.key)
    check_pair(pair, now)
    ca = read_secret(given.ca, private=False)
    check_trust(given.certificate, given.key, ca, hosts)


def _is_ours(config: Config, gateway: GatewayConfig) -> bool:
    """Say whether the certificates are the farm's own: they lie in its folder `tls`."""
    return gateway.ca.parent == gateway.certificate.parent == config.folder / "tls"


def _ensure_authority(certificate: Path, farm: str, now: datetime) -> bool:
    if certificate.exists():
        load_certificate(certificate.read_bytes())
        return False
    key = certificate.with_name(_CA_KEY)
    if not key.exists():
        write_secret(key, make_authority_key())
    made = make_ca(farm, now, read_secret(key))
    write_secret(certificate, made.certificate)
    certificate.chmod(0o644)  # it is for everybody
    return True


def _ensure_server(gateway: GatewayConfig, hosts: tuple[str, ...], now: datetime) -> bool:
    known = _hosts_if_good(gateway, now)
    if known is not None and known.issuperset(hosts):
        return False
    names = [*hosts, *sorted((known or set()) - set(hosts))]
    made = make_server_certificate(_authority(gateway, now), names, now)
    write_secret(gateway.key, made.key, replace=True)
    write_secret(gateway.certificate, made.certificate, replace=True)
    return True


def _authority(gateway: GatewayConfig, now: datetime) -> Certified:
    key = gateway.ca.with_name(_CA_KEY)
    if not key.exists():
        raise NoAuthorityKey(key)
    authority = _read(gateway.ca, key)
    try:
        check_pair(authority, now)
    except BadCertificate:
        raise NoAuthorityKey(key) from None
    return authority


def _hosts_if_good(gateway: GatewayConfig, now: datetime) -> set[str] | None:
    """Give the names of a certificate that will do for a while; None: it must be made anew."""
    if not (gateway.certificate.exists() and gateway.key.exists()):
        return None
    pair = _read(gateway.certificate, gateway.key)
    try:
        check_pair(pair, now)
        ca = read_secret(gateway.ca, private=False)
        check_trust(gateway.certificate, gateway.key, ca, ())
    except BadCertificate:  # killed between key and certificate, ended, or of another authority
        return None
    return None if ends_soon(pair.certificate, now) else hosts_of(pair.certificate)


def _read(certificate: Path, key: Path) -> Certified:
    return Certified(read_secret(certificate, private=False), read_secret(key))
