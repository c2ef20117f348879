"""The commands without an answer: of each person the oldest few, whatever else waits.

One statement may send a million commands. The engine has so many of one person in hand and no more,
so they make nobody else wait, and its memory and the cost of a look do not grow with them: neither
when they are sent, nor while they are being sent.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cache
from itertools import accumulate

from sqlalchemy import Connection, Integer, Select, bindparam, func, select

from farmdesk.db.commands import COLUMNS, LOGIN, command_row
from farmdesk.db.database import Database
from farmdesk.db.models import DbLease, SentCommand
from farmdesk.db.records import AnyRow
from farmdesk.domain.rows import CommandRow

AT_A_TIME = 50  # commands of one person that the engine has in hand
BYTES_AT_A_TIME = 4_000_000  # of their bodies, or one command: a list takes 20 times its text


class Unanswered:
    """Gives the engine what it does not know yet; for one thread.

    `_sizes`: of the commands whose turn it is, so that the length of a long one is asked for once.
    """

    def __init__(self) -> None:
        self._sizes: dict[int, int] = {}

    def fresh(self, database: Database, known: Collection[int]) -> list[CommandRow]:
        """Give the commands of everybody's turn, by id, without the known ones.

        A leased account's commands bear the login of its user, or the account's own name when the
        lease was over. What is not committed yet has its turn, and is given when it is.
        """
        with database.glancing() as connection:
            turns = _oldest(connection)
        waiting = [number for turn in turns for number in turn]
        if all(number in known for number in waiting):
            return []
        with database.reading() as connection:
            self._measure(connection, waiting)
            theirs = [number for turn in turns for number in self._fitting(turn)]
            query = _commands_with_sender([number for number in theirs if number not in known])
            return [_command_of_sender(row) for row in connection.execute(query)]

    def _measure(self, connection: Connection, numbers: Sequence[int]) -> None:
        """Know the lengths of these bodies, and no others."""
        self._sizes = {n: self._sizes[n] for n in numbers if n in self._sizes}
        unmeasured = [number for number in numbers if number not in self._sizes]
        if unmeasured:
            length = func.length(SentCommand.body, type_=Integer)
            query = select(SentCommand.id, length).where(SentCommand.id.in_(unmeasured))
            self._sizes.update(connection.execute(query).all())

    def _fitting(self, turn: Sequence[int]) -> Sequence[int]:
        """Give the first ones that are not too long together, and one in any case."""
        sizes = accumulate(self._sizes.get(number, 0) for number in turn)
        return turn[: sum(size <= BYTES_AT_A_TIME for size in sizes) or 1]


def _oldest(connection: Connection) -> list[list[int]]:
    """Give the numbers of each person's oldest commands, in order.

    Never asks for `id > last`: of two commands at once, the higher number may be committed first.
    """
    by_person: dict[str, list[int]] = {}
    account = ""  # nobody's
    turn = {"most": AT_A_TIME}
    while rows := connection.execute(_next_account(), {**turn, "after": account}).all():
        account = rows[0].issued_by
        mine = by_person.setdefault(rows[0].login, [])
        mine += [row.id for row in rows if row.issued_by == account]
    return [sorted(numbers)[:AT_A_TIME] for numbers in by_person.values()]


@cache
def _next_account() -> Select[int, str, str]:
    """Give the question that is asked fifty times a second: to build it anew costs more than it.

    The first rows are the oldest commands of the next account that has any; others may follow. It
    reads so many entries of `ix_command_waiting`, in their order, and no row.
    """
    query = select(SentCommand.id, SentCommand.issued_by, LOGIN.label("login"))
    query = query.where(
        SentCommand.answered_at.is_(None), SentCommand.issued_by > bindparam("after")
    )
    return query.order_by(SentCommand.issued_by, SentCommand.id).limit(bindparam("most"))


def _commands_with_sender(ids: Sequence[int]) -> Select[tuple[object, ...]]:
    account = SentCommand.issued_by.label("account")
    return (
        select(*COLUMNS, account, DbLease.until, DbLease.ended_at)
        .outerjoin(DbLease, DbLease.account == SentCommand.issued_by)
        .where(SentCommand.id.in_(ids))
        .order_by(SentCommand.id)
    )


def _command_of_sender(row: AnyRow) -> CommandRow:
    """Read a row; the lease's end is compared with the server's own time of the command."""
    command = command_row(row)
    if row.until is None or command.issued_at <= min(row.until, row.ended_at or row.until):
        return command
    return replace(command, issued_by=row.account)
