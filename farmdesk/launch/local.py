"""Agents on this machine: a child process whose stdin and stdout carry the protocol.

The agent runs in its own session, so that Ctrl-C at the server's terminal does not reach it.
To test: `tests/integration/test_launch_local.py` kills real agents.
"""

import contextlib
import io
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from typing import cast

from farmdesk.dispatch.events import SlotId
from nodeagent.orders import AgentOrder
from nodeagent.protocol import ProtocolError, decode_report, encode
from nodeagent.reports import AgentReport

log = logging.getLogger(__name__)

COMPLAINT_BYTES = 2000

OnReport = Callable[[AgentReport], None]
OnGone = Callable[[str], None]

MASTER_KEY = "FARMDESK_MASTER_KEY"  # a scene may hold programs: they must not find it


class LocalLauncher:
    """Starts `python -m nodeagent` as a child.

    `environment` None: this process' own without the master key, as tools and scenes see it.

    A free slot has one waiting, which has said hello and holds nothing: to start one takes a tenth
    of a second, and somebody would wait for it. It ends with its stdin, so with this process.
    """

    def __init__(self, *, environment: Mapping[str, str] | None = None) -> None:
        given = os.environ if environment is None else environment
        self._environment = {name: text for name, text in given.items() if name != MASTER_KEY}
        self._ready: dict[SlotId, subprocess.Popen[bytes]] = {}

    def keep_ready(self, slot: SlotId) -> None:
        """Start the slot's next agent if none waits; see `engine.ports.Launcher`."""
        if slot not in self._ready:
            try:
                self._ready[slot] = self._start()
            except OSError as error:  # `launch` will try again, and its caller hears of it
                log.warning("no agent can wait for work on %s: %s", slot, error)

    def launch(self, slot: SlotId, *, on_report: OnReport, on_gone: OnGone) -> "LocalAgent":
        """Give the agent that waits, or start one; see `engine.ports.Launcher`."""
        process = self._ready.pop(slot, None)
        if process is not None and process.poll() is not None:
            process.communicate()  # somebody killed it: close its pipes
            process = None
        return LocalAgent(slot, process or self._start(), on_report, on_gone)

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "nodeagent"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._environment,
            start_new_session=True,
        )


class LocalAgent:
    """A running child agent, and the threads that read it."""

    def __init__(
        self,
        slot: SlotId,
        process: subprocess.Popen[bytes],
        on_report: OnReport,
        on_gone: OnGone,
    ) -> None:
        self._slot = slot
        self._process = process
        self._outbox: queue.SimpleQueue[AgentOrder | None] = queue.SimpleQueue()
        self._complaint = b""
        self._listener = self._start(self._keep_complaint)
        self._start(self._write)
        self._start(self._read, on_report, on_gone)

    def send(self, order: AgentOrder) -> None:
        """Hand an order to the writing thread: a pipe that is full must not hold the loop up."""
        self._outbox.put(order)

    def hang_up(self) -> None:
        """Close stdin behind the last order; see `engine.ports.AgentLink`."""
        self._outbox.put(None)

    def kill(self) -> None:
        """Kill the agent's process group; its guardian then ends the tool."""
        with contextlib.suppress(ProcessLookupError):
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)

    def _write(self) -> None:
        orders = cast("io.BufferedWriter", self._process.stdin)
        with contextlib.suppress(OSError):  # the reading thread tells of an agent that is gone
            while (order := self._outbox.get()) is not None:
                orders.write(encode(order))
                orders.flush()
        with contextlib.suppress(OSError):
            orders.close()

    def _start(self, work: Callable[..., None], *args: object) -> threading.Thread:
        name = f"agent {self._slot} {work.__name__}"
        thread = threading.Thread(target=work, args=args, name=name, daemon=True)
        thread.start()
        return thread

    def _read(self, on_report: OnReport, on_gone: OnGone) -> None:
        with cast("io.BufferedReader", self._process.stdout) as reports:
            for line in iter(reports.readline, b""):
                try:
                    on_report(decode_report(line))
                except ProtocolError as error:
                    log.warning("agent %s: %s", self._slot, error)
        code = self._process.wait()
        self._outbox.put(None)  # ends the writing thread
        on_gone("" if code == 0 else self._why(code))

    def _why(self, code: int) -> str:
        self._listener.join(timeout=1)
        lines = self._complaint.decode(errors="replace").strip().splitlines()
        return f"the agent ended with code {code}" + (f": {lines[-1]}" if lines else "")

    def _keep_complaint(self) -> None:
        """Drain stderr and keep its end, for the sentence that says why the agent died."""
        with cast("io.BufferedReader", self._process.stderr) as stream:
            while block := stream.read1(4096):
                self._complaint = (self._complaint + block)[-COMPLAINT_BYTES:]
