"""The frame-sequence check.

Every frame of a task read again, by worker processes beside the loop.
"""

import contextlib
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle, tee
from pathlib import Path

from farmdesk.domain.errors import FarmError
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.records import FrameRecord
from farmdesk.engine.check_workers import CheckWorker, CheckWorkers
from farmdesk.engine.frame_check import Claim, Finding
from farmdesk.engine.ports import FrameProofs
from farmdesk.engine.posts import BadFrame, CheckEnded, CheckReport

log = logging.getLogger(__name__)

IN_HAND = 4  # claims that wait in a worker's pipe; more would only fill the pipe


@dataclass(frozen=True, slots=True)
class CheckJob:
    """What to check. `size` None: all frames must have the size that most of them have."""

    task_id: int
    frames: FrameSet
    given_up: FrameSet
    folder: Path
    started_mark: Path
    size: tuple[int | None, int | None]


class Checker:
    """Runs checks, each in a thread of its own that feeds some of the workers."""

    def __init__(
        self, proofs: FrameProofs, post: Callable[[CheckEnded], None], workers: CheckWorkers
    ) -> None:
        self._proofs = proofs
        self._post = post
        self._workers = workers

    def begin(self, job: CheckJob) -> None:
        """Start a check and return at once; its end is posted as `CheckEnded`."""
        name = f"check {job.task_id}"
        threading.Thread(target=self._run, args=(job,), name=name, daemon=True).start()

    def _run(self, job: CheckJob) -> None:
        try:
            self._post(CheckEnded(job.task_id, self.check(job)))
        except FarmError as error:
            self._post(CheckEnded(job.task_id, None, error.en))
        except Exception as error:  # the top of a thread: the loop must hear of every end
            log.exception("task %s: frame check failed", job.task_id)
            self._post(CheckEnded(job.task_id, None, str(error)))

    def check(self, job: CheckJob) -> CheckReport:
        """Check every frame and give the report.

        Deletes what does not pass: among the results there must be nothing but proven frames.
        Raises FarmUnavailable while the records cannot be read.
        """
        begun = time.monotonic()
        recorded, width, height = self._survey(job)
        wanted = job.frames - job.given_up
        bad = [
            BadFrame(frame, "is not recorded as finished", missing=True, text_zh="没有完成的记录")
            for frame in wanted - recorded
        ]
        size = 0
        records, claimed = tee(self._records(job, wanted))
        findings = self._findings(_claims(job, claimed, width, height), len(recorded))
        for record, finding in zip(records, findings, strict=True):
            size += finding.bytes
            if finding.error:
                with contextlib.suppress(OSError):  # then it stays, and is overwritten or shown
                    (job.folder / record.path).unlink(missing_ok=True)
                bad.append(_bad(record, finding))
        return CheckReport(
            total=len(job.frames),
            proven=len(wanted) - len(bad),
            bad=tuple(sorted(bad, key=lambda item: item.frame)),
            given_up=str(job.given_up),
            bytes=size,
            width=width,
            height=height,
            seconds=time.monotonic() - begun,
        )

    def _records(self, job: CheckJob, wanted: FrameSet) -> Iterator[FrameRecord]:
        return (item for item in self._proofs.proofs(job.task_id) if item.frame in wanted)

    def _survey(self, job: CheckJob) -> tuple[FrameSet, int, int]:
        """Give the recorded frames and the size that they should have."""
        sizes: Counter[tuple[int, int]] = Counter()

        def frames() -> Iterator[int]:
            for record in self._proofs.proofs(job.task_id):
                sizes[record.width, record.height] += 1
                yield record.frame

        recorded = FrameSet.of(frames())
        most = sizes.most_common(1)[0][0] if sizes else (0, 0)
        return recorded, job.size[0] or most[0], job.size[1] or most[1]

    def _findings(self, claims: Iterable[Claim], count: int) -> Iterator[Finding]:
        with self._workers.lend(count) as workers:
            waiting: deque[CheckWorker] = deque()
            for claim, worker in zip(claims, cycle(workers), strict=False):
                if len(waiting) >= IN_HAND * len(workers):
                    yield waiting.popleft().take()
                worker.give(claim)
                waiting.append(worker)
            while waiting:
                yield waiting.popleft().take()


def _bad(record: FrameRecord, finding: Finding) -> BadFrame:
    return BadFrame(
        record.frame, finding.error, finding.error_zh, missing=finding.missing, record=record
    )


def _claims(
    job: CheckJob, records: Iterable[FrameRecord], width: int, height: int
) -> Iterator[Claim]:
    start = job.started_mark.stat().st_mtime if job.started_mark.exists() else 0.0
    for record in records:
        yield Claim(
            frame=record.frame,
            path=str(job.folder / record.path),
            bytes=record.bytes,
            sha256=record.sha256,
            width=width,
            height=height,
            newer_than=start,
            proven=True,
        )
