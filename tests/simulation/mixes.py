"""What may happen in a simulated farm, and how often; the same seed gives the same mix."""

import random
from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Mix:
    """Counts are of one run, chances are of each frame or report."""

    commands: int  # of users, any order
    urgent: int  # urgent requests, with their answers
    kills: int  # the engine dies and is started again
    stops: int  # the engine is ended in good order and started again
    agent_deaths: int
    node_losses: int  # with all agents; the node returns
    hangs: int  # an agent stands still
    cuts: int  # an agent loses its line and ends its frame alone
    outages: int  # of the database
    torn: int  # commits whose answer is lost
    jumps: int  # of the clock that people read
    crash: float
    poison: float  # frames that fail everywhere
    corrupt: float  # files that the check does not accept
    late: float  # reports that take seconds
    doubled: float
    lost: float

    def without(self, names: str) -> "Mix":
        """Give the mix with some of its faults left out: `kills,late`."""
        return replace(self, **{name: 0 for name in names.split(",") if name})


def mix_of(rng: random.Random) -> Mix:
    """Give a mix in which every fault is left out in some runs, and one is frequent."""
    storm = rng.choice([item.name for item in fields(Mix)] + ["", ""])

    def count(name: str, most: int) -> int:
        return 3 * most if storm == name else rng.choice((0, rng.randint(0, most)))

    def chance(name: str, most: float) -> float:
        return 3 * most if storm == name else rng.choice((0.0, rng.uniform(0.0, most)))

    return Mix(
        commands=rng.randint(5, 60 if storm == "commands" else 25),
        urgent=count("urgent", 4),
        kills=count("kills", 2),
        stops=count("stops", 1),
        agent_deaths=count("agent_deaths", 3),
        node_losses=count("node_losses", 2),
        hangs=count("hangs", 2),
        cuts=count("cuts", 2),
        outages=count("outages", 2),
        torn=count("torn", 2),
        jumps=count("jumps", 1),
        crash=chance("crash", 0.05),
        poison=chance("poison", 0.02),
        corrupt=chance("corrupt", 0.03),
        late=chance("late", 0.02),
        doubled=chance("doubled", 0.03),
        lost=chance("lost", 0.01),
    )
