"""Whether the audit log is whole, said for `farmdesk audit verify`."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from farmdesk.domain.accounts import AuditRecord
from farmdesk.domain.said import Said
from farmdesk.security.audit_chain import FIRST, Broken, Link, follow

_BROKEN = {"changed": "被更改", "removed": "被删除", "reordered": "被移动"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the log is whole. `end`: number and digest of its last record, to be noted."""

    whole: bool
    said: Said
    end: str


def verdict(
    records: Iterable[AuditRecord],
    head: tuple[int, bytes],
    noted: Link | None = None,
    newest: Callable[[], int] | None = None,
) -> Verdict:
    """Follow the whole log; `head`: what a record was before the log was read, `noted`: once.

    `newest`: asked for the number of the farm's newest record when all are read; else it is the
    head's. The farm writes on meanwhile; what lies behind its newest record it has not written.
    """
    seen: dict[int, bytes] = {0: FIRST}
    end = follow(_seen(records, {head[0], 0 if noted is None else noted.id}, seen))
    last = head[0] if newest is None else newest()
    if isinstance(end, Broken):
        why = _BROKEN[end.why]
        said = Said(
            f"Record {end.id} shows that one was {end.why}.", f"记录 {end.id} 表明有记录{why}。"
        )
        return Verdict(False, said, "")
    told = f"{end.id}:{end.digest.hex()}"
    wrong = _wrong(end, seen, head, last=last, noted=noted)
    if wrong is not None:
        return Verdict(False, wrong, told)
    said = Said(
        f"{end.id} records, none changed, removed or moved.",
        f"共 {end.id} 条记录，均未被更改、删除或移动。",
    )
    return Verdict(True, said, told)


def _wrong(
    end: Link, seen: Mapping[int, bytes], head: tuple[int, bytes], *, last: int, noted: Link | None
) -> Said | None:
    """Say why an unbroken log that ends so is not the one that was written; None when it is."""
    if end.id < head[0]:
        first, last = end.id + 1, head[0]
        return Said(
            f"Records {first} to {last} were removed.", f"记录 {first} 至 {last} 已被删除。"
        )
    if seen.get(head[0]) != head[1]:
        return Said(
            f"Record {head[0]} is not the one that was written.",
            f"记录 {head[0]} 不是当初写入的那一条。",
        )
    if end.id > last:
        return Said(
            f"Records {last + 1} to {end.id} were added, and not by the farm.",
            f"记录 {last + 1} 至 {end.id} 系他人添加，并非由农场写入。",
        )
    if noted is not None and noted.id and seen.get(noted.id) != noted.digest:
        return Said(
            f"Record {noted.id} is not the one that was noted.",
            f"记录 {noted.id} 与当初记下的不符。",
        )
    return None


def _seen(
    records: Iterable[AuditRecord], wanted: Collection[int], seen: dict[int, bytes]
) -> Iterator[AuditRecord]:
    """Pass records on; keep the digests of some."""
    for record in records:
        if record.id in wanted:
            seen[record.id] = record.digest
        yield record
