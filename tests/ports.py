"""Ports for the servers that tests start, and start again after they took them away."""

import os
import random
import socket
from collections.abc import Iterator

# Linux gives outgoing connections ports from 32768 on (ip_local_port_range of ip(7)): one of those
# may be anybody's between its choice and the server's start, or while a server is away.
_PORTS = range(16384, 32768)
_LANES = 32  # one for each process of tests: none is given what another one just chose


def free_port() -> int:
    """Give a TCP port of 127.0.0.1 that nobody listens on, and that no other test is given."""
    return next(port for port in _mine if _is_free(port))


def _lane() -> Iterator[int]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    lane = int(worker.removeprefix("gw")) if worker else os.getpid()
    ports = _PORTS[lane % _LANES :: _LANES]
    place = random.randrange(len(ports))  # a run after another one finds no port of its servers
    while True:
        yield ports[place]
        place = (place + 1) % len(ports)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


_mine = _lane()
