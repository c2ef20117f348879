"""Who the senders of commands are: everybody of a local farm, or those who have accounts."""

from collections.abc import Iterable
from typing import Protocol

from farmdesk.config import Config
from farmdesk.domain.accounts import Account, UserState, check_sender
from farmdesk.domain.errors import Refused
from farmdesk.domain.text import quoted
from farmdesk.domain.users import Role, User


class People(Protocol):
    """Knows people by their logins; safe in all threads."""

    def user(self, login: str) -> User:
        """Give what somebody is to the farm; a stranger is a customer."""
        ...

    def sender(self, login: str) -> User:
        """Give who sends a command. Raises Refused for one who may send nothing."""
        ...


class LocalPeople:
    """People of a farm without accounts, as its `farm.toml` says."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def user(self, login: str) -> User:
        """Give a login with its role."""
        return self._config.user(login)

    sender = user


class Directory:
    """The accounts as of their last change, which the engine itself makes."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._accounts: dict[str, Account] = {}
        self.replace(accounts)

    def replace(self, accounts: Iterable[Account]) -> None:
        """Know these accounts from now on."""
        self._accounts = {account.login: account for account in accounts}

    def user(self, login: str) -> User:
        """Give a login with its role."""
        account = self._accounts.get(login)
        return User(login, Role.CUSTOMER) if account is None else account.user

    def sender(self, login: str) -> User:
        """Give the user of an active account. Raises Refused."""
        check_sender(login)
        account = self._accounts.get(login)
        if account is None or account.state is not UserState.ACTIVE:
            raise Refused(
                f"{quoted(login)} has no active account on this farm. On the farm's server say who "
                "you are with --as; else ask a superadmin.",
                f"{quoted(login)} 在本渲染农场没有可用的帐号。在农场服务器上请用 --as 指明身份；"
                "否则请联系超级管理员。",
            )
        return account.user
