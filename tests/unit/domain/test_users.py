"""Who may ask for what, on whose tasks."""

from typing import get_args

import pytest

from farmdesk.domain.commands import Command
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
    TakeFrames,
    TakeSentFrames,
)
from farmdesk.domain.urgent_commands import OverruleUrgent, RequestUrgent, ReviewUrgent
from farmdesk.domain.users import (
    ALLOWED,
    NotAllowed,
    NotYours,
    Role,
    StaffSaysWhen,
    User,
    check_allowed,
)

ANN = User("ann", Role.CUSTOMER)
STAFF = [User("op", Role.OPERATOR), User("root", Role.SUPERADMIN)]
SUBMIT = SubmitTask("snow", "blender", "3.4+", "/work/snow.blend", "1-10")
OWN: list[Command] = [StopTask(7), RecycleTask(7), RestoreTask(7), RequestUrgent(7, "now")]
STAFF_ONLY: list[Command] = [
    StartRender(7),
    PauseTask(7),
    ResumeTask(7),
    SetPriority(7, 9),
    RetryFailed(7),
    TakeFrames(7, "/elsewhere"),
    TakeSentFrames(7, "0f" * 16),
    PurgeTask(7),
    ReviewUrgent(1, "allow"),
    OverruleUrgent(1, "the show begins"),
]
STAFF_SAY_WHEN: list[Command] = [
    SubmitTask("snow", "blender", "3.4+", "/work/snow.blend", "1-10", start=True),
    SubmitTask("snow", "blender", "3.4+", "/work/snow.blend", "1-10", priority=6),
]


def test_every_command_is_in_the_table_for_every_role() -> None:
    assert set(ALLOWED) == set(get_args(Command))
    assert all(set(roles) == set(Role) for roles in ALLOWED.values())


@pytest.mark.parametrize("command", [SUBMIT, *OWN, *STAFF_ONLY, *STAFF_SAY_WHEN])
def test_staff_may_do_all_with_everybodys_tasks(command: Command) -> None:
    for user in STAFF:
        check_allowed(user, command, "ann")


@pytest.mark.parametrize("command", [SUBMIT, *OWN])
def test_a_customer_hands_in_and_calls_off_his_own(command: Command) -> None:
    check_allowed(ANN, command, "ann")


@pytest.mark.parametrize("owner", ["bob", "", None, "ANN"])
@pytest.mark.parametrize("command", OWN)
def test_a_customer_learns_nothing_of_others(command: Command, owner: str | None) -> None:
    with pytest.raises(NotYours) as refused:
        check_allowed(ANN, command, owner)
    assert refused.value.en == "You have no task 7. Look up its number among your tasks."


@pytest.mark.parametrize("command", STAFF_ONLY)
def test_a_customer_does_not_run_the_farm(command: Command) -> None:
    with pytest.raises(NotAllowed):
        check_allowed(ANN, command, "ann")


@pytest.mark.parametrize("command", STAFF_SAY_WHEN)
def test_a_customer_who_says_when_learns_what_he_may_leave_out(command: Command) -> None:
    with pytest.raises(StaffSaysWhen, match=r"start a task or give it a priority above 5\."):
        check_allowed(ANN, command, "ann")
