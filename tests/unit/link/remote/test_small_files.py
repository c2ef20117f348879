"""Which files of a package are asked for together."""

from pathlib import PurePosixPath

from farmdesk.link.packages_wire import SMALL, TOGETHER
from farmdesk.link.remote.package_listing import PackageFile
from farmdesk.link.remote.small_files import BATCH_BYTES, batches, wanted
from farmdesk.link.wire import to_json


def file(size: int, name: str = "a") -> PackageFile:
    return PackageFile(PurePosixPath(name), size, 0, bytes(32))


def sizes(files: list[PackageFile]) -> list[list[int]]:
    return [[file.size for file in batch] for batch in batches(files)]


def test_small_files_are_asked_for_together() -> None:
    assert sizes([]) == []
    assert sizes([file(1), file(SMALL + 1), file(0), file(SMALL)]) == [[SMALL + 1], [1, 0, SMALL]]
    assert [len(batch) for batch in batches([file(1)] * (TOGETHER + 1))] == [TOGETHER, 1]


def test_no_answer_is_too_long_to_come_twice() -> None:
    found = list(batches([file(SMALL)] * 20))
    assert sum(map(len, found)) == 20
    assert all(sum(one.size for one in batch) <= BATCH_BYTES for batch in found)
    assert len(found) == 3


def test_a_request_is_no_longer_than_the_gateway_reads() -> None:
    found = list(batches([file(1, "\N{SNOWFLAKE}" * 341)] * TOGETHER))
    assert sum(map(len, found)) == TOGETHER
    assert all(len(to_json(wanted(batch))) < 64 << 10 for batch in found)
    assert len(found) < TOGETHER / 20
