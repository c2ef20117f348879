"""A task with rendered frames: their files, and the proofs of them in a farm's tables."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from farmdesk.db.store import Store
from farmdesk.domain.records import Flush, FrameRecord
from farmdesk.domain.states import FailureReason, FrameState, TaskState
from farmdesk.security.audit_chain import digest_of
from tests.samples import NOW, frame_record, new_task, spec, task_record


@dataclass
class RenderedTask:
    """One task of `owner`; `folder` holds its frames. Made once a farm."""

    url: str
    folder: Path
    owner: str
    task_id: int = 1
    flushes: int = 0  # that the farm has seen before
    frames: str = "-3-10"

    def make(self, contents: Mapping[int, bytes], state: TaskState = TaskState.COMPLETED) -> None:
        """Put the task into the farm, with these frames rendered."""
        self.folder.mkdir(parents=True)
        made = new_task(self.task_id, spec(frames=self.frames))
        made = replace(made, owner=self.owner, output=str(self.folder))
        record = task_record(self.task_id, state)
        proofs = [self.publish(frame, content) for frame, content in contents.items()]
        self._apply(Flush(1, new_tasks=(made,), tasks=(record,), frames=tuple(proofs)))

    def end(self, state: TaskState) -> None:
        """Let the task have ended."""
        self._apply(Flush(1, tasks=(task_record(self.task_id, state),)))

    def fail(self, frame: int, reason: FailureReason, attempt: int = 1) -> None:
        """Give a frame up."""
        failed = frame_record(frame, FrameState.FAILED, task_id=self.task_id, attempt=attempt)
        self._apply(Flush(1, frames=(replace(failed, reason=reason),)))

    def render(self, frame: int, content: bytes, attempt: int = 1) -> None:
        """Render a frame, or render it again: its file takes its place, and is proven."""
        self._apply(Flush(attempt, frames=(self.publish(frame, content, attempt),)))

    def publish(self, frame: int, content: bytes, attempt: int = 1) -> FrameRecord:
        """Write a frame as a node does, and give its proof."""
        proof = replace(
            frame_record(frame, task_id=self.task_id, attempt=attempt),
            bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )
        part = self.folder / "part"
        part.write_bytes(content)
        part.replace(self.file(frame))
        return proof

    def tell(self, frame: int, **changed: object) -> None:
        """Put a proof into the farm that says something else."""
        proof = replace(frame_record(frame, task_id=self.task_id), **changed)  # type: ignore[arg-type]
        self._apply(Flush(frame, frames=(proof,)))

    def file(self, frame: int) -> Path:
        """Give the place of a frame."""
        return self.folder / frame_record(frame, FrameState.DONE).path

    def _apply(self, flush: Flush) -> None:
        self.flushes += 1
        store = Store(self.url, owner="engine", chain=digest_of)
        store.acquire_lease(NOW, 60)
        store.apply(replace(flush, number=self.flushes))
        store.close()


def noise(size: int) -> bytes:
    """Give bytes that look like no others."""
    return os.urandom(size)
