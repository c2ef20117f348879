"""Many rows in one statement, past the ORM: what a flush needs to cost microseconds a row.

The drivers make multi-row statements of `INSERT … VALUES (…)` and a list of rows; all values are
bound.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Table

from farmdesk.db.database import SERVERS


def upsert(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    """Insert rows, or overwrite those with the same primary key; values in order of `columns`."""
    if rows:
        keys = [column.name for column in table.primary_key]
        changed = [name for name in columns if name not in keys]
        if connection.dialect.name in SERVERS:
            news = ", ".join(f"`{name}` = VALUES(`{name}`)" for name in changed)
            tail = f"ON DUPLICATE KEY UPDATE {news}"
        else:
            news = ", ".join(f'"{name}" = excluded."{name}"' for name in changed)
            tail = f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {news}"
        _many(connection, f"{_insert(connection, table, columns)} {tail}", rows)


def insert(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    """Insert rows; values in order of `columns`."""
    if rows:
        _many(connection, _insert(connection, table, columns), rows)


def _insert(connection: Connection, table: Table, columns: Sequence[str]) -> str:
    """The words come from our own models, never from outside."""
    quote = connection.dialect.identifier_preparer.quote_identifier
    mark = "%s" if connection.dialect.name in SERVERS else "?"
    names = ", ".join(quote(table.c[name].name) for name in columns)
    return f"INSERT INTO {quote(table.name)} ({names}) VALUES ({', '.join([mark] * len(columns))})"  # noqa: S608


def _many(connection: Connection, statement: str, rows: Sequence[Sequence[object]]) -> None:
    connection.exec_driver_sql(statement, [tuple(row) for row in rows])
