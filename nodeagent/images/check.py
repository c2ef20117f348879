"""Finds out a file's format and has it proven by the format's own module."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from nodeagent.images import dpx, exr, jpeg, png, tga, tiff
from nodeagent.images.facts import BadImage, ImageFacts, ImageFile

Check = Callable[[ImageFile], tuple[int, int]]

_BY_START: tuple[tuple[bytes, str, Check], ...] = (
    (b"\x89PNG\r\n\x1a\n", "PNG", png.check),
    (b"\x76\x2f\x31\x01", "EXR", exr.check),
    (b"II\x2a\x00", "TIFF", tiff.check),
    (b"MM\x00\x2a", "TIFF", tiff.check),
    (b"II\x2b\x00", "TIFF", tiff.check),
    (b"MM\x00\x2b", "TIFF", tiff.check),
    (b"\xff\xd8\xff", "JPEG", jpeg.check),
    (b"SDPX", "DPX", dpx.check),
    (b"XPDS", "DPX", dpx.check),
)
_TGA_SUFFIXES = {".tga", ".targa", ".vda", ".icb", ".vst"}


def check_image(path: Path, *, follow: bool = True) -> ImageFacts:
    """Prove that the file is a complete image.

    `follow`: also the coded bits of formats for which that takes long, JPEG and TIFF's LZW; not
    needed where they are known to be those that were proven before. Raises BadImage, or OSError
    where the file cannot be read.
    """
    with path.open("rb") as file:
        image = ImageFile(file, follow=follow)
        if image.size == 0:
            raise BadImage("the file is empty")
        name, check = _find_format(image, path.suffix)
        try:
            width, height = check(image)
        except (struct.error, zlib.error, ValueError, LookupError, OverflowError) as error:
            if isinstance(error, BadImage):
                raise
            raise BadImage(f"the {name} file is damaged: {error}") from error
        return ImageFacts(name, width, height, image.size)


def _find_format(image: ImageFile, suffix: str) -> tuple[str, Check]:
    """Give the format's name and its check. Raises BadImage."""
    start = image.read(min(8, image.size))
    for magic, name, check in _BY_START:
        if start.startswith(magic):
            return name, check
    if suffix.lower() in _TGA_SUFFIXES or tga.has_footer(image):
        return "TGA", tga.check
    raise BadImage("the file is of no known image format, or its start is missing")
