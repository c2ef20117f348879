"""Finds out a file's format and has it proven by the format's own module."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from nodeagent.images import png
from nodeagent.images.facts import BadImage, ImageFacts, ImageFile

_CHECKS: tuple[tuple[bytes, str, Callable[[ImageFile], tuple[int, int]]], ...] = (
    (b"\x89PNG\r\n\x1a\n", "PNG", png.check),
)


def check_image(path: Path) -> ImageFacts:
    """Prove that the file is a complete image. Raises BadImage, or OSError where it cannot be read."""
    with path.open("rb") as file:
        image = ImageFile(file)
        if image.size == 0:
            raise BadImage("the file is empty")
        start = image.read(min(8, image.size))
        image.seek(0)
        for magic, name, check in _CHECKS:
            if start.startswith(magic):
                try:
                    width, height = check(image)
                except (struct.error, zlib.error, OverflowError) as error:
                    raise BadImage(f"the {name} file is damaged: {error}") from error
                return ImageFacts(name, width, height, image.size)
    raise BadImage("the file is of no known image format")
