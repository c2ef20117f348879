"""`farmdesk audit`: who did what, and whether the record of it is whole."""

import argparse
import re
from collections.abc import Iterable

from farmdesk.cli.call import Call
from farmdesk.cli.headings import NUMBER
from farmdesk.cli.moments import read_time
from farmdesk.cli.numbers import number, rows
from farmdesk.cli.reader import AddVerb, second_words
from farmdesk.cli.screen import Screen, Shown, language
from farmdesk.cli.verdict import verdict
from farmdesk.domain.accounts import AuditRecord
from farmdesk.domain.deed_words import action_word, subject_word
from farmdesk.domain.said import Said
from farmdesk.security.audit_chain import Link


def add_verbs(verb: AddVerb) -> None:
    """Add `audit` with the words behind it."""
    word = second_words(verb("audit", "read the audit log: for superadmins", _list))
    some = word(
        "list",
        "show who did what",
        _list,
        example="farmdesk audit list --who wang --since 2026-02-04T20:00",
    )
    some.add_argument(
        "--tail", type=rows, default=50, metavar="N", help="the last N records; else 50"
    )
    some.add_argument("--who", metavar="LOGIN", default="", help="only what this person did")
    some.add_argument(
        "--what", metavar="ACTION", default="", help="only this deed, like stop_task or login"
    )
    some.add_argument("--task", type=number, metavar="TASK", help="only what was done to this task")
    some.add_argument(
        "--since", metavar="TIME", help="only from then on, like 2026-02-04T20:00; local time"
    )
    verify = word("verify", "find a record that was changed, removed, moved or added", _verify)
    verify.add_argument(
        "--noted",
        type=_noted,
        metavar="NUMBER:DIGEST",
        help="what an earlier verify told you to note: a log that was written anew is found, too",
    )


_HEADINGS = (
    NUMBER,
    Said("Time", "时间"),
    Said("Who", "操作者"),
    Said("What", "操作"),
    Said("To", "对象"),
    Said("Detail", "详情"),
)


def _list(call: Call) -> int:
    from farmdesk.db.audit import Wanted

    call.check_superadmin()
    words = call.words
    since = read_time(words.since) if words.since else None
    wanted = Wanted(actor=words.who, action=words.what, since=since, task=words.task)
    rows = call.people.newest_audit(words.tail, wanted)
    shown = [_plain(row) for row in rows]
    return call.show(shown, lambda: print_audit(call.screen, rows))


def print_audit(screen: Screen, rows: Iterable[AuditRecord]) -> None:
    """Print records; the detail word for word, as the log's chain covers it."""
    screen.table(_HEADINGS, map(_cells, rows))


def _cells(row: AuditRecord) -> tuple[Shown, ...]:
    time, did = f"{row.at.astimezone():%Y-%m-%d %H:%M:%S}", action_word(row.action)
    return str(row.id), time, row.actor, did, subject_word(row.subject), row.detail


def _verify(call: Call) -> int:
    call.check_superadmin()
    head = call.people.audit_head()
    found = verdict(
        call.people.all_audit(),
        head,
        call.words.noted,
        newest=lambda: call.people.audit_head()[0],
    )
    if found.whole or call.words.json:
        shown = {"whole": found.whole, "en": found.said.en, "end": found.end}
        note = Said(f"\nNote this elsewhere: {found.end}", f"\n请在别处记下：{found.end}")
        call.show(shown, lambda: call.screen.say(found.said + note))
    else:
        call.complain(
            found.said
            + Said(
                " Keep this database as it is, and find out who can write it.",
                "请保持此数据库原样，并查明谁可以写入。",
            )
        )
    return 0 if found.whole else 1


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
        said = Said("write it as it was shown, like 120:ab12…", "请照原样填写，如 120:ab12…")
        raise argparse.ArgumentTypeError(said.text(language()))
    return Link(int(match[1]), bytes.fromhex(match[2]))
