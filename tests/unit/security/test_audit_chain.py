"""The audit log's chain: a changed, removed, reordered or added record is found."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmdesk.domain.accounts import AuditRecord
from farmdesk.security.audit_chain import FIRST, Broken, Link, digest_of, follow

AT = datetime(2026, 2, 4, 20, 0, 0, 123456, tzinfo=UTC)


def _record(number: int, previous: bytes, *texts: str) -> AuditRecord:
    at = AT + timedelta(seconds=number)
    actor, action, subject, detail = texts
    record = AuditRecord(number, at, actor, action, subject, detail, previous, digest=b"")
    return replace(record, digest=digest_of(record))


def _chain(length: int) -> list[AuditRecord]:
    records: list[AuditRecord] = []
    for number in range(1, length + 1):
        previous = records[-1].digest if records else FIRST
        records.append(_record(number, previous, "boss", "approve_user", f"user{number}", ""))
    return records


CHAIN = _chain(6)


def test_a_whole_chain_ends_in_its_last_record() -> None:
    assert CHAIN[0].previous == FIRST
    assert follow(CHAIN) == Link(6, CHAIN[-1].digest)
    assert follow([]) == Link()
    assert follow(CHAIN[4:], Link(4, CHAIN[3].digest)) == Link(6, CHAIN[-1].digest)


@pytest.mark.parametrize(
    "change",
    [
        {"at": AT + timedelta(seconds=3, microseconds=1)},
        {"actor": "engine"},
        {"action": "reject_user"},
        {"subject": "user3 "},
        {"detail": "x"},
        {"digest": bytes(32)},
        {"previous": bytes(32)},
        {"actor": "bossapprove_user", "action": ""},  # letters moved between the fields
    ],
)
def test_a_changed_record_is_found(change: dict[str, Any]) -> None:
    changed = [*CHAIN[:2], replace(CHAIN[2], **change), *CHAIN[3:]]
    assert follow(changed) == Broken(3, "changed")


def test_a_record_changed_with_its_digest_breaks_the_next() -> None:
    forged = replace(CHAIN[2], detail="x")
    forged = replace(forged, digest=digest_of(forged))
    assert follow([*CHAIN[:2], forged, *CHAIN[3:]]) == Broken(4, "reordered")


def test_removed_records_are_found_at_the_beginning_and_in_the_middle() -> None:
    assert follow(CHAIN[1:]) == Broken(2, "removed")
    assert follow([*CHAIN[:2], *CHAIN[4:]]) == Broken(5, "removed")
    closed = [replace(record, id=record.id - 1) for record in CHAIN[3:]]
    assert follow([*CHAIN[:2], *closed]) == Broken(3, "changed")


def test_reordered_records_are_found() -> None:
    assert follow([CHAIN[1], CHAIN[0]]) == Broken(2, "removed")
    assert follow([*CHAIN, CHAIN[2]]) == Broken(3, "reordered")
    swapped = [*CHAIN[:2], replace(CHAIN[3], id=3), replace(CHAIN[2], id=4), *CHAIN[4:]]
    assert follow(swapped) == Broken(3, "changed")


def test_a_missing_end_shows_against_a_digest_kept_elsewhere() -> None:
    assert follow(CHAIN[:-1]) != Link(6, CHAIN[-1].digest)


def test_a_moment_is_one_in_every_zone() -> None:
    there = replace(CHAIN[0], at=CHAIN[0].at.astimezone(timezone(timedelta(hours=8))))
    assert digest_of(there) == CHAIN[0].digest


@given(st.lists(st.text(max_size=8), min_size=4, max_size=4), st.integers(0, 3))
def test_no_two_records_have_one_digest(texts: list[str], place: int) -> None:
    moved = [*texts]
    moved[place], moved[(place + 1) % 4] = moved[place] + moved[(place + 1) % 4], ""
    one, two = _record(1, FIRST, *texts), _record(1, FIRST, *moved)
    assert (one.digest == two.digest) == (texts == moved)
