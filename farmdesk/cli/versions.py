"""`farmdesk versions`: what the previous version foretold of a task's frames, and what was true."""

from dataclasses import dataclass

from farmdesk.cli.headings import FRAMES
from farmdesk.cli.screen import Screen, Shown
from farmdesk.dispatch.versions import Comparison, Stretch, compare
from farmdesk.domain.errors import Refused
from farmdesk.domain.said import Said
from farmdesk.link.farm_link import FarmLink

_CHANGES = {"new": "新内容", "major": "大改", "minor": "小改"}
_HEADINGS = (
    FRAMES,
    Said("Count", "帧数"),
    Said("Predicted s", "预测（秒）"),
    Said("Real s", "实际（秒）"),
    Said("Error", "误差"),
)


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


def print_versions(screen: Screen, report: VersionReport) -> None:
    """Print the report as a table with a summary."""
    found, task, before = report.comparison, report.task_id, report.previous_task
    screen.say(
        Said(
            f"Task {task} after task {before}: {report.change} change, policy {report.policy}",
            f"任务 {task} 对比任务 {before}：{_CHANGES[report.change]}，策略 {report.policy}",
        )
    )
    if found is None:
        screen.say(
            Said(
                "No frame was rendered in both versions yet.", "尚无在两个版本中都已渲染完成的帧。"
            )
        )
        return
    screen.table(_HEADINGS, map(_stretch, found.stretches), justify="right")
    _print_summary(screen, found)
    if report.predicted_load_s is not None and report.real_load_s is not None:
        predicted, real = f"{report.predicted_load_s:.1f}", f"{report.real_load_s:.1f}"
        screen.say(
            Said(
                f"Scene load: predicted {predicted} s, real {real} s",
                f"场景载入：预测 {predicted} 秒，实际 {real} 秒",
            )
        )


def _print_summary(screen: Screen, found: Comparison) -> None:
    predicted, real = f"{found.predicted_s:.1f}", f"{found.real_s:.1f}"
    ratio, mean, shape = (
        f"{found.ratio - 1.0:+.0%}",
        f"{found.mean_error:.0%}",
        f"{found.shape_error:.0%}",
    )
    screen.say(
        Said(
            f"{found.compared} frames: predicted {predicted} s, real {real} s ({ratio}); mean "
            f"error of a frame {mean}, {shape} at the right level",
            f"{found.compared} 帧：预测 {predicted} 秒，实际 {real} 秒（{ratio}）；"
            f"单帧平均误差 {mean}，校正整体水平后为 {shape}",
        )
    )
    if found.without:
        screen.say(
            Said(
                f"{found.without} frames are not in the previous version.",
                f"有 {found.without} 帧不在上一版本中。",
            )
        )


def _stretch(part: Stretch) -> tuple[Shown, ...]:
    frames = str(part.first) if part.first == part.last else f"{part.first}-{part.last}"
    seconds = f"{part.predicted_s:.2f}", f"{part.real_s:.2f}"
    return frames, str(part.frames), *seconds, f"{part.error:+.0%}"
