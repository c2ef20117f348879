"""The farm's own small certificate authority, its server's certificate, and a client's trust in it.

ECDSA on P-256 with SHA-256; TLS 1.3 alone. The authority signs nothing but servers of this farm.
"""

import ipaddress
import re
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from farmdesk.domain.errors import Refused

CA_LIFE = timedelta(days=20 * 365)
SERVER_LIFE = timedelta(days=825)  # no longer is accepted by some systems
RENEW_BEFORE = timedelta(days=30)
_CLOCKS_DIFFER = timedelta(days=1)
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*")


class BadCertificate(Refused):
    """A certificate that cannot be used; `why` says it in English and Chinese."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(
            f"The certificate cannot be used: {en}. Give the right files, PEM, and try again.",
            f"无法使用该证书：{zh}。请提供正确的 PEM 文件后重试。",
        )


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes = field(repr=False)


def make_authority_key() -> bytes:
    """Give a new private key for the farm's authority, PEM."""
    return _key_pem(ec.generate_private_key(ec.SECP256R1()))


def make_ca(farm: str, now: datetime, key_pem: bytes | None = None) -> Certified:
    """Make the farm's certificate authority; `farm` becomes its name. Raises BadCertificate.

    `key_pem`: its private key, where that was made before.
    """
    key_pem = key_pem or make_authority_key()
    key = _load_key(key_pem)
    name = _name(f"FarmDesk CA of {farm}")
    usage = _usage(signs_certificates=True)
    made = (
        _builder(name, name, key.public_key(), now, CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Certified(_pem(made), key_pem)


def make_server_certificate(ca: Certified, hosts: Sequence[str], now: datetime) -> Certified:
    """Make a server's certificate for its names and IP addresses. Raises BadCertificate."""
    authority = load_certificate(ca.certificate)
    signer = _load_key(ca.key)
    names = check_hosts(hosts)
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key()
    made = (
        _builder(_name(hosts[0]), authority.subject, public, now, SERVER_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, hashes.SHA256())
    )
    return Certified(_pem(made), _key_pem(key))


def check_pair(pair: Certified, now: datetime) -> None:
    """Refuse a certificate that has ended, has not begun, or is not of this key.

    Raises BadCertificate.
    """
    certificate = load_certificate(pair.certificate)
    try:
        key = serialization.load_pem_private_key(pair.key, password=None)
    except (ValueError, TypeError):
        raise BadCertificate(
            "its private key cannot be read, or has a passphrase", "其私钥无法读取或带有口令"
        ) from None
    if key.public_key() != certificate.public_key():
        raise BadCertificate("the private key belongs to another one", "私钥与证书不匹配")
    if not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc:
        raise BadCertificate("it is not valid today", "证书不在有效期内")


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


def ends_soon(certificate: bytes, now: datetime) -> bool:
    """Say whether a certificate (PEM) should be made anew."""
    return load_certificate(certificate).not_valid_after_utc - now < RENEW_BEFORE


def check_hosts(hosts: Sequence[str]) -> list[x509.GeneralName]:
    """Give the names that a server's certificate will bear. Raises BadCertificate."""
    if not hosts:
        raise BadCertificate("it needs the name of a host", "需要主机名")
    return [_host(host) for host in hosts]


def hosts_of(certificate: bytes) -> set[str]:
    """Give the names and addresses that a server's certificate (PEM) stands for."""
    try:
        names = load_certificate(certificate).extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
    except x509.ExtensionNotFound:
        return set()
    return {str(name.value) for name in names.value}


def fingerprint(certificate: bytes) -> bytes:
    """Give SHA-256 of a certificate's DER form (32 bytes), from PEM. Raises BadCertificate."""
    return load_certificate(certificate).fingerprint(hashes.SHA256())


def fingerprint_text(certificate: bytes) -> str:
    """Give the fingerprint as browsers and openssl show it: `AB:CD:…`."""
    return fingerprint(certificate).hex(":").upper()


def load_certificate(pem: bytes) -> x509.Certificate:
    """Read the first certificate of a PEM text. Raises BadCertificate."""
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError:
        raise BadCertificate("it is no certificate", "不是证书") from None


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


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    now: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - _CLOCKS_DIFFER)
        .not_valid_after(now.astimezone(UTC) + life)
    )


def _load_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise BadCertificate("the authority's private key is damaged", "CA 私钥已损坏")
    return key


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        name = host.encode("idna").decode()
    except UnicodeError:
        name = ""
    if not _HOST.fullmatch(name):
        raise BadCertificate(f"{host!r} is no host name", f"{host!r} 不是主机名")
    return x509.DNSName(name)


def _name(text: str) -> x509.Name:
    """Give a name of 64 bytes at most (RFC 5280)."""
    fits = text.encode()[:64].decode(errors="ignore")
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, fits)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
