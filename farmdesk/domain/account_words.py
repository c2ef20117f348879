"""The words for roles and for where accounts, keys and applications stand.

A test fails for one without words, as for those of `state_words`.
"""

from collections.abc import Mapping

from farmdesk.domain.accounts import ApplicationKind, KeyState, UserState
from farmdesk.domain.said import Said
from farmdesk.domain.users import Role

ROLES: Mapping[Role, Said] = {
    Role.CUSTOMER: Said("Customer", "客户"),
    Role.OPERATOR: Said("Operator", "操作员"),
    Role.SUPERADMIN: Said("Superadmin", "超级管理员"),
}

USER_STATES: Mapping[UserState, Said] = {
    UserState.PENDING: Said("Pending", "待审批"),
    UserState.ACTIVE: Said("Active", "正常"),
    UserState.SUSPENDED: Said("Suspended", "已停用"),
    UserState.REJECTED: Said("Rejected", "已驳回"),
}

KEY_STATES: Mapping[KeyState, Said] = {
    KeyState.ACTIVE: Said("Active", "有效"),
    KeyState.RETIRED: Said("Retired", "已更换"),
    KeyState.REVOKED: Said("Revoked", "已吊销"),
}

APPLICATIONS: Mapping[ApplicationKind, Said] = {
    ApplicationKind.ACCOUNT: Said("an account", "新账户"),
    ApplicationKind.REISSUE: Said("new keys", "新密钥"),
}
