"""The front desk: every kind of command has one desk that answers it."""

from pathlib import Path
from typing import get_args

from farmdesk.domain.account_commands import AccountCommand
from farmdesk.domain.commands import Command
from tests.unit.engine.rig import Rig


def test_every_kind_of_command_has_its_desk(tmp_path: Path) -> None:
    desk = Rig(tmp_path).engine._desk
    answered = [*desk._about_tasks, *desk._about_farm, *desk._answered_later]
    assert len(answered) == len(set(answered))
    assert set(answered) >= set(get_args(Command)) - set(get_args(AccountCommand))
