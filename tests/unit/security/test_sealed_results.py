"""Other bytes never meet the same salt and nonce prefix."""

import os
from dataclasses import replace
from pathlib import Path

from farmdesk.security.sealed import Seed
from farmdesk.security.sealed_results import result_version, sealed_result
from tests.samples import frame_record


def test_whatever_changes_of_a_result_changes_its_seed(tmp_path: Path) -> None:
    path, proof = tmp_path / "frame", frame_record(5)
    path.write_bytes(b"first")
    first = path.stat()
    versions = {
        result_version(proof, first),
        result_version(replace(proof, attempt=2), first),
        result_version(replace(proof, frame=6), first),
        result_version(replace(proof, frame=-5), first),
        result_version(replace(proof, task_id=2), first),
        result_version(replace(proof, sha256="5b" * 32), first),
    }
    assert len(versions) == 6
    path.write_bytes(b"other")
    os.utime(path, ns=(first.st_atime_ns, first.st_mtime_ns))  # somebody hides it
    versions.add(result_version(proof, path.stat()))
    path.write_bytes(b"longer")
    versions.add(result_version(proof, path.stat()))
    assert len(versions) == 8
    seeds = {Seed.derived(bytes(32), version) for version in versions}
    seeds |= {Seed.derived(b"k" * 32, version) for version in versions}
    assert len(seeds) == 16


def test_the_same_result_is_sealed_to_the_same_bytes_and_for_its_place_alone() -> None:
    place = {"task_id": 1, "frame": -3, "key_version": 1, "version": bytes(32), "size": 3}

    def sealed(**other: object) -> bytes:
        into = memoryview(bytearray(100))
        end = sealed_result(b"k" * 32, **(place | other)).seal_into(0, b"abc", into)  # type: ignore[arg-type]
        return bytes(into[:end])

    assert sealed() == sealed()
    changes: list[dict[str, object]] = [{"task_id": 2}, {"frame": 3}, {"key_version": 2}]
    assert len({sealed(), *(sealed(**change) for change in changes)}) == 4
