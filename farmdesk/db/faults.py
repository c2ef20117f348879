"""Turns what drivers raise into what a person can act on; what is our own fault passes through."""

import sqlite3
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from farmdesk.domain.accounts import LEASE_PREFIX
from farmdesk.domain.errors import FarmError, FarmUnavailable, Refused

# Error numbers of MySQL and MariaDB. Source: mysqld_error.h, errmsg.h (CR_*).
_AWAY = {
    1040,  # too many connections
    1053,  # server shutdown in progress
    1077,  # normal shutdown
    1152,  # aborted connection
    1158,  # network read error
    1159,  # network read timeout
    1160,  # network write error
    1161,  # network write timeout
    1205,  # lock wait timeout
    1213,  # deadlock
    1290,  # it runs read-only, as after a failover
    1317,  # query interrupted
    1927,  # MariaDB: connection was killed
    2002,  # cannot connect, local
    2003,  # cannot connect, TCP
    2005,  # unknown host
    2006,  # server has gone away
    2013,  # lost connection during query
    2055,  # lost connection at a system call
    3024,  # query execution timed out
    4031,  # MySQL: disconnected for inactivity
}
_FULL = {1021, 1114}  # disk full, table full
_LOCKED_OUT = {
    1044,  # no grant on the database
    1045,  # wrong password, or no TLS where it is required
    1049,  # no such database
    1130,  # not from this host
    1142,  # no grant on the table
    1143,  # no grant on the column
    1227,  # no such global right
    1698,  # no password may do
    1820,  # its password has expired
    1862,  # its password has expired
    1959,  # MariaDB: no such role for this account
    3118,  # MySQL: it is locked
    3159,  # MySQL: TLS is required
    3530,  # MySQL: no such role for this account
    4151,  # MariaDB: it is locked
}
_UNKNOWN = {1045, 1698}  # of them: there is no such account, or it has another password
_NO_TRIGGER = 1419  # not while there is a binary log
_USED_UP = {1203, 1226}  # the account has no connection, or no change, left
_NO_FARM = {1054, 1146}  # no such column, no such table


class LockedOut(Refused):
    """The database answers, but not to this account."""


class WrongServer(Refused):
    """Whoever answers at the database's address is not the farm's database."""


class Busy(FarmUnavailable):
    """Somebody else keeps hold of the database, or of a work that is done by one at a time.

    `place` names the database without its password.
    """

    def __init__(self, place: str) -> None:
        super().__init__(
            f"Somebody else has been at work on the database {place} for long. Try again later.",
            f"另一个程序长时间占用数据库 {place}。请稍后再试。",
        )


class WrongSchema(FarmError):
    """The database does not hold a farm of this version."""


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Raise FarmUnavailable, LockedOut, WrongServer or WrongSchema for the driver's errors.

    `place` names the database without its password.
    """
    try:
        yield
    except PoolTimeout as error:
        raise _away(place) from error
    except DBAPIError as error:
        known = _known(place, error)
        if known is None:
            raise
        raise known from error


def _known(place: str, error: DBAPIError) -> FarmError | None:
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return _known_sqlite(place, str(cause))
    number = cause.args[0] if cause is not None and cause.args else None
    if isinstance(getattr(cause, "original_exception", None), ssl.SSLCertVerificationError):
        return _foreign(place)
    if error.connection_invalidated or number in _AWAY:
        return _away(place)
    if number in _USED_UP:
        return _used_up(place)
    if number == _NO_TRIGGER:
        return _no_trigger(place)
    if number in _FULL:
        return _full(place)
    if number in _LOCKED_OUT:
        is_over = number in _UNKNOWN and f"//{LEASE_PREFIX}" in place
        return _login_over() if is_over else _locked_out(place)
    return _no_farm(place) if number in _NO_FARM else None


def _known_sqlite(place: str, text: str) -> FarmError | None:
    if "is full" in text:
        return _full(place)
    if "no such table" in text or "no such column" in text:
        return _no_farm(place)
    if "unable to open" in text and _is_absent(Path(place)):
        return _no_farm(place)
    if "not a database" in text or "malformed" in text:
        return _damaged(place)
    if "locked" in text:
        return Busy(place)
    if any(word in text for word in ("unable to open", "disk I/O", "readonly")):
        return _away(place)
    return None


def _is_absent(path: Path) -> bool:
    """Whether a file is not in its folder; a folder that is gone may be a share that comes back."""
    return path.parent.is_dir() and not path.exists()


def _away(place: str) -> FarmUnavailable:
    return FarmUnavailable(
        f"The database {place} cannot be reached now. Check that it runs and that the network is "
        "up; nothing that was finished is lost.",
        f"现在无法连接数据库 {place}。请检查数据库是否运行、网络是否正常；已完成的工作不会丢失。",
    )


def _foreign(place: str) -> WrongServer:
    return WrongServer(
        f"The server at {place} does not show a certificate of this farm's authority for that "
        "name. Somebody may stand between: ask a superadmin, and do not go on.",
        f"{place} 处的服务器未出示本农场 CA 为该名称签发的证书。可能有人从中拦截："
        "请联系超级管理员，不要继续。",
    )


def _locked_out(place: str) -> LockedOut:
    return LockedOut(
        f"The database {place} does not accept this account. Check its user name, its password "
        "and its rights.",
        f"数据库 {place} 不接受此账号。请检查用户名、密码和权限。",
    )


def _no_trigger(place: str) -> LockedOut:
    return LockedOut(
        f"The database {place} lets this account make no triggers, as it keeps a binary log. Set "
        "log_bin_trust_function_creators = 1 on the server, then run farmdesk setup again.",
        f"数据库 {place} 启用了二进制日志，不允许此账号创建触发器。请在数据库服务器上设置 "
        "log_bin_trust_function_creators = 1，然后重新运行 farmdesk setup。",
    )


def _login_over() -> LockedOut:
    """Tell somebody whose leased account was dropped."""
    return LockedOut(
        "Your login to the farm is over. Log in again: farmdesk login.",
        "您对农场的登录已失效。请重新登录：farmdesk login。",
    )


def _used_up(place: str) -> FarmUnavailable:
    return FarmUnavailable(
        f"The database {place} allows this login no more connections, or no more commands within "
        "this hour. Close other windows, or wait.",
        f"数据库 {place} 不再允许此登录建立更多连接，或本小时内发送更多命令。"
        "请关闭其他窗口，或稍候。",
    )


def _full(place: str) -> FarmUnavailable:
    return FarmUnavailable(
        f"The database {place} has no disk space left. Free some space; the farm then goes on "
        "by itself.",
        f"数据库 {place} 的磁盘空间已满。请清理空间，农场随后会自动继续。",
    )


def _damaged(place: str) -> FarmUnavailable:
    return FarmUnavailable(
        f"The database {place} is damaged, or is none. Stop the server, bring the file back from a "
        "backup, and look after this disk.",
        f"数据库 {place} 已损坏，或不是数据库文件。请停止服务器，从备份恢复该文件，并检查此磁盘。",
    )


def _no_farm(place: str) -> WrongSchema:
    return WrongSchema(
        f"The database {place} holds no farm of this version. Start the server once: "
        "`farmdesk server` prepares it.",
        f"数据库 {place} 中没有此版本的农场。请先启动一次服务器：`farmdesk server` 会准备好它。",
    )
