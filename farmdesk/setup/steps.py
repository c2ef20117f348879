"""`farmdesk setup`: the steps in their order, each told when it is done."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from farmdesk.config import Config
from farmdesk.db import audit, grants
from farmdesk.db.database import open_database
from farmdesk.db.migrate import migrate
from farmdesk.domain.accounts import Deed
from farmdesk.farm_toml import read_config
from farmdesk.security.audit_chain import digest_of
from farmdesk.security.authority import check_hosts
from farmdesk.security.certificates import fingerprint
from farmdesk.security.master_key import MasterKey
from farmdesk.security.secret_file import read_secret
from farmdesk.setup.certificates import (
    GivenFiles,
    check_files,
    ensure_certificates,
    this_machine,
)
from farmdesk.setup.folders import check_folder, ensure_folder
from farmdesk.setup.master import check_master_key, ensure_master_key
from farmdesk.setup.settings import ensure_settings
from farmdesk.setup.superadmin import (
    ACTOR,
    NewSuperadmin,
    check_new,
    find_superadmin,
    make_superadmin,
)

_FOLDER = "--farm"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person at the terminal wants.

    `database` None: as farm.toml says, or SQLite. `hosts`: names and addresses of the server's
    certificate; see `ensure_certificates`. `port` None: as farm.toml says, or the usual one.
    `given`: a certificate from elsewhere, in the place of an own one.
    """

    folder: Path
    hosts: tuple[str, ...]
    port: int | None = None
    database: str | None = None
    given: GivenFiles | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """One step: what there is now. `new`: it was made by this run."""

    step: str
    text: str
    new: bool


def set_up(
    wishes: Wishes,
    *,
    ask_superadmin: Callable[[], NewSuperadmin],
    show_master_key: Callable[[MasterKey], None],
    tell: Callable[[Done], None],
) -> None:
    """Set a farm up, or what of it is missing.

    `ask_superadmin` is called when there is none, and before anything is made: what he answers, and
    all wishes, are refused in time. `show_master_key` is called once, with a new key, for its
    recovery copy. Raises Refused or FarmUnavailable; run again, it goes on from there.
    """
    now = datetime.now(UTC)
    _check(wishes, now)
    known = _known_superadmin(wishes)
    if known is None:
        wanted: NewSuperadmin | None = check_new(ask_superadmin())
    else:
        wanted = None
        check_master_key(read_config(wishes.folder).master_key)
    made = ensure_folder(wishes.folder, _FOLDER)  # for its owner alone: scenes lie in it, opened
    tell(Done("folder", str(wishes.folder), made))
    made = ensure_settings(wishes.folder, wishes.database, port=wishes.port, given=wishes.given)
    config = read_config(wishes.folder)
    tell(Done("settings", str(wishes.folder / "farm.toml"), made))
    for name, path, made in ensure_certificates(config, wishes.hosts, now):
        tell(Done(name, str(path), made))
    key, made = ensure_master_key(config.master_key)
    tell(Done("master key", f"{key.id}, {config.master_key}", made))
    if made:
        show_master_key(key)
    tell(_ensure_database(config))
    _note_keys(config, key, now)
    if wanted is not None:
        make_superadmin(config, wanted)
    text = str(known) if wanted is None else f"{wanted.login}, {wanted.key_file}"
    tell(Done("superadmin", text, wanted is not None))


def _check(wishes: Wishes, now: datetime) -> None:
    """Refuse what no farm can be made of, before anything is asked or made."""
    if wishes.database is not None:
        check_database(wishes.database)
    check_folder(wishes.folder, _FOLDER)
    if wishes.given is None:
        check_hosts(wishes.hosts or this_machine())
    else:
        check_files(wishes.given, wishes.hosts, now)


def _known_superadmin(wishes: Wishes) -> str | None:
    """Give who is the superadmin already; None: there is none, or no farm."""
    if wishes.database is None and not wishes.folder.is_dir():
        return None
    return find_superadmin(wishes.database or read_config(wishes.folder).database)


def _note_keys(config: Config, key: MasterKey, now: datetime) -> None:
    """Write into the audit log which certificates and master key the farm uses from now on.

    Each once, whoever made it, and whether or not the set-up that made it was killed.
    """
    if config.gateway is None:
        raise RuntimeError("settings come before keys")
    used = {
        "use_authority": fingerprint(read_secret(config.gateway.ca, private=False)).hex(),
        "use_certificate": fingerprint(
            read_secret(config.gateway.certificate, private=False)
        ).hex(),
        "use_master_key": key.id,
    }
    database = open_database(config.database)
    try:
        with database.writing() as connection:
            deeds = [
                Deed(now, ACTOR, action, subject)
                for action, subject in used.items()
                if not audit.has(connection, actor=ACTOR, action=action, subject=subject)
            ]
            audit.append_all(connection, deeds, digest_of)
    finally:
        database.close()


def check_database(url: str) -> None:
    """Refuse a URL that is none, or a server that does not let us in: LockedOut."""
    database = open_database(url)
    try:
        if database.is_server:
            with database.reading():
                pass
    finally:
        database.close()


def _ensure_database(config: Config) -> Done:
    """Bring the tables up to this version, and let in nobody but those who are meant.

    On a server: what leased accounts may do. An SQLite file: its owner, who runs the farm's server;
    all others come in through the gateway.
    """
    new = migrate(config.database)
    database = open_database(config.database)
    try:
        grants.apply(database)
        if not database.is_server:
            Path(database.name).chmod(0o600)
        return Done("database", database.place, new)
    finally:
        database.close()
