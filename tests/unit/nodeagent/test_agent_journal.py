"""A node's journal, whole, torn and hostile."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nodeagent.journal import Journal, JournalLine, read_journal


def line(frame: int) -> JournalLine:
    return JournalLine(frame, 0.5, 1.0, 2.0, f"f_{frame}.png", 3, "ab" * 32, 64, 36, "n1")


def written(path: Path, *frames: int) -> bytes:
    journal = Journal(path)
    for frame in frames:
        journal.add(line(frame))
    return path.read_bytes()


def test_lines_come_back(tmp_path: Path) -> None:
    written(tmp_path / "j", 1, -2, 3)
    assert list(read_journal(tmp_path / "j")) == [line(1), line(-2), line(3)]


def test_no_journal_has_no_lines(tmp_path: Path) -> None:
    assert list(read_journal(tmp_path / "none")) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.data())
def test_a_torn_line_costs_only_itself(tmp_path: Path, data: st.DataObject) -> None:
    """Cut anywhere, then written on: all lines before the cut and after it are there."""
    path = tmp_path / "j"
    path.unlink(missing_ok=True)
    whole = written(path, 1, 2, 3)
    keep = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:keep])
    complete = whole[:keep].count(b"\n")
    if keep and not whole[:keep].endswith(b"\n") and whole[keep : keep + 1] == b"\n":
        complete += 1  # only the line's end is missing
    written(path, 9)
    assert [each.frame for each in read_journal(path)] == [*[1, 2, 3][:complete], 9]


def test_lines_of_strangers_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "j"
    good = written(path, 5)
    strange = [
        b"null",
        b"[1]",
        b"{}",
        good.replace(b'"frame":5', b'"frame":"5"').strip(),
        good.replace(b'"bytes":3', b'"bytes":true').strip(),
        good.replace(b'"path":"f_5.png"', b'"path":5').strip(),
        good.replace(b'"seconds":0.5', b'"seconds":[]').strip(),
        good.replace(b'"node":"n1"', b'"nod":"n1"').strip(),
        b"[" * 100_000,
        b"\xff\x00\xfe",
        good.replace(b"{", b'{"later":1,').strip(),  # a newer agent may say more
    ]
    path.write_bytes(b"\n".join(strange) + b"\n" + good)
    assert list(read_journal(path)) == [line(5), line(5)]
