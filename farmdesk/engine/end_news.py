"""What people are told when a task has ended: its owner always, the staff when something failed."""

from collections.abc import Iterator

from farmdesk.domain.records import MessageRecord
from farmdesk.domain.said import Said
from farmdesk.domain.states import FrameState
from farmdesk.domain.text import quoted
from farmdesk.domain.users import Role
from farmdesk.engine.clock import Moment
from farmdesk.engine.task_entry import TaskEntry


def end_news(entry: TaskEntry, now: Moment) -> Iterator[MessageRecord]:
    """Give the messages about a task that has just ended."""
    task, said = entry.task, _said(entry)
    yield MessageRecord(now.utc, said.en, said.zh, user=task.owner, task_id=task.id)
    if entry.count(FrameState.FAILED):
        yield MessageRecord(now.utc, said.en, said.zh, role=Role.OPERATOR, task_id=task.id)


def _said(entry: TaskEntry) -> Said:
    task, good = entry.task, entry.count(FrameState.DONE)
    failed, name = entry.select(FrameState.FAILED), quoted(task.spec.name)
    en, zh = f"Task {task.id} ({name})", f"任务 {task.id}（{name}）"
    proven, proven_zh = f"{good} frames are proven.", f"{good} 帧已通过校验。"
    last = entry.last_error
    why, why_zh = (f": {last.en}", f"：{last.zh}") if last.en else (".", "。")
    if not failed:
        return Said(f"{en} is completed: {proven}", f"{zh}已完成：{proven_zh}")
    if not good:
        return Said(f"{en} has failed{why}", f"{zh}失败{why_zh}")
    lost, which = f"{len(failed)} of {len(entry.frames)}", quoted(str(failed))
    return Said(
        f"{en} has ended; {lost} frames failed ({which}){why} {proven}",
        f"{zh}已结束；{len(failed)} 帧失败（{which}）{why_zh}{proven_zh}",
    )
