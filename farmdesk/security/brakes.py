"""Brakes on logging in: after five failures in five minutes each further one waits longer.

They count the tries at any login together with the address they come from, never a login by itself:
a signature cannot be guessed, and a stranger elsewhere must not be able to lock anybody out.
"""

import ipaddress
from collections import OrderedDict, deque
from dataclasses import dataclass, field

FAILURES = 5
WINDOW_S = 300.0
FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 900.0  # so that an office is not locked out for long by one of its machines
MAX_REMEMBERED = 20_000  # addresses; the ones longest quiet are forgotten first


@dataclass(slots=True)
class _Tries:
    """The tries from one address that did not succeed, or have not yet."""

    at: deque[float] = field(default_factory=lambda: deque(maxlen=FAILURES))
    level: int = 0  # how many times it was made to wait, since it was last quiet
    until: float = 0.0

    @property
    def wait_s(self) -> float:
        """The wait that the newest failure costs."""
        return min(FIRST_WAIT_S * 2.0 ** (self.level - 1), LONGEST_WAIT_S) if self.level else 0.0

    def forget(self, now: float) -> None:
        """Forget failures of long ago; who waits is forgiven when he was quiet after it."""
        if self.level and now > self.at[-1] + self.wait_s + WINDOW_S:
            self.level = 0
        while not self.level and self.at and self.at[0] <= now - WINDOW_S:
            self.at.popleft()

    def add(self, now: float) -> None:
        """Count a try."""
        self.at.append(now)
        if self.level or len(self.at) == FAILURES:
            self.level += 1
            self.until = now + self.wait_s

    def take_back(self) -> None:
        """Count the newest try no longer: it has succeeded."""
        self.at.pop()
        self.until = 0.0
        self.level = max(self.level - 1, 0)


class LoginBrakes:
    """Counts tries per address. `now`: seconds of a clock that never goes back.

    A try counts as failed until it has succeeded, so that many at once gain nothing. For one
    thread; forgets everything when the server ends.
    """

    def __init__(self) -> None:
        self._tries: OrderedDict[str, _Tries] = OrderedDict()

    def admit(self, address: str, now: float) -> float:
        """Admit a try and count it: 0.0; else give the seconds to wait, and count nothing."""
        tries = self._of(counted_address(address), now)
        wait = tries.until - now
        if wait > 0:
            return wait
        tries.add(now)
        return 0.0

    def succeeded(self, address: str) -> None:
        """Forget this one try only: else who has an account could try others' without end."""
        tries = self._tries.get(counted_address(address))
        if tries is not None and tries.at:
            tries.take_back()

    def _of(self, address: str, now: float) -> _Tries:
        tries = self._tries.setdefault(address, _Tries())
        self._tries.move_to_end(address)
        tries.forget(now)
        while len(self._tries) > MAX_REMEMBERED:
            self._tries.popitem(last=False)
        return tries


def counted_network(address: str) -> str:
    """Give the network that an address is of: an IPv4 /24, an IPv6 /48, as one customer has it."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6 and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))


def counted_address(address: str) -> str:
    """Give what an address is counted as; one line of IPv6 has 2^64 addresses, they are one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6 and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return address
