"""What a set-up needs: a person, quick keys, and a run of it in a folder."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from farmdesk.db.migrate import migrate
from farmdesk.domain.accounts import Profile
from farmdesk.security.key_file import write_key_file
from farmdesk.security.master_key import VARIABLE, MasterKey
from farmdesk.security.user_keys import UserKeys
from farmdesk.setup.certificates import GivenFiles
from farmdesk.setup.steps import Done, Wishes, set_up
from farmdesk.setup.superadmin import NewSuperadmin

PASSPHRASE = "the first of all passphrases"
BOSS = Profile("Li Na", "Control room", "+86 10 1234", "110101199003071234")


@dataclass
class Run:
    """A set-up of a farm in `folder`, and what it said."""

    folder: Path
    hosts: tuple[str, ...] = ("farm.example", "127.0.0.1")
    database: str | None = None
    port: int | None = None
    given: GivenFiles | None = None
    login: str = "boss"
    steps: list[Done] = field(default_factory=list)
    shown: list[MasterKey] = field(default_factory=list)

    def __call__(self) -> "Run":
        """Run it."""
        self.steps.clear()
        set_up(
            Wishes(self.folder, self.hosts, self.port, self.database, self.given),
            ask_superadmin=lambda: NewSuperadmin(self.login, BOSS, self.folder.parent, PASSPHRASE),
            show_master_key=self.shown.append,
            tell=self.steps.append,
        )
        return self

    @property
    def made(self) -> list[str]:
        """What the last run made."""
        return [done.step for done in self.steps if done.new]


@pytest.fixture(scope="session")
def boss_keys() -> UserKeys:
    return UserKeys.make("boss", 1)


@pytest.fixture(scope="session")
def empty_farm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with all tables, to be copied: making them takes longer."""
    path = tmp_path_factory.mktemp("empty") / "farm.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def new_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, boss_keys: UserKeys, empty_farm: Path
) -> Callable[..., Run]:
    """Makes set-ups, each in a folder of its own; its keys are quick to make and to lock."""

    def migrated(url: str) -> bool:
        path = Path(url.removeprefix("sqlite:///"))
        new = not path.exists()
        if new:
            shutil.copyfile(empty_farm, path)
        return new

    monkeypatch.setattr("farmdesk.setup.steps.migrate", migrated)
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(UserKeys, "make", lambda login, version: boss_keys)
    quick = partial(write_key_file, n=1 << 14)
    monkeypatch.setattr("farmdesk.setup.superadmin.write_key_file", quick)

    def make(name: str = "one", **wishes: object) -> Run:
        (tmp_path / name).mkdir()
        return Run(tmp_path / name / "farm", **wishes)  # type: ignore[arg-type]

    return make
