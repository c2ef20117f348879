"""A farm that waits for packages: tasks of a customer, behind a gateway in a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from farmdesk.db import accounts
from farmdesk.db.database import open_database
from farmdesk.db.store import Store
from farmdesk.domain.records import Flush
from farmdesk.domain.states import TaskState
from farmdesk.link.remote.door import Door
from farmdesk.link.remote.session import RemoteSession
from farmdesk.security.audit_chain import digest_of
from farmdesk.security.user_keys import UserKeys
from tests.empty_farm import new_farm
from tests.gateway_settings import gateway_files
from tests.gateways import add_user, keys_of
from tests.samples import NOW, new_task, spec, task_record

CUSTOMER = "director"  # owns the samples' tasks


def farm_with_uploads(url: str, tasks: int, *, quota_bytes: int = 10**12) -> None:
    """Put a customer with keys, and tasks that wait for their packages, into a farm's tables."""
    store = Store(url, owner="engine", chain=digest_of)
    store.acquire_lease(NOW, 60)
    numbers = range(1, tasks + 1)
    scene = spec(scene="scene.blend", upload=True)
    store.apply(
        Flush(
            1,
            new_tasks=tuple(new_task(number, scene) for number in numbers),
            tasks=tuple(task_record(number, TaskState.UPLOADING) for number in numbers),
        )
    )
    store.close()
    add_user(url, CUSTOMER)
    set_quota(url, CUSTOMER, quota_bytes)


def set_quota(url: str, login: str, quota_bytes: int) -> None:
    """Let somebody have so much in the inbox."""
    database = open_database(url)
    with database.writing() as connection:
        accounts.set_quota(connection, login, quota_bytes)
    database.close()


class GatewayProcess:
    """A gateway that can be killed and started again at the same place. `argv`: what it runs."""

    def __init__(self, folder: Path, module: str = "tests.gateway_program") -> None:
        self.folder = folder
        self.module = module
        self.settings = gateway_files(folder)
        self.process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """The farm's database."""
        return f"sqlite:///{self.folder}/farm.db"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        argv = [sys.executable, "-m", self.module, str(self.folder), str(self.settings.port)]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        if self.process.stdout is None or self.process.stdout.readline() != "ready\n":
            raise AssertionError("the gateway did not start")

    def kill(self) -> None:
        """Kill it without a word."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            if self.process.stdout is not None:
                self.process.stdout.close()
            self.process = None

    def session(self, keys: UserKeys | None = None, port: int | None = None) -> RemoteSession:
        """Log in as the customer."""
        url = f"https://127.0.0.1:{port or self.settings.port}"
        door = Door(url, self.settings.ca.read_bytes())
        return RemoteSession.begin(door, keys or keys_of(CUSTOMER))


@contextmanager
def gateway_process(
    folder: Path, tasks: int = 1, module: str = "tests.gateway_program"
) -> Iterator[GatewayProcess]:
    """Give one that is started, over a farm in `folder`, and gone afterwards."""
    gateway = GatewayProcess(folder, module)
    new_farm(folder / "farm.db")
    farm_with_uploads(gateway.url, tasks)
    try:
        gateway.start()
        yield gateway
    finally:
        gateway.kill()
