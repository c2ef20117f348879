"""What the servers' errors become for people."""

import pytest
from pymysql.err import OperationalError as DriverError
from sqlalchemy.exc import OperationalError

from farmdesk.db.faults import LockedOut, translated


def test_who_may_make_no_triggers_is_told_of_the_setting() -> None:
    """As MySQL says it, with its binary log, and MariaDB, if somebody turned that on."""
    cause = DriverError(1419, "You do not have the SUPER privilege and binary logging is enabled")
    with pytest.raises(LockedOut, match="log_bin_trust_function_creators = 1"), translated("x"):
        raise OperationalError("CREATE TRIGGER", None, cause)
