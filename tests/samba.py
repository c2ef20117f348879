"""A real Samba that tests start for themselves: own folder, own users, a free port."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from farmdesk.storage.smb import SmbPlace
from tests.ports import free_port

START_S = 30
PASSWORD = "geheim 密码"
SHARE = "farm"
_FOLDERS = ("private", "lock", "state", "cache", "pid", "ncalrpc")
_SETTINGS = """[global]
server role = standalone server
smb ports = {port}
interfaces = 127.0.0.1
bind interfaces only = yes
private dir = {folder}/private
lock directory = {folder}/lock
state directory = {folder}/state
cache directory = {folder}/cache
pid directory = {folder}/pid
ncalrpc dir = {folder}/ncalrpc
passdb backend = tdbsam:{folder}/passdb.tdb
server min protocol = SMB3_11
server signing = mandatory
disable netbios = yes
disable spoolss = yes
load printers = no
printcap name = /dev/null
strict sync = yes

[{share}]
path = {files}
read only = no

[readonly]
path = {files}
read only = yes
"""


class Samba:
    """A private smbd; a context manager that ends it whatever happens.

    `files` is what it shares. `stop` and `start` take it away and bring it back.
    """

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="fd-smb-"))
        self.files = self._folder / "files"
        self.port = free_port()
        self.user = getpass.getuser()
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def missing() -> str:
        """Say what is missing on this machine to run it; empty when nothing is."""
        gone = [name for name in ("smbd", "smbpasswd") if _program(name) is None]
        return f"{' and '.join(gone)} not found: apt install samba" if gone else ""

    def __enter__(self) -> "Samba":
        try:
            self._install()
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._remove()

    def place(self, share: str = SHARE, password: str = PASSWORD) -> SmbPlace:
        """Give how to open a share."""
        return SmbPlace("127.0.0.1", share, self.user, password, port=self.port)

    def start(self) -> None:
        """Start the server and wait until it listens. Raises RuntimeError with its log."""
        command = [_program("smbd") or "", "--foreground", "--no-process-group", "--debug-stdout"]
        log = self._folder / "log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*command, "-s", str(self._folder / "smb.conf")],
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        end = time.monotonic() + START_S
        while time.monotonic() < end and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)  # nothing tells when it listens
        raise RuntimeError(f"smbd does not answer:\n{log.read_text()[-2000:]}")

    def stop(self) -> None:
        """Kill the server and those of its processes that hold connections."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let the server hang, its connections open, inside the `with`."""
        if self._process is None:
            raise RuntimeError("the server does not run")
        os.killpg(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self._process.pid, signal.SIGCONT)

    def _install(self) -> None:
        for name in (*_FOLDERS, "files"):
            (self._folder / name).mkdir()
        settings = self._folder / "smb.conf"
        text = _SETTINGS.format(port=self.port, folder=self._folder, files=self.files, share=SHARE)
        settings.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [_program("smbpasswd") or "", "-c", str(settings), "-s", "-a", self.user],
            input=f"{PASSWORD}\n{PASSWORD}\n".encode(),
            capture_output=True,
        )
        if done.returncode:
            raise RuntimeError(f"smbpasswd failed:\n{done.stdout!r}{done.stderr!r}")

    def _remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
