"""What all tables share."""

from sqlalchemy import Table
from sqlalchemy.orm import DeclarativeBase

MYSQL = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


class Base(DeclarativeBase):
    """Root of the tables."""


def table_of(model: type[Base]) -> Table:
    """Give a model's table: rows are written and read past the ORM."""
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is no plain table")
    return table
