"""The office of a farm: who its people are, who changes accounts, who opens packages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from farmdesk.config import Config
from farmdesk.db.account_store import AccountStore
from farmdesk.db.database import open_database
from farmdesk.db.packages import PackageStore
from farmdesk.domain.errors import Refused
from farmdesk.engine.clerk import Clerk
from farmdesk.engine.desk import AccountsTaker
from farmdesk.engine.farm import Farm
from farmdesk.engine.intake import Intake
from farmdesk.engine.opener import Opener
from farmdesk.engine.people import Directory, LocalPeople, People
from farmdesk.engine.posts import Post
from farmdesk.engine.sent_frames import SentFrames
from farmdesk.engine.unsealer import Unsealer
from farmdesk.engine.workspace import Workspace
from farmdesk.security.audit_chain import digest_of
from farmdesk.security.vault import Vault, VaultClosed, load_vault, told_as_closed


@dataclass(frozen=True, slots=True)
class Office:
    """What the engine needs of it. `accounts` None: the farm has none, all who reach it may work.

    `make_intake` gives the intake of a farm in memory, with what had arrived before; `sent` opens
    frames that were sent.
    """

    people: People
    accounts: AccountsTaker | None
    make_intake: Callable[[Farm], Intake]
    sent: SentFrames


def local_office(config: Config) -> Office:
    """Give the office of a farm without accounts."""
    return Office(LocalPeople(config), None, Intake, SentFrames(None))


class HalfSetUp(Refused):
    """A farm with a gateway, and nobody who may let anybody in."""

    def __init__(self) -> None:
        super().__init__(
            "The set-up of this farm has not come to its end: it has a gateway, and no superadmin. "
            "Run `farmdesk setup` again, then start the server.",
            "本渲染农场的设置尚未完成：已有网关，但没有超级管理员。"
            "请再次运行 `farmdesk setup`，然后启动服务器。",
        )


@contextmanager
def open_office(config: Config, post: Callable[[Post], None]) -> Iterator[Office]:
    """Open the office for as long as the engine works. Raises FarmUnavailable or HalfSetUp."""
    database = open_database(config.database)
    try:
        book = AccountStore(database, digest_of)
        everybody = book.everybody()
        if not everybody and config.gateway is not None:
            raise HalfSetUp
        if not everybody:
            yield local_office(config)
            return
        directory = Directory(everybody)
        packages = PackageStore(database)

        def open_vault() -> Vault:
            return load_vault(config.master_key)

        with suppress(VaultClosed), told_as_closed():  # the log says it now, not with a package
            open_vault()
        unsealer = Unsealer(packages, open_vault, config.folder)
        opener = Opener(unsealer, Workspace(config.folder), post)
        clerk = Clerk(book, directory, open_vault, post)
        clerk.start()
        try:
            yield Office(
                directory,
                clerk.take,
                lambda farm: Intake(farm, opener, packages.arrived()),
                SentFrames(unsealer),
            )
        finally:
            clerk.finish()
    finally:
        database.close()
