"""The farm that storms befall: nodes and a mix of faults by a seed, a database in memory."""

import random
from pathlib import Path

from tests.simulation.farm_store import MemoryStore
from tests.simulation.fate import StormFate
from tests.simulation.mixes import mix_of
from tests.simulation.share import FolderShare
from tests.simulation.virtual_farm import Ground, World
from tests.simulation.virtual_node import VirtualNode


class StormWorld(World):
    """A small farm; the same one for the same seed. `without`: faults to leave out."""

    store: MemoryStore
    fate: StormFate

    def __init__(self, seed: int, folder: Path, *, without: str = "") -> None:
        rng = random.Random(seed)
        self.mix = mix_of(rng).without(without)
        nodes = [
            VirtualNode(f"n{number}", rng.uniform(0.5, 2.0), rng.choice((1, 1, 2)))
            for number in range(1, rng.randint(2, 5) + 1)
        ]
        fate = StormFate(seed, self.mix, rng)
        super().__init__(Ground(folder, nodes, MemoryStore(), FolderShare()), fate, rng)
