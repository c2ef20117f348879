"""Takes scene packages in: what has arrived is opened beside the loop, then its task is queued."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from farmdesk.domain.errors import Refused
from farmdesk.domain.records import MessageRecord
from farmdesk.domain.said import Said
from farmdesk.domain.states import TaskState
from farmdesk.domain.task_commands import TakePackage
from farmdesk.domain.users import User
from farmdesk.engine.clock import Moment
from farmdesk.engine.desk import TaskAnswers
from farmdesk.engine.farm import Farm
from farmdesk.engine.posts import PackageOpened
from farmdesk.engine.task_entry import TaskEntry

log = logging.getLogger(__name__)

OPENERS = 2  # packages that are opened at a time; each keeps a core and the storage busy
RETRY_S = 30.0  # after the world failed: a full disk, a database that is away
NOTHING: Mapping[int, str] = MappingProxyType({})
OPENING = Said("Its package is being opened and checked.", "正在打开并校验场景包。")


@dataclass(frozen=True, slots=True)
class Package:
    """A whole scene package in the inbox, and the task that waits for it."""

    task_id: int
    transfer: str  # id, hex
    scene: str  # where the task's scene file will lie
    previous_task: int | None = None  # whose scene has the files that did not change


class PackageOpener(Protocol):
    """Opens packages beside the loop."""

    def begin(self, package: Package) -> None:
        """Begin and return at once; the end is posted as `PackageOpened`, whatever happens."""
        ...


class Intake:
    """The packages that were handed over and are not open yet.

    `opener` None: this farm has no accounts, so no packages come. `arrived`: what an earlier
    engine had in hand, transfer by task. A package that is opened twice gives the same scene, so
    nothing needs to be remembered of how far that engine came.
    """

    def __init__(
        self,
        farm: Farm,
        opener: PackageOpener | None = None,
        arrived: Mapping[int, str] = NOTHING,
    ) -> None:
        self._farm = farm
        self._opener = opener
        self._waiting = dict(arrived)
        self._in_work: set[int] = set()
        self._not_before: dict[int, float] = {}

    @property
    def about_tasks(self) -> TaskAnswers:
        """What is answered here."""
        return {TakePackage: self.take}

    def check_open(self) -> None:
        """Refuse that a task waits for a package where none can come."""
        if self._opener is None:
            raise Refused(
                "This farm takes no packages. Run `farmdesk setup` on its server, or submit a "
                "scene that lies on its storage.",
                "本渲染农场不接收场景包。请在其服务器上运行 `farmdesk setup`，"
                "或提交位于其存储上的场景。",
            )

    def check_closed(self) -> None:
        """Refuse that a customer names a path of the storage: where packages come, others' lie."""
        if self._opener is not None:
            raise Refused(
                "Your scene must come in a package. Submit it with its upload.",
                "您的场景必须以场景包的形式上传。请在提交时上传。",
            )

    def take(self, command: TakePackage, entry: TaskEntry, _user: User, _now: Moment) -> Said:
        """Note that a task's package is whole."""
        task = entry.task
        if task.id not in self._in_work:
            self._waiting[task.id] = command.transfer
        self._explain(entry, OPENING)
        if task.recycled:
            return Said(
                f"The package of task {task.id} has arrived; it is opened when the task is "
                "restored.",
                f"任务 {task.id} 的场景包已送达；任务恢复后将会打开。",
            )
        return Said(
            f"The package of task {task.id} has arrived; it is being opened.",
            f"任务 {task.id} 的场景包已送达，正在打开。",
        )

    def tick(self, now: Moment) -> None:
        """Begin with what waits; a task in the recycle queue waits until it is restored."""
        if self._opener is None:
            return
        for key, transfer in list(self._waiting.items()):
            if len(self._in_work) >= OPENERS:
                return
            entry = self._farm.tasks.get(key)
            if entry is None or entry.task.recycled or key in self._in_work:
                continue
            if entry.task.state is not TaskState.UPLOADING:
                del self._waiting[key]
            elif now.seconds >= self._not_before.get(key, 0.0):
                self._in_work.add(key)
                spec = entry.task.spec
                self._opener.begin(Package(key, transfer, spec.scene, spec.previous_task))

    def opened(self, post: PackageOpened, now: Moment) -> None:
        """Queue the task, reject it, or try again later."""
        self._in_work.discard(post.task_id)
        entry = self._farm.tasks.get(post.task_id)
        if entry is None or entry.task.recycled or entry.task.state is not TaskState.UPLOADING:
            return
        if post.again:
            self._not_before[post.task_id] = now.seconds + RETRY_S
            self._explain(entry, Said(post.en, post.zh))
            return
        del self._waiting[post.task_id]
        state = TaskState.REJECTED if post.en else TaskState.QUEUED
        entry.task.move(state)
        self._explain(entry, Said(post.en, post.zh))
        self._farm.tell(_message(entry, post, now))
        became = f"{state.value}: {post.en}" if post.en else state.value
        self._farm.put_on_record(entry, "open_package", became, now.utc)
        log.info("task %s: uploading -> %s: %s", post.task_id, state.value, post.en or "proven")

    def _explain(self, entry: TaskEntry, said: Said) -> None:
        entry.task.reason, entry.task.reason_zh = said.en, said.zh
        self._farm.touch(entry, states=True)


def _message(entry: TaskEntry, post: PackageOpened, now: Moment) -> MessageRecord:
    """Tell the owner what became of his package."""
    task = entry.task
    en = f"The package of task {task.id} is proven; the task is queued."
    zh = f"任务 {task.id} 的场景包已通过校验，任务已排队。"
    if post.en:
        en, zh = f"Task {task.id} was rejected. {post.en}", f"任务 {task.id} 校验未通过。{post.zh}"
    return MessageRecord(now.utc, en, zh, user=task.owner, task_id=task.id)
