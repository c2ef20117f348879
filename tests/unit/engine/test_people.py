"""Who may send commands on a farm with accounts, and who carries out those about accounts."""

from dataclasses import replace
from pathlib import Path

import pytest

from farmdesk.config import Config, GatewayConfig
from farmdesk.domain.account_commands import SuspendUser
from farmdesk.domain.accounts import Account, UserState
from farmdesk.domain.commands import kind_of, to_body
from farmdesk.domain.errors import Refused
from farmdesk.domain.node_commands import SetAutoStart
from farmdesk.domain.records import Outcome
from farmdesk.domain.rows import CommandRow
from farmdesk.domain.users import Role
from farmdesk.engine.office import HalfSetUp, open_office
from farmdesk.engine.people import Directory
from farmdesk.engine.posts import AccountsChanged, CommandsArrived
from tests.gateways import add_user
from tests.unit.engine.rig import NOON, Rig

ANN = Account(1, "ann", Role.CUSTOMER, UserState.ACTIVE, "Ann", "Stage", "x", 9, NOON)
OPS = replace(ANN, user_id=2, login="ops", role=Role.OPERATOR)
CHIEF = replace(ANN, user_id=3, login="chief", role=Role.SUPERADMIN)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path, people=Directory([ANN, OPS, CHIEF]))


def test_roles_come_from_accounts(rig: Rig) -> None:
    assert rig.send(SetAutoStart(True), user="ops").applied
    assert "render staff" in rig.send(SetAutoStart(True), user="ann").text
    assert "no active account" in rig.send(SetAutoStart(True), user="operator").text


@pytest.mark.parametrize("state", [item for item in UserState if item is not UserState.ACTIVE])
def test_only_an_active_account_sends(state: UserState) -> None:
    directory = Directory([replace(ANN, state=state)])
    with pytest.raises(Refused, match="no active account"):
        directory.sender("ann")
    directory.replace([replace(OPS, login="ann")])
    assert directory.sender("ann").role is Role.OPERATOR


def test_what_somebody_is_to_the_farm_outlives_his_log_in() -> None:
    directory = Directory([ANN, replace(OPS, state=UserState.SUSPENDED)])
    roles = [directory.user(login).role for login in ("ann", "ops", "stranger")]
    assert roles == [Role.CUSTOMER, Role.OPERATOR, Role.CUSTOMER]


def test_a_command_about_accounts_is_answered_later(rig: Rig) -> None:
    command = SuspendUser("ann", "left")
    row = CommandRow(1, kind_of(command), "chief", NOON, to_body(command))
    rig.link._commands.append(row)
    rig.inbox.put(CommandsArrived((row,)))
    rig.turn()
    assert rig.about_accounts == [(row, command)]
    assert not any(flush.outcomes for flush in rig.flushes)
    done = Outcome(1, applied=True, text="done", at=NOON)
    rig.inbox.put(AccountsChanged(done))
    rig.turn()
    assert [item for flush in rig.flushes for item in flush.outcomes] == [done]


def test_an_operator_changes_no_accounts(rig: Rig) -> None:
    assert "superadmin" in rig.send(SuspendUser("ann", "left"), user="ops").text
    assert not rig.about_accounts


def test_a_farm_without_accounts_says_so(tmp_path: Path) -> None:
    """Not that only a superadmin may: there is none, until its server starts anew."""
    outcome = Rig(tmp_path, operators=frozenset({"ops"})).send(SuspendUser("ann", "x"), user="ops")
    assert not outcome.applied
    assert "start the server anew" in outcome.text


def test_a_farm_that_is_half_set_up_does_not_start(sqlite_url: str, tmp_path: Path) -> None:
    """Everybody would be its staff, and nobody could let anybody in."""
    path = tmp_path / "x.pem"
    gateway = GatewayConfig("::1", 1, certificate=path, key=path, ca=path)
    config = Config(tmp_path, sqlite_url, (), gateway=gateway)
    with pytest.raises(HalfSetUp), open_office(config, lambda _post: None):
        pass
    with open_office(replace(config, gateway=None), lambda _post: None) as office:
        assert office.accounts is None


def test_a_master_key_that_is_gone_is_told_at_the_start_and_stops_no_frame(
    sqlite_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    add_user(sqlite_url, "boss", Role.SUPERADMIN)
    config = Config(tmp_path, sqlite_url, (), master_key=tmp_path / "master.key")
    with open_office(config, lambda _post: None) as office:
        assert office.accounts is not None
    assert "the vault does not open" in caplog.text
    assert str(config.master_key) in caplog.text
