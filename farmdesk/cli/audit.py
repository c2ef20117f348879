"""`farmdesk audit`: who did what, and whether the record of it is whole."""

import argparse
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from farmdesk.cli.call import AddVerb, Call, second_words
from farmdesk.cli.moments import read_time
from farmdesk.domain.accounts import AuditRecord
from farmdesk.security.audit_chain import Broken, Link, follow


def add_verbs(verb: AddVerb) -> None:
    """Add `audit` with the words behind it."""
    word = second_words(verb("audit", "read the audit log: for superadmins", _list))
    some = word("list", "show who did what", _list)
    some.add_argument("--tail", type=int, default=50, metavar="N", help="the last N of them")
    some.add_argument("--who", metavar="LOGIN", default="", help="only what this one did")
    some.add_argument("--what", metavar="ACTION", default="", help="only this, like stop_task")
    some.add_argument("--task", type=int, help="only what was done to this task")
    some.add_argument("--since", metavar="TIME", help="like 2026-02-04T20:00; local time")
    verify = word("verify", "find a record that was changed, removed or moved", _verify)
    verify.add_argument(
        "--noted",
        type=_noted,
        metavar="NUMBER:DIGEST",
        help="what an earlier verify told to note: finds a log that was written anew, too",
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the log is whole. `end`: number and digest of its last record, to be noted."""

    whole: bool
    en: str
    end: str


def verdict(
    records: Iterable[AuditRecord], head: tuple[int, bytes], noted: Link | None = None
) -> Verdict:
    """Follow the whole log; `head`: what its last record must be; `noted`: what one was once."""
    seen: dict[int, bytes] = {}
    end = follow(_seen(records, noted, seen))
    if isinstance(end, Broken):
        return Verdict(False, f"Record {end.id} shows that one was {end.why}.", "")
    told = f"{end.id}:{end.digest.hex()}"
    if end.id < head[0]:
        return Verdict(False, f"Records {end.id + 1} to {head[0]} were removed.", told)
    if end != Link(*head):
        return Verdict(False, f"Record {end.id} is not the one that was written.", told)
    if noted is not None and noted.id and seen.get(noted.id) != noted.digest:
        return Verdict(False, f"Record {noted.id} is not the one that was noted.", told)
    return Verdict(True, f"{end.id} records, none changed, removed or moved.", told)


def _seen(
    records: Iterable[AuditRecord], noted: Link | None, seen: dict[int, bytes]
) -> Iterator[AuditRecord]:
    """Pass records on; keep the digest of the one that was noted."""
    for record in records:
        if noted is not None and record.id == noted.id:
            seen[record.id] = record.digest
        yield record


def _list(call: Call) -> int:
    from farmdesk.db.audit import Wanted

    call.check_superadmin()
    words = call.words
    since = read_time(words.since) if words.since else None
    wanted = Wanted(actor=words.who, action=words.what, since=since, task=words.task)
    rows = call.people.newest_audit(words.tail, wanted)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("#", "Time", "Who", "What", "To", "Detail"):
        table.add_column(column, overflow="fold")
    for row in rows:
        time = f"{row.at.astimezone():%Y-%m-%d %H:%M:%S}"
        cells = (str(row.id), time, row.actor, row.action, row.subject, row.detail)
        table.add_row(*(Text(cell) for cell in cells))
    return call.show([_plain(row) for row in rows], lambda: call.console.print(table))


def _verify(call: Call) -> int:
    call.check_superadmin()
    head = call.people.audit_head()
    found = verdict(_until(call.people.all_audit(), head[0]), head, call.words.noted)
    if found.whole or call.words.json:
        note = f"{found.en}\nNote this elsewhere: {found.end}"
        call.show(found, lambda: call.console.print(note, soft_wrap=True, highlight=False))
    else:
        call.complain(f"{found.en} Keep this database as it is, and find out who can write it.")
    return 0 if found.whole else 1


def _until(records: Iterable[AuditRecord], last: int) -> Iterator[AuditRecord]:
    """Leave out what is written while we read."""
    for record in records:
        if record.id > last:
            return
        yield record


def _plain(row: AuditRecord) -> dict[str, object]:
    return {
        "id": row.id,
        "at": row.at,
        "actor": row.actor,
        "action": row.action,
        "subject": row.subject,
        "detail": row.detail,
        "digest": row.digest.hex(),
    }


def _noted(text: str) -> Link:
    match = re.fullmatch(r"([0-9]{1,18}):([0-9a-f]{64})", text.strip())
    if match is None:
        raise argparse.ArgumentTypeError("write it as it was shown, like 120:ab12…")
    return Link(int(match[1]), bytes.fromhex(match[2]))
