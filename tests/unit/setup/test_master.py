"""The master key of a farm: rotation with all that it wraps, kills in between, and paper."""

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from farmdesk.db import accounts, audit, user_keys
from farmdesk.db.database import Database, open_database
from farmdesk.db.faults import Busy
from farmdesk.domain.errors import FarmUnavailable
from farmdesk.security.master_key import (
    VARIABLE,
    MasterKey,
    read_master_keys,
    write_master_keys,
)
from farmdesk.security.vault import Purpose, UnknownMasterKey, load_vault, wrapped_under
from farmdesk.setup.master import (
    KeyInEnvironment,
    MasterKeyGone,
    restore_master_key,
    rotate,
)
from tests.stored_keys import stored_keys
from tests.unit.setup.conftest import BOSS, Run


@pytest.fixture
def farm(new_run: Callable[..., Run]) -> Run:
    return new_run()()


@pytest.fixture
def path(farm: Run) -> Path:
    return farm.folder / "master.key"


def _opens(path: Path, database: Database) -> bool:
    """Whether all that is wrapped opens with the current key alone."""
    vault = load_vault(path)
    with database.reading() as connection:
        account = accounts.active(connection, "boss")
        [record] = stored_keys(connection, account.user_id)
        identity = dict(accounts.identities(connection))[account.user_id]
    whose = {"user_id": account.user_id}
    assert vault.unwrap(identity, Purpose.IDENTITY, **whose, version=0) == BOSS.identity.encode()
    vault.unwrap(record.wrapped_private, Purpose.SIGNING_KEY, **whose, version=1)
    vault.unwrap(record.wrapped_user_key, Purpose.USER_KEY, **whose, version=1)
    return {wrapped_under(identity)} == {vault.current.id}


def test_rotation_rewraps_everything_and_forgets_what_nothing_needs(farm: Run, path: Path) -> None:
    database = open_database(f"sqlite:///{farm.folder}/farm.db")
    ids = [read_master_keys(path)[-1].id]
    for _ in range(3):
        done = rotate(path, database, by="root")
        assert (done.new, done.rewrapped) == (True, 3)
        assert _opens(path, database)
        ids.append(done.current.id)
        assert [key.id for key in read_master_keys(path)] == ids[-2:]
    with database.reading() as connection:
        noted = [row for row in audit.read(connection) if row.action == "rotate_master_key"]
    assert [(row.actor, row.subject) for row in noted] == [("root", key_id) for key_id in ids[1:]]
    database.close()


def test_a_rotation_that_was_killed_is_ended_by_the_next(
    farm: Run, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_database(f"sqlite:///{farm.folder}/farm.db")
    real, left = user_keys.set_wrapped, [0]

    def killed(*given: object, **named: object) -> None:
        if not left:
            real(*given, **named)  # type: ignore[arg-type]
            return
        left.pop()
        raise KeyboardInterrupt

    monkeypatch.setattr(user_keys, "set_wrapped", killed)
    with pytest.raises(KeyboardInterrupt):
        rotate(path, database, by="root")
    assert not _opens(path, database)  # under the old key still, and it opens
    current = read_master_keys(path)[-1]
    done = rotate(path, database, by="root")
    assert (done.current, done.new, done.rewrapped) == (current, False, 3)
    assert _opens(path, database)
    database.close()


def test_two_rotations_at_once_lose_no_key(
    farm: Run, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second one begins while the first one looks at what there is: the worst moment."""
    database = open_database(f"sqlite:///{farm.folder}/farm.db")
    real, second = (
        accounts.identities,
        [threading.Thread(target=_rotate_too, args=(path, database))],
    )
    started: list[threading.Thread] = []

    def looked(connection: Any) -> Any:
        found = list(real(connection))
        if second:
            started.append(second.pop())
            started[0].start()
            started[0].join(0.5)  # alone it would be at its end by now; here it waits for the first
        return found

    monkeypatch.setattr(accounts, "identities", looked)
    done = rotate(path, database, by="root")
    started[0].join()
    assert done.new
    assert _opens(path, database)
    assert done.current in read_master_keys(path)
    database.close()


def _rotate_too(path: Path, database: Database) -> None:
    with suppress(FarmUnavailable):  # a machine that stands still lets it wait in vain
        rotate(path, database, by="boss")


def test_a_lost_key_comes_back_from_paper(farm: Run, path: Path) -> None:
    database = open_database(f"sqlite:///{farm.folder}/farm.db")
    key = read_master_keys(path)[-1]
    path.unlink()
    assert restore_master_key(path, key, lambda: database)
    assert not restore_master_key(path, key, lambda: database)
    assert _opens(path, database)
    path.unlink()
    with pytest.raises(MasterKeyGone, match="vault restore"):
        farm()  # somebody sets up again before he looks for the paper
    assert not path.exists()
    write_master_keys(path, [MasterKey.make()])  # he has brought another farm's
    with pytest.raises(UnknownMasterKey, match=key.id):
        _opens(path, database)
    assert restore_master_key(path, key, lambda: database)
    assert not _opens(path, database)  # it opens, but is not the current one
    rotate(path, database, by="root")
    assert _opens(path, database)
    database.close()


def test_no_key_comes_back_in_the_middle_of_a_rotation(
    farm: Run, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the two reads the file first: the one that writes last would lose the other's key."""
    monkeypatch.setattr("farmdesk.db.database.SQLITE_WAIT_S", 0)
    database, second = (open_database(f"sqlite:///{farm.folder}/farm.db") for _ in range(2))
    before = path.read_bytes()
    with database.writing(), pytest.raises(Busy):
        restore_master_key(path, MasterKey.make(), lambda: second)
    assert path.read_bytes() == before
    for opened in (database, second):
        opened.close()


def test_a_key_of_the_environment_is_not_changed_from_here(
    farm: Run, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = MasterKey.make()
    monkeypatch.setenv(VARIABLE, f"{key.id} {key.secret.hex()}")
    database = open_database(f"sqlite:///{farm.folder}/farm.db")
    with pytest.raises(KeyInEnvironment):
        rotate(path, database, by="root")
    with pytest.raises(KeyInEnvironment):
        restore_master_key(path, key, lambda: database)
    database.close()
