"""The farm's own small certificate authority; it signs nothing but servers of this farm.

ECDSA on P-256 with SHA-256.
"""

import ipaddress
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from farmdesk.security.certificates import BadCertificate, Certified, load_certificate

CA_LIFE = timedelta(days=20 * 365)
SERVER_LIFE = timedelta(days=825)  # no longer is accepted by some systems
_CLOCKS_DIFFER = timedelta(days=1)
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*")


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


def check_hosts(hosts: Sequence[str]) -> list[x509.GeneralName]:
    """Give the names that a server's certificate will bear. Raises BadCertificate."""
    if not hosts:
        raise BadCertificate("it needs the name of a host", "需要主机名")
    return [_host(host) for host in hosts]


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
