"""Arrays of RGB32 pixels to pictures and back."""

from typing import Any, cast

import numpy as np
import numpy.typing as npt
from PyQt5.QtGui import QImage

Pixels = npt.NDArray[np.uint32]


def picture(pixels: Pixels) -> QImage:
    """Wrap a contiguous array (height, width) without copying; the picture must not outlive it."""
    height, width = pixels.shape
    memory = cast("Any", pixels.data)  # the stubs know bytes and sip.voidptr only
    return QImage(memory, width, height, width * 4, QImage.Format.Format_RGB32)


def pixels_of(image: QImage) -> Pixels:
    """Copy a picture into an array (height, width)."""
    converted = image.convertToFormat(QImage.Format.Format_RGB32)
    bits = cast("Any", converted.constBits())
    bits.setsize(converted.sizeInBytes())
    flat = np.frombuffer(bits, np.uint32)
    return flat.reshape(converted.height(), -1)[:, : converted.width()].copy()
