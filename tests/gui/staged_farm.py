"""A farm that a test stages: a FarmLink in memory that can go away, answer, or stay silent.

Rows are realistic (Chinese names, half a million frames, failures), so that pictures made from it
show what a person would see.
"""

import random
import threading
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from farmdesk.domain.commands import Command
from farmdesk.domain.records import (
    Flush,
    FrameRecord,
    LogRecord,
    NewTask,
    NodeRecord,
    Outcome,
    TaskRecord,
)
from farmdesk.domain.rows import (
    CommandRow,
    FrameRow,
    FrameStates,
    LogRow,
    MessageRow,
    NodeRow,
    Pace,
    TaskRow,
    UrgentRow,
)
from farmdesk.domain.states import FailureReason, FrameState, NodeState, TaskState
from farmdesk.domain.task_commands import (
    PauseTask,
    PurgeTask,
    RecycleTask,
    RestoreTask,
    ResumeTask,
    RetryFailed,
    SetPriority,
    StartRender,
    StopTask,
    SubmitTask,
)
from farmdesk.domain.users import User
from tests.fakes import FakeLink

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
BIG = 500_000
NAMES = (
    "央视春晚_开场_v12",
    "航天纪录片_EP03_sc040",
    "汽车TVC_夜景_final",
    "City_Flythrough_A",
    "动画番剧_S02E11",
    "新闻片头_2027",
    "水墨山河_sh0120",
    "Mech_Assembly_4K",
    "博物馆投影_北墙",
    "电影_深海_sq210",
    "Logo_Loop_8s",
    "天气预报_地图",
    "体育转播_包装",
    "XR_Stage_BG_03",
)
OWNERS = ("央视技术", "星河影视", "华纳广告", "Northlight", "番茄动画", "省台新闻", "墨池工作室")
TOOLS = (("Blender", "4.2"), ("Maya", "2025"), ("C4D", "2025"), ("Houdini", "20.5"), ("Nuke", "15"))
STATES = (
    TaskState.RENDERING,
    TaskState.RENDERING,
    TaskState.QUEUED,
    TaskState.PAUSED,
    TaskState.PARTLY_FAILED,
    TaskState.COMPLETED,
    TaskState.STOPPED,
    TaskState.PREEMPTED,
)
_APPLIED: dict[type[Command], TaskState] = {
    StartRender: TaskState.RENDERING,
    PauseTask: TaskState.PAUSED,
    StopTask: TaskState.STOPPED,
    ResumeTask: TaskState.RENDERING,
    RetryFailed: TaskState.RENDERING,
}


class StagedFarm(FakeLink):
    """A FakeLink for two threads, with an engine of sorts that answers commands.

    The test sets `refusal` and `answers` and reads `sent`.
    """

    def __init__(self) -> None:
        super().__init__(issued_by="李雯")
        self._lock = threading.RLock()
        self._turn = 0
        self.answers = True  # False: commands stay open
        self.refusal = ""  # the sentence that every command is refused with
        self.closed = threading.Event()
        self.reads: list[str] = []  # what was asked, in order

    # ---- staging

    def put(self, **changes: object) -> None:
        """Apply the next flush; `changes` are fields of `Flush`."""
        with self._lock:
            self._turn += 1
            self.apply(Flush(self._turn, **changes))  # type: ignore[arg-type]

    def put_task(self, row: TaskRow, states: bytes | None = None) -> None:
        """Add or change a task."""
        known = row.id in self._new
        spec = SubmitTask(
            name=row.name,
            tool=row.tool,
            tool_version=row.tool_version,
            scene="/farm/scene.blend",
            frames=row.frames,
            project=row.project,
            show=row.show,
            version=row.version,
            due=row.due,
            previous_task=row.previous_task,
        )
        new = NewTask(row.id, spec, row.owner, row.created_at, row.total, row.output)
        record = TaskRecord(
            task_id=row.id,
            state=row.state,
            reason=row.reason,
            reason_zh=row.reason_zh,
            priority=row.priority,
            position=row.position,
            done=row.done,
            failed=row.failed,
            running=row.running,
            render_s=row.render_s,
            started_at=row.started_at,
            frame_states=states,
            recycled=row.recycled,
            purged=row.purged,
            after=row.after,
            after_mode=row.after_mode,
        )
        self.put(new_tasks=() if known else (new,), tasks=(record,))

    def change_task(self, task_id: int, **changes: object) -> None:
        """Change fields of a task."""
        with self._lock:
            row = self._row(task_id)
            self.put_task(replace(row, **changes))  # type: ignore[arg-type]

    def task_row(self, task_id: int) -> TaskRow:
        """Give a task without going through the link."""
        with self._lock:
            return self._row(task_id)

    # ---- FarmLink, for two threads

    def send(self, command: Command) -> int:
        """Apply, refuse or keep the command."""
        with self._lock:
            number = super().send(command)
            task_id: int | None = getattr(command, "task_id", None)
            if self.refusal:
                self._answer(number, applied=False, text=self.refusal, task_id=task_id)
            elif self.answers:
                self._carry_out(command)
                self._answer(number, applied=True, text="", task_id=task_id)
            return number

    def outcome(self, command_id: int) -> CommandRow:
        """Give a command with its answer."""
        with self._lock:
            return super().outcome(command_id)

    def tasks(self, since_rev: int = 0, recycled: bool | None = False) -> list[TaskRow]:
        """Give tasks that changed since."""
        with self._lock:
            self.reads.append("tasks")
            return super().tasks(since_rev, recycled)

    def frame_states(self, task_id: int) -> FrameStates:
        """Give all states of a task."""
        with self._lock:
            self.reads.append("states")
            return super().frame_states(task_id)

    def frames(self, task_id: int, since_rev: int = 0, limit: int = 2000) -> list[FrameRow]:
        """Give newer attempts."""
        with self._lock:
            return super().frames(task_id, since_rev, limit)

    def nodes(self, since_rev: int = 0) -> list[NodeRow]:
        """Give nodes that changed since."""
        with self._lock:
            return super().nodes(since_rev)

    def paces(self, task_ids: Collection[int]) -> list[Pace]:
        """Give how fast tasks were."""
        with self._lock:
            return super().paces(task_ids)

    def urgent_requests(self, since_rev: int = 0) -> list[UrgentRow]:
        """Give urgent requests that changed since."""
        with self._lock:
            return super().urgent_requests(since_rev)

    def messages(self, user: User, since_id: int = 0, limit: int = 200) -> list[MessageRow]:
        """Give newer messages."""
        with self._lock:
            return super().messages(user, since_id, limit)

    def logs(
        self, since_id: int = 0, *, task_id: int | None = None, limit: int = 1000
    ) -> list[LogRow]:
        """Give newer lines."""
        with self._lock:
            return super().logs(since_id, task_id=task_id, limit=limit)

    def close(self) -> None:
        """Remember that the link was given back."""
        self.closed.set()

    # ---- private

    def _answer(self, number: int, *, applied: bool, text: str, task_id: int | None) -> None:
        self.put(outcomes=(Outcome(number, applied, text, NOON, task_id),))

    def _carry_out(self, command: Command) -> None:
        if isinstance(command, SetPriority):
            self.change_task(command.task_id, priority=command.priority)
        elif isinstance(command, PurgeTask):
            self.change_task(command.task_id, purged=True)
        elif isinstance(command, (RecycleTask, RestoreTask)):
            self.change_task(command.task_id, recycled=isinstance(command, RecycleTask))
        elif isinstance(command, (StartRender, PauseTask, StopTask, ResumeTask, RetryFailed)):
            self.change_task(command.task_id, state=_APPLIED[type(command)])


def task_row(task_id: int = 1, **changes: object) -> TaskRow:
    """Give a plain rendering task of 240 frames, with changes."""
    row = TaskRow(
        id=task_id,
        rev=0,
        name=f"新闻片头_{task_id}",
        owner="省台新闻",
        project="晚间新闻",
        show="片头",
        version="v03",
        tool="Blender",
        tool_version="4.2",
        state=TaskState.RENDERING,
        reason="",
        priority=5,
        position=task_id,
        frames="1-240",
        total=240,
        done=0,
        failed=0,
        running=0,
        nodes=0,
        render_s=0.0,
        created_at=NOON,
        started_at=NOON,
        finished_at=None,
        recycled=False,
        output="/farm/work/1/frames",
    )
    return replace(row, **changes)  # type: ignore[arg-type]


def realistic_farm(big: int = BIG, now: datetime | None = None) -> StagedFarm:
    """Give a busy farm: 30 tasks, the first of `big` frames, 24 nodes and a log."""
    farm, dice, now = StagedFarm(), random.Random(5), now or datetime.now(UTC)
    states = big_states(big)
    counts = np.bincount(np.frombuffer(states, np.uint8), minlength=len(FrameState))
    done, failed = int(counts[FrameState.DONE]), int(counts[FrameState.FAILED])
    farm.put_task(
        task_row(
            name=NAMES[0],
            owner=OWNERS[0],
            frames=f"1001-{1000 + big}",
            total=big,
            done=done,
            failed=failed,
            running=int(counts[FrameState.RENDERING]),
            nodes=16,
            render_s=done * 3.1,
            priority=9,
            created_at=now - timedelta(hours=30),
        ),
        states,
    )
    for place in range(1, 30):
        _put_small_task(farm, place, dice)
    _put_nodes(farm, now, dice, first=1001 + int(big * 0.42))
    _put_attempts(farm, states, now)
    _put_logs(farm, now)
    return farm


def big_states(total: int) -> bytes:
    """Give the states of a task in mid-render: 42 % ended, a busy zone, the rest waiting."""
    dice = np.random.default_rng(3)
    states = np.zeros(total, np.uint8)
    ended = int(total * 0.42)
    states[:ended] = FrameState.DONE
    states[dice.choice(ended, ended // 220, replace=False)] = FrameState.FAILED
    states[dice.choice(ended, ended // 400, replace=False)] = FrameState.SKIPPED
    busy = slice(ended, ended + max(64, total // 900))
    choices = (1, 1, 2, 2, 3, 4, 4, 4, 6, 5)
    states[busy] = dice.choice(choices, len(states[busy]))
    return states.tobytes()


def _put_small_task(farm: StagedFarm, place: int, dice: random.Random) -> None:
    state = STATES[place % len(STATES)]
    total = dice.choice((240, 480, 1200, 3000, 900))
    share = {TaskState.COMPLETED: 1.0, TaskState.QUEUED: 0.0}.get(state, dice.random() * 0.9)
    done = int(total * share)
    failed = max(1, total // 90) if state is TaskState.PARTLY_FAILED else 0
    running = min(8, total - done) if state is TaskState.RENDERING else 0
    done = total - failed if state is TaskState.PARTLY_FAILED else done
    tool, version = TOOLS[place % len(TOOLS)]
    states = np.zeros(total, np.uint8)
    states[:done] = FrameState.DONE
    states[done : done + running] = FrameState.RENDERING
    states[total - failed :] = FrameState.FAILED
    row = task_row(
        place + 1,
        name=NAMES[place % len(NAMES)] + ("" if place < len(NAMES) else f"_{place}"),
        owner=OWNERS[place % len(OWNERS)],
        tool=tool,
        tool_version=version,
        state=state,
        total=total,
        frames=f"1-{total}",
        done=done,
        failed=failed,
        running=running,
        nodes=running,
        render_s=done * 31.0,
        priority=max(0, 8 - place // 4),
        reason="帧 1071 在 3 个节点上失败" if failed else "",
        recycled=place > 27,
    )
    farm.put_task(row, states.tobytes())


def _put_nodes(farm: StagedFarm, now: datetime, dice: random.Random, *, first: int) -> None:
    odd = {7: NodeState.OFFLINE, 12: NodeState.MAINTENANCE, 17: NodeState.FAULT}
    records: list[NodeRecord] = []
    odd |= {3: NodeState.IDLE, 20: NodeState.DRAINING, 21: NodeState.IDLE}
    for place in range(24):
        state = odd.get(place, NodeState.RENDERING)
        busy = state in (NodeState.RENDERING, NodeState.DRAINING)
        record = NodeRecord(
            f"node{place:02d}",
            state,
            reason="连续 5 帧失败：显存不足" if state is NodeState.FAULT else "",
            task_id=1 if busy else None,
            frame=first + place if busy else None,
            frame_started_at=now - timedelta(seconds=40) if busy else None,
            cpu=dice.uniform(0.82, 0.99) if busy else 0.03,
            memory=dice.uniform(0.3, 0.95),
            gpu=dice.uniform(0.4, 0.99) if busy and place % 3 else (None if busy else 0.0),
            disk_free_mb=812_000,
            sampled_at=now - timedelta(seconds=40 if place == 9 else 1),
            cpus=64,
            memory_mb=262_144,
            gpus=("RTX 6000 Ada",),
        )
        records.append(record)
    farm.put(nodes=tuple(records))


def _put_attempts(farm: StagedFarm, states: bytes, now: datetime) -> None:
    array = np.frombuffer(states, np.uint8)
    failed = np.flatnonzero(array == FrameState.FAILED)[:400]
    done = np.flatnonzero(array == FrameState.DONE)[-1500:]
    attempts = []
    for place in (*failed, *done):
        bad = array[place] == FrameState.FAILED
        attempts.append(
            FrameRecord(
                task_id=1,
                frame=1001 + int(place),
                attempt=3 if bad else 1,
                state=FrameState.FAILED if bad else FrameState.DONE,
                node=f"node{int(place) % 24:02d}",
                finished_at=now,
                render_s=2.0 + int(place) % 30 / 10,
                reason=FailureReason.OUT_OF_MEMORY if bad else None,
                text="CUDA out of memory (24.0 GiB)" if bad else "",
            )
        )
    farm.put(frames=tuple(attempts))


def _put_logs(farm: StagedFarm, now: datetime) -> None:
    lines = (
        ("info", "Loading scene 深海_sq210_v031.blend (1.8 GB)", None),
        ("info", "Fra:211001 Mem:10.94G | Sample 64/512", None),
        ("warning", "texture cache 91 % full", None),
        ("error", "CUDA out of memory (24.0 GiB), attempt 2/3", 1071),
        ("error", "显存不足，已改派到 node08（建议：该任务限 48 GB 显存节点）", 1071),
        ("info", "Saved /farm/work/1/frames/beauty.211001.exr", 211001),
    )
    records = []
    for turn in range(40):
        for second, (level, text, frame) in enumerate(lines):
            at = now - timedelta(seconds=60 * (40 - turn) - second)
            node = f"node{(turn * 7 + second) % 24:02d}"
            records.append(LogRecord(at, level, text, 1, node, frame))
    farm.put(logs=tuple(records))
