"""A server's certificate, or an authority's, as it is read: whose it is and how long it is good."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from farmdesk.domain.errors import Refused

RENEW_BEFORE = timedelta(days=30)


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


def load_certificate(pem: bytes) -> x509.Certificate:
    """Read the first certificate of a PEM text. Raises BadCertificate."""
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError:
        raise BadCertificate("it is no certificate", "不是证书") from None


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


def ends_soon(certificate: bytes, now: datetime) -> bool:
    """Say whether a certificate (PEM) should be made anew."""
    return load_certificate(certificate).not_valid_after_utc - now < RENEW_BEFORE


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
