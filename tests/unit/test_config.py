"""`farm.toml`: who is staff."""

from pathlib import Path

import pytest

from farmdesk.config import FILE, read_config
from farmdesk.domain.errors import Refused
from farmdesk.domain.users import Role


def test_everybody_is_staff_where_nobody_is_named(tmp_path: Path) -> None:
    assert read_config(tmp_path).user("anybody").role is Role.OPERATOR


def test_who_is_not_named_is_a_customer(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('operators = ["anna", "bo"]')
    config = read_config(tmp_path)
    assert config.user("bo").role is Role.OPERATOR
    for login in ("", "Bo", "bo ", "director"):
        assert config.user(login).role is Role.CUSTOMER


@pytest.mark.parametrize("value", ['"anna"', "[]", "[1]", "true"])
def test_what_is_no_list_of_logins_is_refused(tmp_path: Path, value: str) -> None:
    (tmp_path / FILE).write_text(f"operators = {value}")
    with pytest.raises(Refused, match="operators must be a list of logins"):
        read_config(tmp_path)
