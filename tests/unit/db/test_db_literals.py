"""What we bind for many rows is what PyMySQL would bind, and no value can end its literal."""

import importlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmdesk.db.literals import literals

_theirs = importlib.import_module("pymysql.converters")
_VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
    st.binary(max_size=64),
    st.booleans(),
)


def escape(value: object) -> str:
    """PyMySQL's own literal for a value."""
    if isinstance(value, str):
        return f"'{_theirs.escape_string(value)}'"
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    return str(_theirs.escape_item(value, "utf8mb4"))


@given(st.lists(st.lists(_VALUES, min_size=1, max_size=5), max_size=20))
def test_rows_are_bound_as_pymysql_binds_them(rows: list[list[object]]) -> None:
    expected = [f"({','.join(escape(value) for value in row)})" for row in rows]
    assert ",".join(literals(rows, escape)) == ",".join(expected)


def test_long_rows_are_cut_between_rows_only() -> None:
    rows = [(number, "x" * 300_000) for number in range(10)]
    pieces = list(literals(rows, escape))
    assert len(pieces) > 1
    assert all(len(piece) <= 1_000_000 for piece in pieces)
    assert re.findall(r"\((\d+),", ",".join(pieces)) == [str(number) for number in range(10)]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="no database keeps"):
        list(literals([(value,)], escape))
