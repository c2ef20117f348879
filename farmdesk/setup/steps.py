"""`farmdesk setup`: the steps in their order, each told when it is done."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from farmdesk.config import Config, read_config
from farmdesk.db import audit, grants
from farmdesk.db.database import open_database
from farmdesk.db.migrate import migrate
from farmdesk.domain.accounts import Deed
from farmdesk.domain.errors import Refused
from farmdesk.security.audit_chain import digest_of
from farmdesk.security.master_key import MasterKey
from farmdesk.security.secret_file import read_secret
from farmdesk.security.tls import fingerprint
from farmdesk.setup.certificates import GivenFiles, ensure_certificates
from farmdesk.setup.master import ensure_master_key
from farmdesk.setup.settings import ensure_settings
from farmdesk.setup.superadmin import ACTOR, NewSuperadmin, ensure_superadmin


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person at the terminal wants.

    `database` None: as farm.toml says, or SQLite. `hosts`: names and addresses of the server's
    certificate. `given`: a certificate from elsewhere, in the place of an own one.
    """

    folder: Path
    hosts: tuple[str, ...]
    port: int
    database: str | None = None
    given: GivenFiles | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """One step: what there is now. `new`: it was made by this run."""

    step: str
    text: str
    new: bool


class NoFarmFolder(Refused):
    """A farm folder that cannot be made or written."""

    def __init__(self, folder: Path, error: OSError) -> None:
        why = error.strerror or type(error).__name__
        super().__init__(
            f"The farm folder {folder} cannot be used: {why}. Choose another with --farm, or give "
            "this account the right to write there.",
            f"无法使用农场文件夹 {folder}：{why}。请用 --farm 选择其他文件夹，或授予写入权限。",
        )


def set_up(
    wishes: Wishes,
    *,
    ask_superadmin: Callable[[], NewSuperadmin],
    show_master_key: Callable[[MasterKey], None],
    tell: Callable[[Done], None],
) -> None:
    """Set a farm up, or what of it is missing.

    `ask_superadmin` is called when there is none. `show_master_key` is called once, with a new key,
    for its recovery copy. Raises Refused or FarmUnavailable; run again, it goes on from there.
    """
    if wishes.database is not None:
        _check_database(wishes.database)  # before it is written down
    made = _ensure_folder(wishes.folder)
    tell(Done("folder", str(wishes.folder), made))
    made = ensure_settings(wishes.folder, wishes.database, port=wishes.port, given=wishes.given)
    config = read_config(wishes.folder)
    tell(Done("settings", str(wishes.folder / "farm.toml"), made))
    now = datetime.now(UTC)
    for name, path, made in ensure_certificates(config, wishes.hosts, now):
        tell(Done(name, str(path), made))
    key, made = ensure_master_key(config.master_key)
    tell(Done("master key", f"{key.id}, {config.master_key}", made))
    if made:
        show_master_key(key)
    tell(_ensure_database(config))
    _note_keys(config, key, now)
    found = ensure_superadmin(config, ask_superadmin)
    place = "" if found.key_file is None else f", {found.key_file}"
    tell(Done("superadmin", found.login + place, found.key_file is not None))


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


def _ensure_folder(folder: Path) -> bool:
    try:
        made = not folder.is_dir()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # scenes lie in it, opened
        probe = folder / ".farmdesk-setup"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise NoFarmFolder(folder, error) from error
    return made


def _check_database(url: str) -> None:
    """Refuse a URL that is none, or a server that does not let us in."""
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
