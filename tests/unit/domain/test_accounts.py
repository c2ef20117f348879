"""What an account may look like, and who may decide about accounts."""

from dataclasses import replace
from typing import get_args

import pytest

from farmdesk.domain.account_commands import AccountCommand, ApproveUser
from farmdesk.domain.accounts import BadAccountField, Profile, check_login, check_profile
from farmdesk.domain.users import ALLOWED, NotAllowed, Reach, Role, User, check_allowed

PROFILE = Profile("王丽", "开幕式 内容组", "wang@studio.example", "110101199001011234")


@pytest.mark.parametrize("login", ["wang.li", "abc", "a" * 32, "n2-team_b"])
def test_a_plain_login_is_taken(login: str) -> None:
    assert check_login(login) == login


@pytest.mark.parametrize(
    "login",
    [
        "",
        "ab",
        "a" * 33,
        "Wang",
        "1abc",
        "fl_abc",
        "wang li",
        "wang\n",
        "王丽丽",
        "a'; DROP",
        "../x",
        "setup",
        "farm",
    ],
)
def test_a_login_that_could_be_mistaken_is_refused(login: str) -> None:
    with pytest.raises(BadAccountField, match="login"):
        check_login(login)


@pytest.mark.parametrize("name", ["name", "department", "contact", "identity"])
@pytest.mark.parametrize("text", ["", "  ", "a\nb", "\N{RIGHT-TO-LEFT OVERRIDE}x", "x" * 201])
def test_a_profile_is_whole_and_can_be_shown(name: str, text: str) -> None:
    assert check_profile(PROFILE) is PROFILE
    with pytest.raises(BadAccountField, match=name):
        check_profile(replace(PROFILE, **{name: text}))


def test_an_identity_number_is_never_shown() -> None:
    assert PROFILE.identity not in repr(PROFILE)


def test_only_a_superadmin_decides_about_accounts() -> None:
    for command in get_args(AccountCommand):
        assert {role for role in Role if ALLOWED[command][role] is not Reach.NONE} == {
            Role.SUPERADMIN
        }
    with pytest.raises(NotAllowed, match="superadmin"):
        check_allowed(User("op", Role.OPERATOR), ApproveUser(1), None)
