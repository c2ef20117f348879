"""`farmdesk versions`: what the previous version foretold of a task's frames, and what was true."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from farmdesk.dispatch.versions import Comparison, compare
from farmdesk.domain.errors import Refused
from farmdesk.link.farm_link import FarmLink


@dataclass(frozen=True, slots=True)
class VersionReport:
    """A task beside its previous version. Loads are means, None where none was measured.

    `comparison` None: they have no rendered frame in common.
    """

    task_id: int
    previous_task: int
    change: str
    policy: str
    predicted_load_s: float | None
    real_load_s: float | None
    comparison: Comparison | None


def version_report(link: FarmLink, task_id: int, stretches: int) -> VersionReport:
    """Give the report. `stretches` 0: one for each frame. Raises Refused without a version."""
    row = link.task(task_id)
    if row.previous_task is None:
        raise Refused(
            f"Task {task_id} names no previous version. Submit the next one with --previous.",
            f"任务 {task_id} 没有指定上一版本。下次提交时请使用 --previous。",
        )
    before, now = link.frame_times(row.previous_task), link.frame_times(task_id)
    number = stretches if stretches > 0 else max(len(now.seconds), 1)
    return VersionReport(
        task_id=task_id,
        previous_task=row.previous_task,
        change=row.change,
        policy=row.policy,
        predicted_load_s=before.load_s,
        real_load_s=now.load_s,
        comparison=compare(before.seconds, now.seconds, stretches=number),
    )


def print_versions(console: Console, report: VersionReport) -> None:
    """Print the report as a table with a summary."""
    found = report.comparison
    console.print(
        f"Task {report.task_id} after task {report.previous_task}: {report.change} change, "
        f"policy {report.policy}"
    )
    if found is None:
        console.print("No frame was rendered in both versions yet.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("Frames", "Count", "Predicted s", "Real s", "Error"):
        table.add_column(column, justify="right")
    for part in found.stretches:
        frames = str(part.first) if part.first == part.last else f"{part.first}-{part.last}"
        error = f"{part.error:+.0%}"
        table.add_row(
            frames, str(part.frames), f"{part.predicted_s:.2f}", f"{part.real_s:.2f}", error
        )
    console.print(table)
    console.print(
        f"{found.compared} frames: predicted {found.predicted_s:.1f} s, real {found.real_s:.1f} s "
        f"({found.ratio - 1.0:+.0%}); mean error of a frame {found.mean_error:.0%}, "
        f"{found.shape_error:.0%} at the right level",
        soft_wrap=True,
    )
    if found.without:
        console.print(f"{found.without} frames are not in the previous version.")
    if report.predicted_load_s is not None and report.real_load_s is not None:
        console.print(
            f"Scene load: predicted {report.predicted_load_s:.1f} s, "
            f"real {report.real_load_s:.1f} s"
        )
