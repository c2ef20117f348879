"""What people are told when a task has ended: its owner always, the staff when something failed."""

from collections.abc import Iterator

from farmdesk.domain.records import MessageRecord
from farmdesk.domain.said import Said
from farmdesk.domain.states import FrameState
from farmdesk.domain.text import quoted
from farmdesk.domain.users import Role, User
from farmdesk.engine.clock import Moment
from farmdesk.engine.task_entry import TaskEntry


def end_news(entry: TaskEntry, owner: User, now: Moment) -> Iterator[MessageRecord]:
    """Give the messages about a task that has just ended; an owner of the staff reads one."""
    task_id, said, failed = entry.task.id, _said(entry), entry.count(FrameState.FAILED)
    if not failed or owner.role is Role.CUSTOMER:
        yield MessageRecord(now.utc, said.en, said.zh, user=owner.login, task_id=task_id)
    if failed:
        yield MessageRecord(now.utc, said.en, said.zh, role=Role.OPERATOR, task_id=task_id)


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
