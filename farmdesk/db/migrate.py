"""Brings a database up to this version of FarmDesk: forward only, safe again and by two at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files

from sqlalchemy import Connection, inspect, text

from farmdesk.db.blockers import free_name, free_tables
from farmdesk.db.database import Database, open_database
from farmdesk.db.faults import WrongSchema
from farmdesk.domain.errors import FarmUnavailable

WAIT_S = 120  # a migration of a large farm, or the wait for somebody else's


def migrate(url: str) -> bool:
    """Make or update the farm's tables; False when there was nothing to do.

    Raises FarmUnavailable, or WrongSchema for a newer farm.
    """
    database = open_database(url, answer_s=WAIT_S + 10, make=True)
    try:
        with _alone(database), database.writing() as connection:
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


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Keep others out until all is committed: servers by a named lock, SQLite by its own.

    The lock has its own connection: on the migration's it would be free before the commit.
    """
    if not database.is_server:
        yield
        return
    with database.reading() as connection:
        lock = {"name": f"farmdesk.migrate.{connection.engine.url.database}"[:64], "wait": WAIT_S}
        free_name(connection, str(lock["name"]))
        if connection.execute(text("SELECT GET_LOCK(:name, :wait)"), lock).scalar() != 1:
            raise FarmUnavailable(
                f"Somebody else has been updating the database {database.place} for long. "
                "Try again later.",
                f"另一个程序正在更新数据库 {database.place}。请稍后再试。",
            )
        try:
            free_tables(connection)
            yield
        finally:
            connection.execute(text("DO RELEASE_LOCK(:name)"), {"name": lock["name"]})
