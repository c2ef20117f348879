"""Small farms to test with: records with sensible values, and `Farm`, changed flush by flush."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from farmdesk.domain.exits import ExitCost, ExitRule, TaskLoss
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.records import (
    Flush,
    FrameRecord,
    LogRecord,
    MessageRecord,
    NewTask,
    NodeRecord,
    Outcome,
    TaskRecord,
)
from farmdesk.domain.states import FrameState, NodeState, TaskState
from farmdesk.domain.task_commands import SubmitTask
from farmdesk.domain.urgent import Consent, UrgentRequest
from farmdesk.link.farm_link import FarmLink

NOW = datetime(2026, 2, 4, 12, 30, 15, 123456, tzinfo=UTC)
HOSTILE = (
    "冬奥会开幕式 🎆",
    "𠀀𝄞 four bytes each",
    "'; DROP TABLE task; -- \" ` \\",
    "100% %s %(x)s {0} :name ?",
    "line\r\nbreak\ttab\x1a\x7f",
    "e\N{COMBINING ACUTE ACCENT} \N{RIGHT-TO-LEFT OVERRIDE}abc ẞß",
    " spaces kept ",
)  # texts that databases and drivers have stumbled over


def spec(name: str = "opening", frames: str = "1-10", **more: object) -> SubmitTask:
    """Give a submission for Blender."""
    values: dict[str, object] = {"name": name, "frames": frames, "tool": "blender"}
    values |= {"tool_version": "4.2", "scene": "/srv/scenes/opening.blend", **more}
    return SubmitTask(**values)  # type: ignore[arg-type]  # the caller names real fields


def new_task(task_id: int = 1, submitted: SubmitTask | None = None) -> NewTask:
    """Give a task as the engine makes it of a submission."""
    submitted = submitted or spec()
    total = len(FrameSet.parse(submitted.frames))
    return NewTask(task_id, submitted, "director", NOW, total, f"/srv/work/{task_id}/frames")


def task_record(
    task_id: int = 1,
    state: TaskState = TaskState.RENDERING,
    *,
    done: int = 0,
    frame_states: bytes | None = None,
    recycled: bool = False,
    check_report: str | None = None,
) -> TaskRecord:
    """Give the changing part of a task."""
    return TaskRecord(
        task_id=task_id,
        state=state,
        reason="",
        priority=5,
        position=task_id * 10,
        done=done,
        failed=0,
        running=0,
        render_s=done * 1.5,
        started_at=NOW,
        frame_states=frame_states,
        recycled=recycled,
        check_report=check_report,
    )


def frame_record(
    frame: int,
    state: FrameState = FrameState.DONE,
    *,
    task_id: int = 1,
    attempt: int = 1,
    node: str = "node-01",
) -> FrameRecord:
    """Give a finished attempt at a frame."""
    done = state is FrameState.DONE
    return FrameRecord(
        task_id=task_id,
        frame=frame,
        attempt=attempt,
        state=state,
        node=node,
        finished_at=NOW + timedelta(seconds=frame),
        render_s=1.25,
        load_s=0.5,
        bytes=12_345 if done else 0,
        sha256="5a" * 32 if done else "",
        width=1920,
        height=1080,
        path=f"frame.{frame:06d}.png" if done else "",
        text="" if done else "the tool crashed",
    )


def node_record(
    node: str = "node-01", *, task_id: int | None = None, frame: int | None = None
) -> NodeRecord:
    """Give a node, at work when a task is named."""
    return NodeRecord(
        node=node,
        state=NodeState.IDLE if task_id is None else NodeState.RENDERING,
        task_id=task_id,
        frame=frame,
        frame_started_at=None if frame is None else NOW,
        cpu=0.75,
        memory=0.5,
        disk_free_mb=100_000,
        sampled_at=NOW,
        cpus=16,
        memory_mb=64_000,
        gpus=("RTX 4090", "RTX 4090"),
        pool="gpu",
        tools=("blender", "maya 2025"),
    )


def urgent_request(request_id: int = 1, task_id: int = 1, **more: object) -> UrgentRequest:
    """Give an urgent request that was just made; two customers and the staff are asked."""
    values: dict[str, object] = {
        "id": request_id,
        "task_id": task_id,
        "asked_by": "director",
        "reason": "总导演改了结尾",
        "asked_at": NOW,
        "deadline": NOW + timedelta(minutes=15),
        "consents": (Consent(""), Consent("ann"), Consent("楼长")),
        "costs": (ExitCost(ExitRule.NOW, 2, 1.5, 1, 3.25, 9.0, (TaskLoss(7, 2, 1, 3.25),)),),
        **more,
    }
    return UrgentRequest(**values)  # type: ignore[arg-type]  # the caller names real fields


@dataclass
class Farm:
    """A farm that a test changes: `write` is its store's `apply`, `link` what a client sees."""

    link: FarmLink
    write: Callable[[Flush], int]
    flushes: int = 0

    def change(
        self,
        *,
        new_tasks: tuple[NewTask, ...] = (),
        tasks: tuple[TaskRecord, ...] = (),
        frames: tuple[FrameRecord, ...] = (),
        nodes: tuple[NodeRecord, ...] = (),
        logs: tuple[LogRecord, ...] = (),
        outcomes: tuple[Outcome, ...] = (),
        urgents: tuple[UrgentRequest, ...] = (),
        messages: tuple[MessageRecord, ...] = (),
    ) -> int:
        """Write the next flush and give the new rev."""
        self.flushes += 1
        return self.write(
            Flush(
                self.flushes,
                new_tasks=new_tasks,
                tasks=tasks,
                frames=frames,
                nodes=nodes,
                logs=logs,
                outcomes=outcomes,
                urgents=urgents,
                messages=messages,
            )
        )

    def add_task(self, task_id: int = 1, submitted: SubmitTask | None = None) -> int:
        """Add a task that renders and give the new rev."""
        return self.change(new_tasks=(new_task(task_id, submitted),), tasks=(task_record(task_id),))
