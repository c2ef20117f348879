"""The contact sheet."""

import itertools
from pathlib import Path

import pytest
from PIL import Image

from farmdesk.demo.sheet import CAPTION, GAP, MARGIN, THUMBNAIL, TITLE, contact_sheet, evenly


def write_frames(folder: Path, count: int, *, suffix: str = ".png") -> list[Path]:
    """Write plain frames, each in a colour of its own, 64 x 36."""
    paths = [folder / f"frame_{number:04d}{suffix}" for number in range(1, count + 1)]
    for number, path in enumerate(paths):
        Image.new("RGB", (64, 36), (60 + number * 3 % 190, 90, 200)).save(path)
    return paths


def corner_of(place: int, columns: int, height: int = 135) -> tuple[int, int]:
    """Give a pixel in the middle of a place on the sheet."""
    x = MARGIN + place % columns * (THUMBNAIL + GAP) + THUMBNAIL // 2
    y = MARGIN + TITLE + place // columns * (height + CAPTION + GAP) + height // 2
    return x, y


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".tga"])
def test_each_frame_is_at_its_place(tmp_path: Path, suffix: str) -> None:
    frames = write_frames(tmp_path, 5, suffix=suffix)
    contact_sheet(frames, tmp_path / "sheet.png", title="Ice", note="5 frames", columns=3)
    with Image.open(tmp_path / "sheet.png") as sheet:
        for number in range(5):
            pixel = sheet.getpixel(corner_of(number, 3))
            assert isinstance(pixel, tuple)
            assert abs(pixel[0] - (60 + number * 3)) <= 3  # JPEG is near, not equal
            assert abs(pixel[2] - 200) <= 4
        assert sheet.width == 2 * MARGIN + 3 * (THUMBNAIL + GAP) - GAP


def test_of_many_frames_48_are_spread_from_the_first_to_the_last() -> None:
    frames = [Path(f"{number}.png") for number in range(9000)]
    chosen = [int(path.stem) for path in evenly(frames, 48)]
    assert len(chosen) == 48
    assert (chosen[0], chosen[-1]) == (0, 8999)
    steps = {after - before for before, after in itertools.pairwise(chosen)}
    assert max(steps) - min(steps) <= 1


def test_a_missing_and_a_damaged_frame_leave_an_empty_place(tmp_path: Path) -> None:
    frames = write_frames(tmp_path, 4)
    frames[0].unlink()
    frames[2].write_bytes(frames[2].read_bytes()[:60])
    contact_sheet(frames, tmp_path / "sheet.png", title="Ice", columns=4)
    with Image.open(tmp_path / "sheet.png") as sheet:
        # The shape is that of the first frame that can be read.
        assert sheet.getpixel(corner_of(0, 4)) == (34, 38, 46)
        assert sheet.getpixel(corner_of(2, 4)) == (34, 38, 46)
        assert sheet.getpixel(corner_of(3, 4)) == (69, 90, 200)


def test_transparent_frames_lie_on_black_and_chinese_titles_are_written(tmp_path: Path) -> None:
    frame = tmp_path / "f_0001.png"
    Image.new("RGBA", (64, 36), (255, 255, 255, 0)).save(frame)
    contact_sheet([frame], tmp_path / "sheet.png", title="冰上光影")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.getpixel(corner_of(0, 1)) == (0, 0, 0)


def test_an_older_sheet_stays_where_the_new_one_cannot_be_written(tmp_path: Path) -> None:
    frames = write_frames(tmp_path, 1)
    target = tmp_path / "sheet.png"
    target.mkdir()  # a folder with the sheet's name cannot be replaced
    with pytest.raises(OSError, match=r"sheet\.png"):
        contact_sheet(frames, target, title="Ice")
    assert not (tmp_path / "sheet.png.part").exists()


@pytest.mark.parametrize("columns", [0, -1])
def test_nonsense_is_refused(tmp_path: Path, columns: int) -> None:
    with pytest.raises(ValueError, match="columns"):
        contact_sheet([tmp_path / "a.png"], tmp_path / "sheet.png", title="", columns=columns)
    with pytest.raises(ValueError, match="frames"):
        contact_sheet([], tmp_path / "sheet.png", title="")
