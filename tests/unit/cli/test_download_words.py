"""What a person reads while a download goes, and when frames are missing at its end."""

import io
from inspect import signature

import pytest
from rich.cells import cell_len
from rich.console import Console

from farmdesk.cli.downloading import missing
from farmdesk.cli.options import read_words
from farmdesk.cli.watching import TransferBar, standing_text
from farmdesk.domain.errors import FarmUnavailable
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.states import FailureReason, TaskState
from farmdesk.link.remote.download import Download, Fetched
from farmdesk.link.remote.hand_in import FramesByHand
from farmdesk.link.remote.package_fetch import PackageFetch
from farmdesk.link.remote.patience import TryingAgain
from farmdesk.link.remote.progress import Standing
from farmdesk.link.remote.upload import Upload


@pytest.mark.parametrize(
    ("seen", "en", "zh"),
    [
        (Standing(0, 0, 0.0, None), "", ""),
        (
            Standing(1_200_000, 3_400_000, 85_300_000.0, 3725.4, files=(37, 100)),
            "37/100 frames  1.2 MB / 3.4 MB  85.3 MB/s  1:02:05 left",
            "37/100 帧  1.2 MB / 3.4 MB  85.3 MB/s  剩余 1:02:05",
        ),
        (
            Standing(0, 10**12, 1e6, 93_784.0),
            "0 bytes / 1.0 TB  1.0 MB/s  1 day, 2:03:04 left",
            "0 字节 / 1.0 TB  1.0 MB/s  剩余 1 天 2:03:04",
        ),
        (
            Standing(5, 10, 0.0, None, files=(1, 2)),  # nobody can say when it ends
            "1/2 frames  5 bytes / 10 bytes",
            "1/2 帧  5 字节 / 10 字节",
        ),
    ],
)
def test_a_look_at_a_transfer_is_put_into_words(seen: Standing, en: str, zh: str) -> None:
    said = standing_text(seen)
    assert (said.text("en"), said.text("zh")) == (en, zh)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_why_nothing_moves_is_told_to_its_end_in_a_narrow_terminal(language: str) -> None:
    away = TryingAgain(FarmUnavailable("The farm is away. " * 9, "农场暂时无法连接，请稍候。" * 9))
    console = Console(file=io.StringIO(), width=80, record=True)
    bar = TransferBar("results-7", console, language)
    bar.show(Standing(10**10, 3 * 10**10, 1e8, 93_784.0, away, (3120, 9000)))
    console.print(bar.get_renderable())
    of_the_bar, *why = console.export_text().splitlines()
    assert of_the_bar.startswith("results-7 ")
    assert "3120/9000" in of_the_bar
    assert max(map(cell_len, [of_the_bar, *why])) <= 80
    told = "".join(why).replace(" ", "")
    assert told == away.text(language).replace(" ", "")


def test_what_moves_again_says_nothing_more() -> None:
    console = Console(file=io.StringIO(), width=80, record=True)
    bar = TransferBar("results-7", console, "en")
    bar.show(Standing(1, 2, 1.0, None, TryingAgain(FarmUnavailable("away", "away"))))
    bar.show(Standing(2, 2, 1.0, None))
    console.print(bar.get_renderable())
    assert len(console.export_text().splitlines()) == 1


def fetched(state: TaskState, **more: object) -> Fetched:
    values: dict[str, object] = {"files": 1, "bytes": 1, "skipped": 0, "lost": (), "given_up": {}}
    return Fetched(**(values | {"absent": FrameSet(), "state": state} | more))  # type: ignore[arg-type]


def test_what_is_missing_is_told_with_its_reason() -> None:
    one = fetched(
        TaskState.PARTLY_FAILED,
        lost=(4,),
        given_up={7: FailureReason.GPU, 8: FailureReason.GPU, 3: FailureReason.CRASH, 9: None},
        absent=FrameSet.parse("20-30"),
    )
    told = list(missing(one))
    assert [str(refused).partition(".")[0] for refused in told] == [
        "Frames 4 are not on the farm any more as they were proven",
        "Frames 7-8 failed: GPU fault",
        "Frames 3 failed: The tool crashed",
        "Frames 9 failed: nobody knows why",
        "Frames 20-30 were not rendered: the task has ended (partly failed)",
    ]
    assert [refused.zh.partition("。")[0] for refused in told] == [
        "第 4 帧在农场上已丢失或损坏",
        "第 7-8 帧渲染失败（显卡故障）",
        "第 3 帧渲染失败（工具崩溃）",
        "第 9 帧渲染失败（原因不明）",
        "第 20-30 帧未渲染：任务已结束（部分失败）",
    ]


def test_what_is_still_to_come_is_not_missing() -> None:
    assert not list(missing(fetched(TaskState.RENDERING, absent=FrameSet.parse("2"))))
    assert not list(missing(fetched(TaskState.COMPLETED)))


@pytest.mark.parametrize(
    ("words", "used"),
    [
        (["upload", "7", "scene"], Upload),
        (["submit", "a.blend", "--package", "scene", "--frames", "1"], Upload),
        (["hand-in", "7", "frames"], FramesByHand),
        (["download", "7"], Download),
        (["fetch", "7", "scene"], PackageFetch),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else value.__name__,
)
def test_as_many_connections_as_the_transfer_itself_would_take(
    words: list[str], used: type
) -> None:
    usual = signature(used).parameters["connections"].default
    assert read_words(words).connections == usual
