"""The farm's own authority: a client trusts its servers by their names, and nobody else."""

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from farmdesk.security.authority import SERVER_LIFE, make_ca, make_server_certificate
from farmdesk.security.certificates import (
    BadCertificate,
    Certified,
    check_pair,
    ends_soon,
    fingerprint,
    fingerprint_text,
    hosts_of,
)
from farmdesk.security.tls import check_trust, client_context

NOW = datetime.now(UTC)
CA = make_ca("Water Cube", NOW)
OTHER_CA = make_ca("Water Cube", NOW)
HOSTS = ("farm.example", "127.0.0.1", "::1")


def _shake_hands(
    server: Certified, ca: bytes, host: str, folder: Path, **options: ssl.TLSVersion
) -> bytes | None:
    """Connect in memory; give the certificate that the client saw."""
    files = folder / "cert.pem", folder / "key.pem"
    for path, content in zip(files, (server.certificate, server.key), strict=True):
        path.write_bytes(content)
    accepting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    accepting.load_cert_chain(*files)
    for name, value in options.items():
        setattr(accepting, name, value)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context(ca).wrap_bio(to_client, to_server, server_hostname=host)
    far = accepting.wrap_bio(to_server, to_client, server_side=True)
    done: Sequence[bool] = ()
    for _ in range(6):
        done = [_step(client), _step(far)]
        if all(done):
            break
    assert all(done)
    return client.getpeercert(binary_form=True)


def _step(side: ssl.SSLObject) -> bool:
    try:
        side.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


@pytest.mark.parametrize("host", HOSTS)
def test_a_client_trusts_the_server_by_each_of_its_names(host: str, tmp_path: Path) -> None:
    server = make_server_certificate(CA, HOSTS, NOW)
    check_pair(server, NOW)
    assert hosts_of(server.certificate) == set(HOSTS)
    seen = _shake_hands(server, CA.certificate, host, tmp_path)
    assert seen is not None
    assert fingerprint(ssl.DER_cert_to_PEM_cert(seen).encode()) == fingerprint(server.certificate)


def test_nobody_else_is_trusted(tmp_path: Path) -> None:
    server = make_server_certificate(CA, HOSTS, NOW)
    with pytest.raises(ssl.SSLCertVerificationError):
        _shake_hands(server, OTHER_CA.certificate, "farm.example", tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"mismatch|doesn't match"):
        _shake_hands(server, CA.certificate, "farm2.example", tmp_path)
    old = make_server_certificate(CA, HOSTS, NOW - SERVER_LIFE - timedelta(hours=1))
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        _shake_hands(old, CA.certificate, "farm.example", tmp_path)
    false = make_server_certificate(server, ["bank.example"], NOW)  # a server is no authority
    with pytest.raises(ssl.SSLCertVerificationError):
        _shake_hands(false, CA.certificate, "bank.example", tmp_path)


def test_older_tls_is_refused(tmp_path: Path) -> None:
    server = make_server_certificate(CA, HOSTS, NOW)
    with pytest.raises(ssl.SSLError):
        _shake_hands(
            server,
            CA.certificate,
            "farm.example",
            tmp_path,
            maximum_version=ssl.TLSVersion.TLSv1_2,
        )


def test_given_files_are_checked() -> None:
    server, other = (make_server_certificate(CA, HOSTS, NOW) for _ in range(2))
    for pair, at in (
        (Certified(server.certificate, other.key), NOW),
        (Certified(server.certificate, b"no key"), NOW),
        (Certified(b"no certificate", server.key), NOW),
        (server, NOW + SERVER_LIFE + timedelta(days=1)),
        (server, NOW - timedelta(days=2)),
    ):
        with pytest.raises(BadCertificate):
            check_pair(pair, at)
    with pytest.raises(BadCertificate, match="authority's private key"):
        make_server_certificate(Certified(CA.certificate, b"no key"), HOSTS, NOW)
    assert not ends_soon(server.certificate, NOW)
    assert ends_soon(server.certificate, NOW + SERVER_LIFE - timedelta(days=29))


def test_what_clients_would_refuse_is_told_before_they_come(tmp_path: Path) -> None:
    files = [tmp_path / "server.pem", tmp_path / "server.key"]
    server = make_server_certificate(CA, HOSTS, datetime.now(UTC))
    files[0].write_bytes(server.certificate)
    files[1].write_bytes(server.key)
    check_trust(files[0], files[1], CA.certificate, HOSTS)
    check_trust(files[0], files[1], CA.certificate, ())
    with pytest.raises(BadCertificate, match="refuse it as farm2"):
        check_trust(files[0], files[1], CA.certificate, ["farm.example", "farm2.example"])
    for authority in (OTHER_CA.certificate, server.certificate):
        with pytest.raises(BadCertificate, match="refuse it as"):
            check_trust(files[0], files[1], authority, ())
    files[1].write_bytes(OTHER_CA.key)
    with pytest.raises(BadCertificate, match="private key"):
        check_trust(files[0], files[1], CA.certificate, ())
    files[0].write_bytes(CA.certificate)  # it has a name of another kind alone
    files[1].write_bytes(CA.key)
    with pytest.raises(BadCertificate, match="it names no host"):
        check_trust(files[0], files[1], CA.certificate, ())


@pytest.mark.parametrize("host", ["", "a" * 70, "farm..example", "bad host\n"])
def test_bad_host_names_are_refused(host: str) -> None:
    with pytest.raises(BadCertificate):
        make_server_certificate(CA, [host], NOW)
    with pytest.raises(BadCertificate):
        make_server_certificate(CA, [], NOW)


def test_fingerprints_are_those_that_browsers_show() -> None:
    shown = fingerprint_text(CA.certificate)
    assert bytes.fromhex(shown.replace(":", "")) == fingerprint(CA.certificate)
    assert len(shown.split(":")) == 32
    with pytest.raises(BadCertificate):
        client_context(b"none")


def test_no_private_key_shows_itself() -> None:
    assert "PRIVATE" not in repr(CA)
