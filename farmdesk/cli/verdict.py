"""Whether the audit log is whole, said for `farmdesk audit verify`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from farmdesk.domain.accounts import AuditRecord
from farmdesk.domain.said import Said
from farmdesk.security.audit_chain import Broken, Link, follow

_BROKEN = {"changed": "被更改", "removed": "被删除", "reordered": "被移动"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the log is whole. `end`: number and digest of its last record, to be noted."""

    whole: bool
    said: Said
    end: str


def verdict(
    records: Iterable[AuditRecord], head: tuple[int, bytes], noted: Link | None = None
) -> Verdict:
    """Follow the whole log; `head`: what its last record must be; `noted`: what one was once."""
    seen: dict[int, bytes] = {}
    end = follow(_seen(records, noted, seen))
    if isinstance(end, Broken):
        why = _BROKEN[end.why]
        said = Said(
            f"Record {end.id} shows that one was {end.why}.", f"记录 {end.id} 表明有记录{why}。"
        )
        return Verdict(False, said, "")
    told = f"{end.id}:{end.digest.hex()}"
    if end.id < head[0]:
        first, last = end.id + 1, head[0]
        said = Said(
            f"Records {first} to {last} were removed.", f"记录 {first} 至 {last} 已被删除。"
        )
        return Verdict(False, said, told)
    if end != Link(*head):
        said = Said(
            f"Record {end.id} is not the one that was written.",
            f"记录 {end.id} 不是当初写入的那一条。",
        )
        return Verdict(False, said, told)
    if noted is not None and noted.id and seen.get(noted.id) != noted.digest:
        said = Said(
            f"Record {noted.id} is not the one that was noted.",
            f"记录 {noted.id} 与当初记下的不符。",
        )
        return Verdict(False, said, told)
    said = Said(
        f"{end.id} records, none changed, removed or moved.",
        f"共 {end.id} 条记录，均未被更改、删除或移动。",
    )
    return Verdict(True, said, told)


def _seen(
    records: Iterable[AuditRecord], noted: Link | None, seen: dict[int, bytes]
) -> Iterator[AuditRecord]:
    """Pass records on; keep the digest of the one that was noted."""
    for record in records:
        if noted is not None and record.id == noted.id:
            seen[record.id] = record.digest
        yield record
