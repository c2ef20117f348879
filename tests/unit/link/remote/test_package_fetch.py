"""Packages from farms that lie, and over lines that break, without HTTP."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.link.packages_wire import (
    RUN_SEGMENTS,
    SMALL,
    TOGETHER,
    FilesWanted,
    PackageFileSeen,
    PackageSeen,
)
from farmdesk.link.remote.download_errors import BadListing, DamagedFile, DiskFull
from farmdesk.link.remote.package_fetch import ChangesThere, FetchedPackage, PackageFetch
from farmdesk.link.remote.package_listing import TooManyThere
from farmdesk.link.remote.parts_folder import PARTS
from farmdesk.link.wire import Unreadable
from farmdesk.security.sealed import HEADER, SEGMENT, Seed, WrongKey
from farmdesk.security.sealed_packages import sealed_package_file
from farmdesk.security.user_keys import SealedUse, UserKeys
from farmdesk.storage.package_copy import AlreadyThere
from tests.lying_farm import LyingFarm, in_pieces, large, sealed_segments
from tests.package_farm import files_in

TIME_NS = 1_700_000_000 * 10**9
Change = Callable[[int, bytes], bytes]


@cache
def keys() -> UserKeys:
    return UserKeys.make("ops", 3)


class LyingPackages(LyingFarm[str, PackageFileSeen, PackageSeen, bytes]):
    """Seals files of packages as a gateway does.

    `gone`: whether a version is there no more, when it is asked for from a segment on.
    """

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        super().__init__(contents)
        self.seeds = set[bytes]()
        self.requests = list[list[str]]()  # for small files
        self.gone: Callable[[str, bytes, int], bool] = lambda _name, _version, _first: False

    def seen(self, name: str, /, **changed: object) -> PackageFileSeen:
        content = self.contents[name]
        version = hashlib.sha256(name.encode() + content).hexdigest()
        return replace(PackageFileSeen(name, len(content), TIME_NS, version), **changed)  # type: ignore[arg-type]

    def files(self, task_id: int, after: str) -> PackageSeen:
        if self.pages is not None:
            return self.pages.pop(0)
        return PackageSeen(self.key_version, list(self.listed.values()), None)

    @contextmanager
    def together(self, task_id: int, wanted: FilesWanted) -> Iterator[Iterator[bytes]]:
        """As a gateway does: what changed is refused at the beginning, and cut off behind it."""
        first = wanted.files[0]
        self.requests.append([file.name for file in wanted.files])
        if self.gone(first.name, bytes.fromhex(first.version), 0):
            self.asked.append((first.name, 0))
            raise Refused("changed", "changed")
        yield self._behind_each_other(task_id, wanted)

    def _behind_each_other(self, task_id: int, wanted: FilesWanted) -> Iterator[bytes]:
        for file in wanted.files:
            try:
                with self.run(task_id, file.name, bytes.fromhex(file.version), range(1)) as pieces:
                    yield from pieces
            except Refused:
                return

    @contextmanager
    def run(
        self, task_id: int, name: str, version: bytes, segments: range
    ) -> Iterator[Iterator[bytes]]:
        first = segments.start
        self.asked.append((name, first))
        if self.gone(name, version, first):
            raise Refused("changed", "changed")
        seed = Seed.fresh()
        self.seeds.add(seed.salt)
        content, key = self.contents[name], keys().key_for(SealedUse.PACKAGE)
        sealed = sealed_package_file(
            key, task_id=task_id, key_version=3, version=version, size=len(content), seed=seed
        )
        header = seed.header if first else b""
        answer = header + b"".join(sealed_segments(sealed, content, segments))
        yield in_pieces(self.change(first, answer), first=7)  # a header may come in two pieces


@pytest.fixture
def farm() -> LyingPackages:
    return LyingPackages({"shot/a.blend": b"one", "纹理/snow.exr": large(), "empty": b""})


def fetch(farm: LyingPackages, folder: Path, connections: int = 4) -> FetchedPackage:
    return PackageFetch(farm, keys(), patience_s=0, connections=connections).fetch(7, folder)


def test_a_package_arrives_with_its_times_and_is_not_fetched_twice(
    farm: LyingPackages, tmp_path: Path
) -> None:
    size = sum(map(len, farm.contents.values()))
    assert fetch(farm, tmp_path) == FetchedPackage(3, 3, size)
    assert files_in(tmp_path) == farm.contents
    assert (tmp_path / "empty").stat().st_mtime_ns == TIME_NS
    assert not (tmp_path / PARTS).exists()
    assert len(farm.seeds) == len(farm.asked) == 4  # one for each answer
    farm.asked.clear()
    assert fetch(farm, tmp_path) == FetchedPackage(3, 0, size)
    assert not farm.asked


@pytest.mark.parametrize("there", ["other bytes", "another time", "a folder", "a link"])
def test_nothing_that_is_there_is_overwritten(
    farm: LyingPackages, tmp_path: Path, there: str
) -> None:
    path = tmp_path / "shot" / "a.blend"
    path.parent.mkdir()
    match there:
        case "other bytes":
            path.write_bytes(b"mine, and longer")
            os.utime(path, ns=(TIME_NS, TIME_NS))
        case "another time":
            path.write_bytes(b"one")
        case "a folder":
            path.mkdir()
        case _:
            path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(AlreadyThere):
        fetch(farm, tmp_path)
    assert not farm.asked
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    "name",
    [
        "../up",
        "/etc/cron.d/x",
        "C:\\x",
        "a/../../x",
        "NUL",
        "con.png",
        "a:b",
        "",
        "a//b",
        "x\u202egnp.exe",
        "a. ",
        f"{PARTS}/x.part",
        f"{PARTS.upper()}/x.part",
        "shot/A.BLEND",  # the twin of another
        "shot",  # a file in the place of another one's folder
        "n" * 300,
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(
    farm: LyingPackages, tmp_path: Path, name: str
) -> None:
    farm.listed["empty"] = replace(farm.seen("empty"), name=name)
    folder = tmp_path / "to"
    with pytest.raises(BadListing):
        fetch(farm, folder)
    assert not folder.exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"size": -1},
        {"size": 1 << 60},
        {"mtime_ns": -1},
        {"mtime_ns": 1 << 70},
        {"version": "zz"},
        {"version": "00"},
    ],
)
def test_a_listing_that_cannot_be_is_refused(
    farm: LyingPackages, tmp_path: Path, changed: dict[str, object]
) -> None:
    farm.listed["empty"] = farm.seen("empty", **changed)
    with pytest.raises(Unreadable):
        fetch(farm, tmp_path)
    assert not files_in(tmp_path)


def test_a_listing_without_end_is_refused(
    farm: LyingPackages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = list(farm.listed.values())
    farm.pages = [PackageSeen(3, seen, "x"), PackageSeen(3, [], "x")]
    with pytest.raises(Unreadable):
        fetch(farm, tmp_path)
    monkeypatch.setattr("farmdesk.link.remote.package_listing.MAX_FILES", 5)
    farm.pages = [PackageSeen(3, seen, "x"), PackageSeen(3, seen, "x")]
    with pytest.raises(TooManyThere):
        fetch(farm, tmp_path)
    farm.pages = [PackageSeen(3, seen[:2], "x"), PackageSeen(3, seen[:2], None)]
    with pytest.raises(BadListing):
        fetch(farm, tmp_path)


def test_another_key_version_is_named_before_anything_is_fetched(
    farm: LyingPackages, tmp_path: Path
) -> None:
    farm.key_version = 2
    with pytest.raises(WrongKey):
        fetch(farm, tmp_path)
    assert not farm.asked


def test_a_size_that_no_disk_has_is_told_before_anything_is_fetched(
    farm: LyingPackages, tmp_path: Path
) -> None:
    farm.listed["empty"] = farm.seen("empty", size=1 << 45)
    with pytest.raises(DiskFull, match="TB more"):
        fetch(farm, tmp_path)
    assert not farm.asked


def _bit(first: int, answer: bytes) -> bytes:
    place = SEGMENT + 5
    return answer if first or len(answer) < place else _flipped(answer, place)


def _of_the_header(first: int, answer: bytes) -> bytes:
    return _flipped(answer, 0) if first else answer


def _of_the_seed(first: int, answer: bytes) -> bytes:
    return _flipped(answer, 5) if first else answer


def _flipped(answer: bytes, place: int) -> bytes:
    return answer[:place] + bytes([answer[place] ^ 1]) + answer[place + 1 :]


def _from_elsewhere(first: int, answer: bytes) -> bytes:
    return answer[:HEADER] + answer[HEADER + SEGMENT :] if first else answer


@pytest.mark.parametrize(
    ("change", "segment"),
    [
        (_bit, 1),
        (_of_the_header, RUN_SEGMENTS),
        (_of_the_seed, RUN_SEGMENTS),
        (_from_elsewhere, RUN_SEGMENTS),
    ],
)
def test_damaged_and_swapped_segments_are_named(
    farm: LyingPackages, tmp_path: Path, change: Change, segment: int
) -> None:
    farm.change = change
    with pytest.raises(DamagedFile) as told:
        fetch(farm, tmp_path)
    assert (told.value.name, told.value.segment) == ("纹理/snow.exr", segment)
    assert not (tmp_path / "纹理").exists()


def test_an_answer_for_another_file_does_not_open(farm: LyingPackages, tmp_path: Path) -> None:
    farm.contents["shot/a.blend"] = b"two"
    version = farm.listed["shot/a.blend"].version
    farm.listed["shot/a.blend"] = replace(farm.seen("shot/a.blend"), version="00" * 32)
    run = farm.run

    def other(task_id: int, name: str, _version: bytes, segments: range):  # type: ignore[no-untyped-def]
        return run(task_id, name, bytes.fromhex(version), segments)

    farm.run = other  # type: ignore[method-assign,assignment]
    with pytest.raises(DamagedFile):
        fetch(farm, tmp_path)


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        (lambda first, answer: answer[:-1] if first else answer, [20]),
        (lambda first, answer: answer[: HEADER - 1] if first else answer, [RUN_SEGMENTS]),
        (lambda first, answer: b"" if first else answer, [RUN_SEGMENTS]),
        (lambda first, answer: answer + b"more" if first else answer, []),
    ],
)
def test_an_answer_cut_off_or_lengthened_is_asked_for_again(
    farm: LyingPackages, tmp_path: Path, change: Change, asked: list[int]
) -> None:
    """What came whole of it counts: the next question begins behind."""
    farm.change = change
    with pytest.raises(FarmUnavailable):
        fetch(farm, tmp_path, connections=1)
    assert "纹理/snow.exr" not in files_in(tmp_path)
    farm.change = lambda _first, answer: answer
    farm.asked.clear()
    assert fetch(farm, tmp_path, connections=1).files == 3
    assert [first for name, first in farm.asked if name == "纹理/snow.exr"] == asked
    assert files_in(tmp_path) == farm.contents


def test_small_files_come_together_and_large_ones_alone(tmp_path: Path) -> None:
    small = {f"cache/{number:04d}.vdb": bytes([number % 256]) for number in range(2 * TOGETHER + 2)}
    farm = LyingPackages(small | {"a.exr": large(), "b.exr": bytes(SMALL + 1), "c": bytes(SMALL)})
    assert fetch(farm, tmp_path).files == len(farm.contents)
    assert files_in(tmp_path) == farm.contents
    assert sorted(map(len, farm.requests)) == [3, TOGETHER, TOGETHER]
    assert len(farm.seeds) == len(farm.asked)  # one for each file of an answer


class BrokenLine(LyingPackages):
    """Brings no more than `most` bytes of small files in an answer."""

    most = 250

    @contextmanager
    def together(self, task_id: int, wanted: FilesWanted) -> Iterator[Iterator[bytes]]:
        with super().together(task_id, wanted) as pieces:
            yield iter([b"".join(pieces)[: self.most]])


def test_where_an_answer_with_small_files_breaks_off_the_rest_is_asked_for(
    tmp_path: Path,
) -> None:
    farm = BrokenLine({name: name.encode() * 10 for name in "abcdef"})  # sealed, 66 bytes each
    assert fetch(farm, tmp_path).files == 6
    assert files_in(tmp_path) == farm.contents
    assert farm.requests == [list("abcdef"), list("def")]


def test_a_line_that_brings_no_small_file_is_waited_for_and_then_told(tmp_path: Path) -> None:
    farm = BrokenLine({"a": b"", "b": b""})
    farm.most = 55
    with pytest.raises(FarmUnavailable):
        fetch(farm, tmp_path, connections=1)
    assert farm.requests == [["a", "b"]]


def test_a_small_file_that_was_damaged_is_named(farm: LyingPackages, tmp_path: Path) -> None:
    farm.change = lambda _first, answer: answer if len(answer) > 99 else _flipped(answer, 45)
    with pytest.raises(DamagedFile, match=r"a\.blend"):
        fetch(farm, tmp_path, connections=1)
    assert not (tmp_path / "shot").exists()


def test_what_the_power_took_of_a_part_is_fetched_again(
    farm: LyingPackages, tmp_path: Path
) -> None:
    farm.change = lambda first, answer: b"" if first else answer
    with pytest.raises(FarmUnavailable):
        fetch(farm, tmp_path, connections=1)
    farm.change = lambda _first, answer: answer
    part = max((tmp_path / PARTS).glob("*.part"), key=lambda path: path.stat().st_size)
    with part.open("r+b") as file:
        file.seek(5 * SEGMENT)
        file.write(bytes(100))
    farm.asked.clear()
    assert fetch(farm, tmp_path, connections=1).files == 3
    again = [first for name, first in farm.asked if name == "纹理/snow.exr"]
    assert again == [5, RUN_SEGMENTS]
    assert files_in(tmp_path) == farm.contents
    assert not (tmp_path / PARTS).exists()


def test_what_was_fetched_of_an_older_version_goes_when_a_fetch_ends_well(
    farm: LyingPackages, tmp_path: Path
) -> None:
    farm.change = lambda first, answer: b"" if first else answer
    with pytest.raises(FarmUnavailable):
        fetch(farm, tmp_path, connections=1)
    (part,) = (tmp_path / PARTS).glob("package-7.*.part")
    other = part.with_name(part.name.replace("package-7", "package-71"))
    other.touch()
    farm.change = lambda _first, answer: answer
    farm.contents["纹理/snow.exr"] = b"another one"
    del farm.listed["empty"]  # a file that is gone is no longer wanted either
    farm.listed["纹理/snow.exr"] = farm.seen("纹理/snow.exr")
    assert fetch(farm, tmp_path).files == 2
    assert list((tmp_path / PARTS).iterdir()) == [other]


def test_what_changes_meanwhile_comes_in_its_new_form(farm: LyingPackages, tmp_path: Path) -> None:
    old = bytes.fromhex(farm.listed["纹理/snow.exr"].version)

    def rendered(name: str, version: bytes, first: int) -> bool:
        """It is another file from the second answer on; another one is gone."""
        if version == old and first and farm.listed[name].version == old.hex():
            farm.contents[name] = farm.contents[name][::-1]
            farm.listed = {name: farm.seen(name), "shot/a.blend": farm.listed["shot/a.blend"]}
        return version == old and farm.listed[name].version != old.hex()

    farm.gone = rendered
    assert fetch(farm, tmp_path).files == 2
    assert files_in(tmp_path)["纹理/snow.exr"] == farm.contents["纹理/snow.exr"]
    assert not (tmp_path / PARTS).exists()


def test_a_package_that_never_rests_is_told(farm: LyingPackages, tmp_path: Path) -> None:
    farm.gone = lambda name, _version, _first: name == "empty"
    with pytest.raises(ChangesThere):
        fetch(farm, tmp_path)
    assert files_in(tmp_path).keys() == {"shot/a.blend", "纹理/snow.exr"}


def test_two_programs_at_once_do_each_other_no_harm(farm: LyingPackages, tmp_path: Path) -> None:
    def other(first: int, answer: bytes) -> bytes:
        if first:
            assert fetch(LyingPackages(farm.contents), tmp_path).files == 3
        return answer

    farm.change = other
    assert fetch(farm, tmp_path).files == 3
    assert files_in(tmp_path) == farm.contents
