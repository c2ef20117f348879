"""Proves that an image file is complete, by the standard library alone.

PNG, EXR, TIFF, TGA, JPEG, DPX.

`check_image` is all that others use. One module per format; none of them decodes more than it must.
"""

from nodeagent.images.check import check_image
from nodeagent.images.facts import BadImage, ImageFacts

__all__ = ["BadImage", "ImageFacts", "check_image"]
