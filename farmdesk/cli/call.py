"""One command line being carried out: its words, its farm, and how it answers."""

import argparse
import getpass
import os
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from rich.console import Console

from farmdesk.cli.ctrl_c import at_ctrl_c
from farmdesk.cli.places import NamedElsewhere, NoFarmHere, NoServerNamed, NotFromElsewhere
from farmdesk.cli.plain import print_json
from farmdesk.cli.screen import Screen, Spoken, Styled, language
from farmdesk.config import DATABASE, FILE, Config, farm_folder
from farmdesk.db.account_errors import NoAccount
from farmdesk.domain.accounts import UserState
from farmdesk.domain.commands import Command
from farmdesk.domain.rows import CommandRow
from farmdesk.domain.said import Said
from farmdesk.domain.users import Role, SuperadminsOnly, User
from farmdesk.farm_toml import read_config
from farmdesk.link.farm_link import FarmLink
from farmdesk.link.outcome import wait_outcome

if TYPE_CHECKING:  # SQL and HTTPS take a while to load, and few command lines need both
    from farmdesk.db.database import Database
    from farmdesk.link.people import PeopleReader
    from farmdesk.link.remote.known_farm import KnownFarm

ANSWER_S = 10.0


class Call:
    """The words as read, and the farm that they are about: opened when it is first asked for."""

    def __init__(self, words: argparse.Namespace) -> None:
        self.words = words
        self.screen = Screen(Console(), language())
        self.complaints = Screen(Console(stderr=True), self.screen.language)
        self._link: FarmLink | None = None

    @cached_property
    def config(self) -> Config:
        """The farm's settings. Raises Refused when they are not right."""
        return read_config(farm_folder(self.words.farm))

    @property
    def server(self) -> str | None:
        """The address of a farm elsewhere: `--server`, else FARMDESK_SERVER; None: it is here."""
        given: str | None = self.words.server or os.environ.get("FARMDESK_SERVER")
        return given or None

    @cached_property
    def known_farm(self) -> "KnownFarm":
        """The farm elsewhere, as this machine knows it. Raises NoServerNamed."""
        from farmdesk.link.remote.known_farm import KnownFarm

        if self.server is None:
            raise NoServerNamed
        return KnownFarm(self.server)

    @property
    def login(self) -> str:
        """Who calls: who logged in to a farm elsewhere; here `--as`, else this machine's account.

        Whoever opens the database with the farm's own account could write any name there.
        """
        if self.server is not None:
            return self.known_farm.login().login
        return self.words.login_as or getpass.getuser()

    @property
    def user(self) -> User:
        """Who calls, with his role: as his account says, else as farm.toml does."""
        if self.server is not None:
            told = self.known_farm.login()
            return User(told.login, told.role)
        account = self.people.find(self.login)
        return self.config.user(self.login) if account is None else account.user

    def check_here(self) -> None:
        """Refuse what is done on the farm's own server alone. Raises NotFromElsewhere."""
        if self.server is not None:
            raise NotFromElsewhere

    def check_means_here(self) -> None:
        """Refuse to make or run a farm here while another one is named. Raises NamedElsewhere."""
        folder_named = self.words.farm or os.environ.get("FARMDESK_FARM")
        if self.words.server or (self.server is not None and not folder_named):
            raise NamedElsewhere(str(self.server))

    def check_superadmin(self) -> None:
        """Refuse who names himself and is no superadmin. Raises NoAccount, SuperadminsOnly.

        Whoever opens the farm's own database without a name reads it as its owner.
        """
        if self.server is None:
            if self.words.login_as is None or not self.people.accounts():
                return
            if self.people.account(self.login).state is not UserState.ACTIVE:
                raise NoAccount(self.login)
        if self.user.role is not Role.SUPERADMIN:
            raise SuperadminsOnly

    @cached_property
    def own_database(self) -> "Database":
        """The database, over the farm's own account. Raises NotFromElsewhere or NoFarmHere."""
        from farmdesk.db.database import open_database

        self.check_here()
        self._check_farm()
        return open_database(self.config.database)

    def _check_farm(self) -> None:
        folder = self.config.folder
        if not any((folder / name).exists() for name in (FILE, DATABASE)):
            raise NoFarmHere(folder)

    @cached_property
    def database(self) -> "Database":
        """The farm's database; elsewhere over the account that came with the login.

        Raises NotFromElsewhere where none came.
        """
        return self.own_database if self.server is None else self._lent_database()

    def _lent_database(self) -> "Database":
        from farmdesk.link.leased import open_leased

        lent = self.known_farm.login().database
        if lent is None:
            raise NotFromElsewhere
        return open_leased(lent, self.known_farm.database_authority)

    def open_link(self) -> FarmLink:
        """Open a way to the farm: to its database where the caller may reach it, else by HTTPS."""
        if self.server is not None and self.known_farm.login().database is None:
            from farmdesk.link.remote.link import RemoteLink

            return RemoteLink(self.known_farm.session())
        from farmdesk.link.direct import DirectLink

        place = self.config.database if self.server is None else self._lent_database()
        return DirectLink(place, issued_by=self.login)

    @property
    def link(self) -> FarmLink:
        """The way to the farm; see `open_link`. Raises NoFarmHere."""
        if self._link is None:
            if self.server is None:
                self._check_farm()
            self._link = self.open_link()
        return self._link

    @property
    def people(self) -> "PeopleReader":
        """Who is on the farm."""
        from farmdesk.link.people import PeopleReader

        return PeopleReader(self.database)

    def close(self) -> None:
        """Leave the farm."""
        if self._link is not None:
            self._link.close()
        for name in ("database", "own_database"):
            if name in self.__dict__:
                getattr(self, name).close()

    def send(self, commands: Sequence[Command]) -> int:
        """Send commands and tell their outcomes; 1 when one was refused."""
        with at_ctrl_c(
            "What the farm was told by then it carries out: see farmdesk tasks.",
            "农场会执行此前已收到的命令：请查看 farmdesk tasks。",
        ):
            sent = [self.link.send(command) for command in commands]
            rows = [wait_outcome(self.link, number, ANSWER_S) for number in sent]
        return self.tell(rows)

    def tell(self, rows: Sequence[CommandRow]) -> int:
        """Tell what became of commands; 1 when one was refused."""
        if self.words.json:
            print_json(rows)
            return 0 if all(row.applied for row in rows) else 1
        for row in rows:
            said = Said(row.text, row.text_zh)
            if row.applied:
                self.screen.say(said)
            else:
                self.complain(said)
        return 0 if all(row.applied for row in rows) else 1

    def show(self, rows: object, print_them: Callable[[], None]) -> int:
        """Print rows as JSON where that was asked for, else as `print_them` does; gives 0."""
        if self.words.json:
            print_json(rows)
        else:
            print_them()
        return 0

    def say(self, en: str, zh: str) -> None:
        """Tell a person something in his language."""
        self.screen.say(Said(en, zh))

    def complain(self, sentence: Spoken) -> None:
        """Say what went wrong."""
        self.complaints.say(Styled(sentence, "red"))
