"""Brings a database up to this version of FarmDesk: forward only, safe again and by two at once."""

from importlib.resources import as_file, files

from sqlalchemy import Connection, inspect, text

from farmdesk.db.alone import alone
from farmdesk.db.blockers import free_tables
from farmdesk.db.database import open_database
from farmdesk.db.faults import WrongSchema

WAIT_S = 120  # a migration of a large farm, or the wait for somebody else's


def migrate(url: str) -> bool:
    """Make or update the farm's tables; False when there was nothing to do.

    Raises FarmUnavailable, or WrongSchema for a newer farm.
    """
    database = open_database(url, answer_s=WAIT_S + 10, make=True)
    try:
        with alone(database, "migrate", wait_s=WAIT_S):
            if database.is_server:
                with database.at_once() as connection:
                    free_tables(connection)
            with database.writing() as connection:
                is_old = not _is_newest(connection)
                if is_old:
                    _upgrade(connection, database.place)
                return is_old
    finally:
        database.close()


def _is_newest(connection: Connection) -> bool:
    """Whether there is nothing to do: each migration's file begins with its number."""
    newest = max(file.name[1:5] for file in files("sql.versions").iterdir() if file.name[0] == "v")
    if not inspect(connection).has_table("alembic_version"):
        return False
    return bool(connection.scalar(text("SELECT version_num FROM alembic_version")) == newest)


def _upgrade(connection: Connection, place: str) -> None:
    from alembic import command  # takes a while to load, and most starts need nothing of it
    from alembic.config import Config
    from alembic.util.exc import CommandError

    with as_file(files("sql")) as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise WrongSchema(
                f"The database {place} was made by a newer FarmDesk. Update this program.",
                f"数据库 {place} 由更新版本的 FarmDesk 创建。请升级本程序。",
            ) from error
