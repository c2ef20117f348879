"""One picture of a whole task: its frames as small pictures in rows, each with its number.

Pillow reads PNG, JPEG, TIFF and TGA. A frame that is missing or cannot be read gets an empty
place with its number, so that nobody takes the sheet for complete.
"""

import contextlib
import re
import warnings
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

MOST = 48  # more pictures than this are too small to tell anything
THUMBNAIL = 240  # width in pixels
MARGIN, GAP, TITLE, CAPTION = 28, 10, 62, 20  # pixels; TITLE and CAPTION are heights of lines
BACKGROUND, EMPTY = (16, 18, 22), (34, 38, 46)
BRIGHT, QUIET, WARNING = (236, 240, 245), (140, 148, 160), (240, 170, 60)

Canvas = tuple[Image.Image, ImageDraw.ImageDraw]


def contact_sheet(
    frames: Sequence[Path], target: Path, *, title: str, note: str = "", columns: int = 8
) -> None:
    """Write a PNG with up to 48 of the frames, evenly chosen, the first and the last among them.

    `title` and `note` (grey, at the right) stand above. All places have the shape of the first
    frame that can be read.

    Raises:
        ValueError: there are no frames, or no columns.
        OSError: the target cannot be written; nothing is left behind.
    """
    if not frames or columns < 1:
        raise ValueError("a contact sheet needs frames and columns")
    chosen = evenly(frames, MOST)
    pictures = [_thumbnail(path) for path in chosen]
    height = next((picture.height for picture in pictures if picture), THUMBNAIL * 9 // 16)
    columns = min(columns, len(chosen))
    rows = -(-len(chosen) // columns)
    step_x, step_y = THUMBNAIL + GAP, height + CAPTION + GAP
    size = (2 * MARGIN + columns * step_x - GAP, MARGIN + TITLE + rows * step_y + MARGIN - GAP)
    sheet = Image.new("RGB", size, BACKGROUND)
    canvas = (sheet, ImageDraw.Draw(sheet))
    _write_title(canvas, title, note)
    for place, (path, picture) in enumerate(zip(chosen, pictures, strict=True)):
        corner = (MARGIN + place % columns * step_x, MARGIN + TITLE + place // columns * step_y)
        _put_frame(canvas, corner, (THUMBNAIL, height), picture, _label(path))
    _save(sheet, target)


def evenly(frames: Sequence[Path], most: int) -> list[Path]:
    """Give at most `most` (2 or more) of the frames, spread evenly, with the first and the last."""
    if len(frames) <= most:
        return list(frames)
    last = len(frames) - 1
    return [frames[round(number * last / (most - 1))] for number in range(most)]


def _thumbnail(path: Path) -> Image.Image | None:
    """Give the frame in the sheet's width, or None where it cannot be read."""
    try:
        with warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning):
            image = Image.open(path)  # a frame of 16K is as large as it looks: no attack
        with image:
            image.draft("RGB", (THUMBNAIL * 2, THUMBNAIL * 2))
            height = max(1, round(image.height * THUMBNAIL / image.width))
            small = image.convert("RGBA").resize((THUMBNAIL, height), Image.Resampling.LANCZOS)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None  # Pillow's own ways to say that a file is no picture
    flat = Image.new("RGB", small.size, (0, 0, 0))
    flat.paste(small, mask=small.getchannel("A"))
    return flat


def _write_title(canvas: Canvas, title: str, note: str) -> None:
    sheet, draw = canvas
    draw.text((MARGIN, MARGIN - 6), title, fill=BRIGHT, font=_font(26, title))
    if note:
        font = _font(15, note)
        left = sheet.width - MARGIN - draw.textlength(note, font=font)
        draw.text((left, MARGIN + 3), note, fill=QUIET, font=font)


def _put_frame(
    canvas: Canvas,
    corner: tuple[int, int],
    size: tuple[int, int],
    picture: Image.Image | None,
    label: str,
) -> None:
    sheet, draw = canvas
    x, y = corner
    if picture is None:
        draw.rectangle((x, y, x + size[0] - 1, y + size[1] - 1), fill=EMPTY)
        draw.text((x + 12, y + 10), "missing or unreadable", fill=WARNING, font=_font(13))
    else:
        sheet.paste(picture.crop((0, 0, *size)), corner)
    draw.text((x, y + size[1] + 3), label, fill=QUIET, font=_font(13))


def _label(path: Path) -> str:
    """Give the frame's number: the last digits of the file's name."""
    digits = re.findall(r"-?\d+", path.stem)
    return str(int(digits[-1])) if digits else path.stem


def _font(size: int, text: str = "") -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Give Pillow's own font, or for a text that it cannot write the one of Debian and Ubuntu."""
    if not text.isascii():
        with contextlib.suppress(OSError):
            return ImageFont.truetype("NotoSansCJK-Regular.ttc", size)
    return ImageFont.load_default(size)


def _save(sheet: Image.Image, target: Path) -> None:
    part = target.with_name(f"{target.name}.part")
    try:
        sheet.save(part, "PNG")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
