"""What leased staff accounts may do: the files in `sql/grants`, applied to the farm's server."""

import re
from collections.abc import Iterator
from importlib.resources import files

from sqlalchemy import Connection

from farmdesk.db.blockers import free_tables
from farmdesk.db.database import Database
from farmdesk.domain.errors import Refused
from farmdesk.domain.users import Role

_FARM = re.compile(r"[A-Za-z0-9_]{1,20}")  # its roles' names must fit 32 characters
_COMMENT = re.compile(r"^--.*\n", re.MULTILINE)


def apply(database: Database) -> None:
    """Make the roles of leased accounts and the guard on table `command`; also again.

    Does nothing on SQLite, which has no accounts. Raises Refused, and LockedOut when the farm's own
    account may not do this; then staff may nothing until it is done.
    """
    if not database.is_server:
        return
    farm = role_name(database, Role.OPERATOR).rpartition("_")[0]
    with database.at_once() as connection:
        _run(connection, "roles", farm)
        free_tables(connection)  # without a right nobody takes one again
        for name in ("command", "operator", "superadmin"):
            _run(connection, name, farm)


def role_name(database: Database, role: Role) -> str:
    """Give the database role of a role of the staff; it bears the farm's name, others may be near.

    Raises Refused for a database whose name is too long or awkward for that.
    """
    if not _FARM.fullmatch(database.name):
        raise Refused(
            f"The database {database.place} cannot lend accounts: its name must be 1 to 20 of A-Z, "
            "a-z, 0-9 and underline. Move the farm to a database with such a name.",
            f"数据库 {database.place} 无法出借帐号：其名称须为 1 到 20 个字母、数字或下划线。"
            "请将农场迁移到符合要求的数据库。",
        )
    return f"{database.name}_{role.value}"


def _run(connection: Connection, name: str, farm: str) -> None:
    try:
        for statement in _statements(name, farm):
            connection.exec_driver_sql(statement.replace("%", "%%"))
    except Exception:
        connection.invalidate()  # whatever it has locked is free
        raise


def _statements(name: str, farm: str) -> Iterator[str]:
    text = _COMMENT.sub("", (files("sql.grants") / f"{name}.sql").read_text(encoding="utf-8"))
    for statement in text.replace("{farm}", farm).rstrip().removesuffix(";").split(";\n\n"):
        yield statement.strip()
