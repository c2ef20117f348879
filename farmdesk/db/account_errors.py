"""What can go wrong with accounts, in sentences for people."""

from farmdesk.domain.account_words import USER_STATES
from farmdesk.domain.accounts import UserState
from farmdesk.domain.errors import Refused
from farmdesk.domain.text import quoted


class LoginTaken(Refused):
    """Somebody has, or has applied for, this login."""

    def __init__(self, login: str) -> None:
        self.login = login
        super().__init__(
            f"The login {quoted(login)} is taken. Choose another one.",
            f"登录名 {quoted(login)} 已被使用。请另选一个。",
        )


class NoAccount(Refused):
    """There is no such user, or he may not log in now."""

    def __init__(self, login: str) -> None:
        self.login = login
        super().__init__(
            f"There is no active account {quoted(login)}. Check the login.",
            f"没有可用的帐号 {quoted(login)}。请核对登录名。",
        )


class NoApplication(Refused):
    """There is no such application."""

    def __init__(self, application_id: int) -> None:
        self.application_id = application_id
        super().__init__(
            f"There is no application {application_id}. Look up its number among the applications.",
            f"没有编号为 {application_id} 的申请。请在申请列表中核对编号。",
        )


class AlreadyDecided(Refused):
    """Somebody has approved or rejected this application."""

    def __init__(self, application_id: int, by: str) -> None:
        self.application_id = application_id
        super().__init__(
            f"Application {application_id} was decided by {by} already.",
            f"申请 {application_id} 已由 {by} 处理。",
        )


class AppliedBefore(Refused):
    """This very application has come in already."""

    def __init__(self) -> None:
        super().__init__("This application has come in already.", "该申请此前已收到。")


class TooManyApplications(Refused):
    """This account waits for enough decisions already."""

    def __init__(self, login: str) -> None:
        self.login = login
        super().__init__(
            f"Several applications for {quoted(login)} wait for a decision. Ask a superadmin to "
            "decide them first.",
            f"{quoted(login)} 已有多个待处理的申请。请先联系超级管理员处理。",
        )


class NetworkFull(Refused):
    """From where this one comes, enough applications wait already."""

    def __init__(self) -> None:
        super().__init__(
            "Many applications from your network wait for a decision. Ask a superadmin to decide "
            "them, then apply again.",
            "来自您所在网络的多个申请尚待处理。请先联系超级管理员处理，然后重新申请。",
        )


class ListFull(Refused):
    """As many applications wait as a superadmin can look through."""

    def __init__(self) -> None:
        super().__init__(
            "More applications wait than can be taken. The superadmins know it; ask one, and apply "
            "again once some are decided.",
            "待处理的申请已达上限，超级管理员已获通知。请联系超级管理员，待部分申请处理后再申请。",
        )


class NoKey(Refused):
    """There is no such key, or it is not good any more."""

    def __init__(self, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        super().__init__(
            f"There is no key {quoted(fingerprint)} in use. Check its fingerprint.",
            f"没有正在使用的密钥 {quoted(fingerprint)}。请核对其指纹。",
        )


class WrongUserState(Refused):
    """The account stands where this cannot be done."""

    def __init__(self, login: str, state: UserState) -> None:
        self.login = login
        self.state = state
        super().__init__(
            f"The account {quoted(login)} is {state}; this cannot be done with it now.",
            f"帐号 {quoted(login)} 处于“{USER_STATES[state].zh}”状态，现在无法执行此操作。",
        )


class LastSuperAdmin(Refused):
    """Nobody would be left who may decide about accounts."""

    def __init__(self, login: str) -> None:
        self.login = login
        super().__init__(
            f"{quoted(login)} is the last superadmin. Approve another one first.",
            f"{quoted(login)} 是最后一位超级管理员。请先批准另一位。",
        )
