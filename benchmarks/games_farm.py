"""The farm of the record run: a real database, calm messages, and what its users do."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks.games import SPEEDS, Games, Show
from farmdesk.db.store import Store
from farmdesk.domain.commands import Command
from farmdesk.domain.node_commands import SetAutoStart
from farmdesk.domain.states import TaskState
from farmdesk.domain.task_commands import SubmitTask
from farmdesk.domain.urgent import OPERATORS, UrgentRequest
from farmdesk.domain.urgent_commands import AnswerUrgent, OverruleUrgent, RequestUrgent
from farmdesk.domain.urgent_states import UrgentState
from farmdesk.link.direct import DirectLink
from farmdesk.security.audit_chain import digest_of
from nodeagent.reports import AgentReport
from tests.simulation.share import MemoryShare
from tests.simulation.virtual_farm import OPERATOR, Ground, World
from tests.simulation.virtual_node import VirtualNode

LEASE_S = 86_400.0
ANSWER_MIN = 10
LOOK_S = 3600.0  # how often somebody looks for tasks that have ended
REACTION_S = 60.0  # what people take to do the next thing


class SharedStore(Store):
    """The farm's database for its engine and its users; see `tests.simulation.memory.Memory`."""

    away = False

    def __init__(self, url: str) -> None:
        super().__init__(url, owner="olympics", chain=digest_of)
        self._url = url
        self._links: dict[str, DirectLink] = {}
        self.acquire_lease(datetime.now(UTC), LEASE_S)

    def send(self, command: Command, user: str) -> int:
        """Send a command as this user."""
        if user not in self._links:
            self._links[user] = DirectLink(self._url, issued_by=user)
        return self._links[user].send(command)

    def task_ids(self) -> Sequence[int]:
        """Give the tasks there are."""
        return [row.id for row in self.task_rows()]

    def close(self) -> None:
        """Give back all connections."""
        for link in self._links.values():
            link.close()
        super().close()


class CalmFate:
    """Frames take what their show says; nothing breaks but nodes."""

    def __init__(self, shows: Sequence[Show]) -> None:
        self._shows = shows

    def delay(self) -> float:
        """See Fate."""
        return 0.0

    def loses(self, report: AgentReport) -> bool:
        """See Fate."""
        del report
        return False

    doubles = loses

    def load_seconds(self, task: int, speed: float) -> float:
        """See Fate; a scene comes over the network, which is the same for all nodes."""
        del speed
        return self._shows[task - 1].load_s

    def frame_seconds(self, task: int, frame: int, speed: float) -> float:
        """See Fate."""
        return float(self._shows[task - 1].work[frame - 1]) / speed

    def breaks(self, task: int, frame: int) -> str:
        """See Fate."""
        del task, frame
        return ""

    def corrupts(self) -> bool:
        """See Fate."""
        return False

    def write_seconds(self) -> float:
        """See Fate."""
        return 0.01

    def check_seconds(self) -> float:
        """See Fate."""
        return 60.0


class GamesFarm(World):
    """Its people submit shows, ask for urgent ones, answer, and fetch what is finished.

    `rendered_twice`: frames that were rendered to their end more than once.
    """

    store: SharedStore

    def __init__(self, folder: Path, database: str, games: Games, seed: int = 0) -> None:
        rng = random.Random(seed)
        nodes = [  # no two machines are equally fast
            VirtualNode(f"{pool}{number:02d}", speed * rng.uniform(0.98, 1.02), 1)
            for pool, (count, speed) in SPEEDS.items()
            for number in range(1, count + 1)
        ]
        self._frames = MemoryShare()
        ground = Ground(folder, nodes, SharedStore(database), self._frames)
        super().__init__(ground, CalmFate(games.shows), rng)
        self.rendered_twice = 0
        self._awaited, self._ends_s = len(games.shows), games.ends_s
        self._fetched: set[int] = set()
        self._scene = folder / "scene.blend"
        self._scene.touch()
        self._plan(games)

    def _plan(self, games: Games) -> None:
        self.time.at(0.0, lambda: self.send(SetAutoStart(True)))
        for show in games.shows:
            self.time.at(show.arrives_s, partial(self._submit, show))
        for outage in games.outages:
            node, away_s = self.nodes[outage.node], outage.back_s - outage.fails_s
            self.time.at(outage.fails_s, partial(self.lose_node, node, away_s))
        self.time.at(LOOK_S, self._look)

    def _submit(self, show: Show) -> None:
        name, frames = f"show {show.number}", f"1-{len(show.work)}"
        self.send(SubmitTask(name, "blender", "", str(self._scene), frames), show.owner)
        if show.urgent:
            self.time.after(REACTION_S, partial(self._ask, show))

    # ---- urgent shows ----------------------------------------------------------------------------

    def _ask(self, show: Show) -> None:
        """Ask that a show goes first."""
        wish = RequestUrgent(show.number, "the director comes", answer_min=ANSWER_MIN)
        self.send(wish, show.owner)
        self.time.after(REACTION_S, partial(self._answer, show.number))

    def _answer(self, task: int) -> None:
        """Some allow it, some refuse and are overruled, some sleep until the default applies."""
        for row in self.store.urgent_requests():
            request = row.request
            if request.task_id == task and request.state is UrgentState.ASKING:
                for consent in request.consents:
                    self._consent(request, consent.login)

    def _consent(self, request: UrgentRequest, login: str) -> None:
        mood = self.rng.random()
        if mood < 0.5:
            self.send(AnswerUrgent(request.id, "allow"), login or OPERATOR)
        elif mood < 0.75 and login != OPERATORS:
            self.send(AnswerUrgent(request.id, "refuse"), login)
            overrule = OverruleUrgent(request.id, "the ceremony needs it")
            self.time.after(REACTION_S, partial(self.send, overrule))

    # ---- what is finished ------------------------------------------------------------------------

    def _look(self) -> None:
        """Fetch the results of tasks that have ended; when all have, the games are over."""
        for row in self.store.task_rows():
            if row.id not in self._fetched and row.state in _ENDED:
                self._fetched.add(row.id)
                self._fetch(row.id)
        if len(self._fetched) == self._awaited and self.time.now >= self._ends_s:
            self.finish()
        else:
            self.time.after(LOOK_S, self._look)

    def _fetch(self, task: int) -> None:
        """Count what was rendered twice, and make room on the storage."""
        self.rendered_twice += self.witness.rendered_twice(task)
        self.witness.forget(task)
        self._frames.clear(self.folder / "work" / f"{task:06d}" / "frames")


_ENDED = {TaskState.COMPLETED, TaskState.PARTLY_FAILED, TaskState.FAILED}
