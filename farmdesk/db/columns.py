"""Column types that mean the same on MySQL 8, MariaDB and SQLite."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Double, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import BigInteger, Integer, LargeBinary, TypeDecorator, TypeEngine

NAME_LENGTH = 190  # characters; an index over utf8mb4 of this length fits every row format

Name = String(NAME_LENGTH)
Word = String(32)  # a member of one of our enumerations
LongText = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")  # 16 MB
Number = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts up only INTEGER keys
Real: Double[float] = Double()
Digest = LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")  # SHA-256
TransferKey = LargeBinary(16).with_variant(mysql.BINARY(16), "mysql", "mariadb")
Blob = LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")


def utc_text(moment: datetime | None) -> str | None:
    """Give a time as both servers and SQLAlchemy's SQLite dialect store it: UTC, microseconds.

    Raises ValueError for a time without a zone.
    """
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError("a stored time needs its zone")
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(" ", "microseconds")[:-6]  # without +00:00


class UtcTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC to the microsecond. Source: warehouse, `utils/db/types.py`."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime]:
        """Give DATETIME(6) on the servers, whose plain DATETIME drops the fraction."""
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Turn an aware time into naive UTC. Raises ValueError for a time without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs its zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        return None if value is None else value.replace(tzinfo=UTC)
