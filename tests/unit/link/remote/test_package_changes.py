"""What changed in a folder since its upload was interrupted, as its owner reads it."""

from dataclasses import dataclass

from farmdesk.link.remote.package_changes import PackageChanges, changes_between


@dataclass(frozen=True)
class Seen:
    size: int
    mtime_ns: int


def test_files_are_compared_by_size_and_time() -> None:
    before = {name: Seen(5, 100) for name in ("same", "longer", "touched", "gone")}
    now = {"same": Seen(5, 100), "longer": Seen(6, 100), "touched": Seen(5, 101), "new": Seen(5, 1)}
    changes = changes_between(before, now)
    assert changes == PackageChanges(["longer", "touched"], ["gone"], ["new"])
    assert changes
    assert not changes_between(before, before)


def test_changes_are_told_in_one_line() -> None:
    said = PackageChanges(["a", "b"], ["c"], ["d", "e", "f", "g"]).said()
    assert said.en == (
        "Since this upload was interrupted: 2 files changed, sent anew (a, b); 1 file gone, no "
        "longer sent (c); 4 files new, sent too (d, e, f, …)."
    )
    assert said.zh == (
        "上次中断之后：2 个文件有变化，将重新发送（a、b）；1 个文件已不存在，不再发送（c）；"
        "4 个新文件，一并发送（d、e、f 等）。"
    )


def test_a_name_does_nothing_to_the_terminal() -> None:
    said = PackageChanges([], ["x\x1b[2J"], []).said()
    assert said.en == "Since this upload was interrupted: 1 file gone, no longer sent (x�[2J)."
    assert said.zh == "上次中断之后：1 个文件已不存在，不再发送（x�[2J）。"
