"""TLS 1.3 between clients and the gateway: a client's trust, and whether a server will have it."""

import ssl
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from farmdesk.security.certificates import BadCertificate, hosts_of, load_certificate


def client_context(ca_certificate: bytes) -> ssl.SSLContext:
    """Give the trust of a client: servers of this authority alone, by their name. PEM.

    Raises BadCertificate.
    """
    load_certificate(ca_certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks certificate and host name
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cadata=ca_certificate.decode("ascii", "replace"))
    return context


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Give the context of a server with these PEM files. Raises BadCertificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_cert_chain(certificate, key)
    except ssl.SSLError:
        raise BadCertificate("it does not go with its private key", "它与其私钥不匹配") from None
    return context


def check_trust(certificate: Path, key: Path, ca: bytes, hosts: Sequence[str]) -> None:
    """Refuse a server that clients of an authority (PEM) would refuse under one of these names.

    By a handshake in memory, as they will shake hands; without names, under one that it has.
    Raises BadCertificate.
    """
    client, server = client_context(ca), server_context(certificate, key)
    names = hosts or _one_name(certificate.read_bytes())
    if not names:
        raise BadCertificate("it names no host", "其中没有主机名")
    for host in names:
        try:
            _shake_hands(client, server, host)
        except ssl.SSLError as error:
            why = getattr(error, "verify_message", "") or error.reason or type(error).__name__
            raise BadCertificate(
                f"clients that trust this authority refuse it as {host} ({why})",
                f"信任该 CA 的客户端不接受它作为 {host}（{why}）",
            ) from None


def _one_name(certificate: bytes) -> list[str]:
    """Give a name that a certificate has; of `*.farm.example`, one that it stands for."""
    return [name.replace("*", "a") for name in sorted(hosts_of(certificate))[:1]]


def _shake_hands(client: ssl.SSLContext, server: ssl.SSLContext, host: str) -> None:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asks = client.wrap_bio(to_client, to_server, server_hostname=host)
    answers = server.wrap_bio(to_server, to_client, server_side=True)
    for side in (asks, answers):  # hello; hello, certificate and proof
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()
    asks.do_handshake()  # it has all that it checks
