"""Who uses the farm, and what each role may ask of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import get_args

from farmdesk.domain.account_commands import AccountCommand
from farmdesk.domain.commands import Command
from farmdesk.domain.errors import Refused
from farmdesk.domain.node_commands import AllocateNodes, DrainNodes, SetAutoStart, WakeNodes
from farmdesk.domain.task_commands import (
    PauseTask,
    PurgeTask,
    RecycleTask,
    RestoreTask,
    ResumeTask,
    RetryFailed,
    SetAfter,
    SetPriority,
    StartRender,
    StopTask,
    SubmitTask,
    TakeFrames,
    TakePackage,
    TakeSentFrames,
)
from farmdesk.domain.urgent_commands import (
    AnswerUrgent,
    OverruleUrgent,
    RequestUrgent,
    ReviewUrgent,
    WithdrawUrgent,
)

CUSTOMER_PRIORITY = 5  # the highest that a customer may submit with; more is the operators' choice


class Role(StrEnum):
    """What a user is to the farm."""

    CUSTOMER = "customer"  # a content team: owns tasks
    OPERATOR = "operator"  # render staff: runs everybody's tasks
    SUPERADMIN = "superadmin"  # runs the farm: all that an operator may, and the settings


class Reach(StrEnum):
    """On whose tasks a command may be used."""

    NONE = "none"
    OWN = "own"
    ALL = "all"


ALLOWED: Mapping[type[Command], Mapping[Role, Reach]] = MappingProxyType(
    {
        command: MappingProxyType(
            {Role.CUSTOMER: reach, Role.OPERATOR: Reach.ALL, Role.SUPERADMIN: Reach.ALL}
        )
        for command, reach in {
            SubmitTask: Reach.OWN,
            TakePackage: Reach.OWN,
            TakeFrames: Reach.NONE,
            TakeSentFrames: Reach.NONE,
            StartRender: Reach.NONE,
            PauseTask: Reach.NONE,
            ResumeTask: Reach.NONE,
            SetPriority: Reach.NONE,
            SetAfter: Reach.NONE,
            AllocateNodes: Reach.NONE,
            SetAutoStart: Reach.NONE,
            DrainNodes: Reach.NONE,
            WakeNodes: Reach.NONE,
            StopTask: Reach.OWN,
            RetryFailed: Reach.NONE,
            RecycleTask: Reach.OWN,
            RestoreTask: Reach.OWN,
            PurgeTask: Reach.NONE,
            RequestUrgent: Reach.OWN,
            AnswerUrgent: Reach.ALL,  # the request itself knows whom it asked, and who asked
            ReviewUrgent: Reach.NONE,
            OverruleUrgent: Reach.NONE,
            WithdrawUrgent: Reach.ALL,
        }.items()
    }
    | {
        command: MappingProxyType(
            {Role.CUSTOMER: Reach.NONE, Role.OPERATOR: Reach.NONE, Role.SUPERADMIN: Reach.ALL}
        )
        for command in get_args(AccountCommand)
    }
)
"""Customers hand in and call off their own tasks; when to render is the staff's work.

Who may come in at all is the superadmins' choice.
"""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who logged in."""

    login: str
    role: Role


_ASK_SUPERADMIN = (
    "Only a superadmin may do this. Ask one.",
    "只有超级管理员可以执行此操作。请联系超级管理员。",
)


class NotAllowed(Refused):
    """A command that this role may not give; customers and operators are told whom to ask."""

    def __init__(self, user: User) -> None:
        self.user = user
        if user.role is Role.CUSTOMER:
            en = "Only the render staff may do this. Ask an operator."
            zh = "只有渲染人员可以执行此操作。请联系操作员。"
        else:
            en, zh = _ASK_SUPERADMIN
        super().__init__(en, zh)


class SuperadminsOnly(Refused):
    """What neither customers nor operators may do."""

    def __init__(self) -> None:
        super().__init__(*_ASK_SUPERADMIN)


class StaffSaysWhen(Refused):
    """A customer submits a task and says when it is to be rendered, which is the staff's work."""

    def __init__(self) -> None:
        super().__init__(
            f"Only the render staff may start a task or give it a priority above "
            f"{CUSTOMER_PRIORITY}. Submit it without, then ask an operator.",
            f"只有渲染人员可以启动任务或设置高于 {CUSTOMER_PRIORITY} 的优先级。"
            "请去掉这些选项后提交，再联系操作员。",
        )


class NotYours(Refused):
    """A task that this user may not touch, told as if there were none, so that nothing leaks."""

    def __init__(self, task_id: int) -> None:
        self.task_id = task_id
        super().__init__(
            f"You have no task {task_id}. Look up its number among your tasks.",
            f"您没有任务 {task_id}。请在您的任务列表中核对编号。",
        )


def check_allowed(user: User, command: Command, task_owner: str | None) -> None:
    """Refuse what a user may not ask. `task_owner`: of the task it is about; None: there is none.

    Raises NotAllowed, StaffSaysWhen or NotYours.
    """
    reach = ALLOWED[type(command)][user.role]
    if reach is Reach.ALL:
        return
    if reach is Reach.NONE:
        raise NotAllowed(user)
    if isinstance(command, SubmitTask):
        if command.start or command.priority > CUSTOMER_PRIORITY:
            raise StaffSaysWhen
    elif task_owner != user.login:
        raise NotYours(getattr(command, "task_id", 0))


def check_may_name(user: User, task_id: int, owner: str) -> None:
    """Refuse that a customer names another's task in an own one: its progress would show there.

    Raises NotYours.
    """
    if user.role is Role.CUSTOMER and owner != user.login:
        raise NotYours(task_id)
