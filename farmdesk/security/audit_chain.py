"""The audit log's chain: each record holds the hash of the one before; none can change alone.

A digest is SHA-256 over `farmdesk-audit-1`, the digest before, the id (8 bytes) and each text with
its length. Whoever can write the table could make the whole chain anew; the digest of the newest
record, kept elsewhere (`farmdesk audit verify` shows it), finds that out too.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC

from farmdesk.domain.accounts import AuditRecord

FIRST = bytes(32)  # stands before the first record


@dataclass(frozen=True, slots=True)
class Link:
    """The end of a chain, or of the part of it that was read: its last record."""

    id: int = 0
    digest: bytes = FIRST


@dataclass(frozen=True, slots=True)
class Broken:
    """The first record that does not fit: `why` is `changed`, `removed` or `reordered`."""

    id: int
    why: str


def digest_of(record: AuditRecord) -> bytes:
    """Give the digest that a record must have; its own field `digest` does not count."""
    when = record.at.astimezone(UTC).isoformat(timespec="microseconds")
    head = b"farmdesk-audit-1\0" + record.previous + record.id.to_bytes(8, "big")
    digest = hashlib.sha256(head)
    for text in (when, record.actor, record.action, record.subject, record.detail):
        coded = text.encode("utf-8", "surrogatepass")
        digest.update(len(coded).to_bytes(4, "big") + coded)
    return digest.digest()


def follow(records: Iterable[AuditRecord], start: Link = Link()) -> Link | Broken:
    """Follow records in the order of the table; give the end of the chain or where it broke."""
    end = start
    for record in records:
        if record.id != end.id + 1:
            return Broken(record.id, "removed" if record.id > end.id else "reordered")
        if record.digest != digest_of(record):
            return Broken(record.id, "changed")
        if record.previous != end.digest:
            return Broken(record.id, "reordered")
        end = Link(record.id, record.digest)
    return end
