"""The programs of the demo: the farm's server, and the window where there is a display."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from farmdesk.cli.screen import Screen
from farmdesk.domain.errors import FarmError, Refused
from farmdesk.domain.said import Said
from farmdesk.link.direct import DirectLink
from farmdesk.link.remote.door import fetch_authority

START_S = 30.0
POLL_S = 0.1
STOP_S = 20.0


@contextmanager
def running_server(farm: Path, database: str, url: str) -> Iterator[None]:
    """Run the farm's engine and gateway beside us, and end them in good order.

    Begins when both are at work. Raises Refused when they do not start.
    """
    log = farm / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "farmdesk", "server", "--farm", str(farm)],
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _await_farm(process, database, url, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()


def _await_farm(process: "subprocess.Popen[bytes]", database: str, url: str, log: Path) -> None:
    """Wait until the engine has put its nodes into the database, and the gateway answers."""
    link = DirectLink(database, issued_by="demo")
    end = time.monotonic() + START_S
    try:
        while time.monotonic() < end and process.poll() is None:
            with contextlib.suppress(FarmError):
                if link.nodes() and fetch_authority(url):
                    return
            time.sleep(POLL_S)
    finally:
        link.close()
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    last = lines[-1] if lines else ""
    raise Refused(
        f"The farm's server did not start. Its log {log} ends with: {last}",
        f"农场服务器未能启动。日志 {log} 的最后一行：{last}",
    )


@contextmanager
def open_window(
    farm: Path, login: str, environment: Mapping[str, str], screen: Screen
) -> Iterator[None]:
    """Open the operator's window where there is a display; it stays until the person closes it."""
    display = environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    if environment.get("WINDOW") == "0" or not display:
        yield
        return
    argv = [sys.executable, "-m", "farmdesk", "window", "--farm", str(farm), "--as", login]
    process = subprocess.Popen(argv)
    try:
        yield
        screen.say(
            Said(
                "The window stays open. Close it to end the demo.",
                "窗口保持打开；关闭它即结束演示。",
            )
        )
        process.wait()
    finally:
        process.terminate()
