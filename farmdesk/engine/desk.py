"""The front desk: reads commands, checks who asks, and has the desk answer that knows the kind.

A desk is any class with tables of answers, by kind of command; `server.assemble` brings them here.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from farmdesk.domain.account_commands import AccountCommand
from farmdesk.domain.commands import Command, from_body
from farmdesk.domain.errors import FarmError, Refused
from farmdesk.domain.records import Outcome
from farmdesk.domain.rows import CommandRow
from farmdesk.domain.said import Said
from farmdesk.domain.users import User, check_allowed
from farmdesk.engine.catalogue import Catalogue
from farmdesk.engine.clock import Moment
from farmdesk.engine.task_entry import TaskEntry

log = logging.getLogger(__name__)

TaskAnswer = Callable[[Any, TaskEntry, User, Moment], Said]
"""Carries out a command about one task, which its sender may give and which fits its state."""

FarmAnswer = Callable[[Any, User, Moment], tuple[int | None, Said]]
"""Carries out any other command; gives the task that it made or changed, if any."""

LaterAnswer = Callable[[CommandRow, Any, TaskEntry], None]
"""Begins to carry out a command (its row first) about one task; whoever ends it answers it."""

TaskAnswers = Mapping[type[Command], TaskAnswer]
FarmAnswers = Mapping[type[Command], FarmAnswer]
LaterAnswers = Mapping[type[Command], LaterAnswer]

OUR_FAULT = Said(
    "The engine could not carry this out because of a fault of its own; see its log.",
    "由于引擎自身的错误，无法执行此操作；请查看引擎日志。",
)


AccountsTaker = Callable[[CommandRow, AccountCommand], None]
"""Takes a command about accounts, to answer it later."""


class Desk:
    """Answers every command with one sentence. `sender` tells who sent it, or refuses him.

    `accounts` None: this farm has no accounts.
    """

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        sender: Callable[[str], User],
        about_tasks: TaskAnswers,
        about_farm: FarmAnswers,
        answered_later: LaterAnswers,
        accounts: AccountsTaker | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._sender = sender
        self._about_tasks = about_tasks
        self._about_farm = about_farm
        self._answered_later = answered_later
        self._accounts = accounts

    def answer(self, row: CommandRow, now: Moment) -> Outcome | None:
        """Carry a command out, or refuse it and change nothing; None: it is answered later."""
        try:
            command = from_body(row.kind, row.body)
            user = self._sender(row.issued_by)
            if isinstance(command, AccountCommand):
                self._hand_on(row, command, user)
                return None
            if type(command) in self._answered_later:
                self._answered_later[type(command)](row, command, self._entry(command, user))
                return None
            task_id, said = self._carry_out(command, user, now)
        except FarmError as error:
            return _outcome(row, Said(error.en, error.zh), now, applied=False)
        except Exception:  # the top of a command: one that we got wrong must not end the farm
            log.exception("command %s (%s) failed", row.id, row.kind)
            return _outcome(row, OUR_FAULT, now, applied=False)
        log.info("command %s by %s: %s", row.id, row.issued_by, said.en)
        return _outcome(row, said, now, applied=True, task_id=task_id)

    def _carry_out(self, command: Command, user: User, now: Moment) -> tuple[int | None, Said]:
        kind = type(command)
        if kind in self._about_farm:
            check_allowed(user, command, None)
            return self._about_farm[kind](command, user, now)
        entry = self._entry(command, user)
        return entry.task.id, self._about_tasks[kind](command, entry, user, now)

    def _entry(self, command: Command, user: User) -> TaskEntry:
        """Give the task that a command is about. Raises Refused when it does not allow it."""
        entry = self._catalogue.get(command.task_id)  # type: ignore[union-attr]  # as its table says
        check_allowed(user, command, entry.task.owner)
        entry.task.check(command)
        return entry

    def _hand_on(self, row: CommandRow, command: AccountCommand, user: User) -> None:
        """Have a command about accounts carried out beside the loop."""
        if self._accounts is None:
            raise Refused(
                "This farm had no accounts when its server was started. Run `farmdesk setup` on "
                "it, unless that was done since, and start the server anew.",
                "本渲染农场的服务器启动时还没有帐号。请在该服务器上运行 `farmdesk setup`"
                "（若尚未运行），然后重新启动服务器。",
            )
        check_allowed(user, command, None)
        self._accounts(row, command)


def _outcome(
    row: CommandRow, said: Said, now: Moment, *, applied: bool, task_id: int | None = None
) -> Outcome:
    return Outcome(
        row.id, applied=applied, text=said.en, at=now.utc, task_id=task_id, text_zh=said.zh
    )
