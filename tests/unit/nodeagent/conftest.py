"""What a check of images says of a file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nodeagent.images import BadImage, check_image


@pytest.fixture
def told(tmp_path: Path) -> Callable[[bytes], str]:
    """Gives why a file is refused; nothing, if it is proven."""

    def check(body: bytes) -> str:
        path = tmp_path / "frame.tga"  # the only format that is known by its name
        path.write_bytes(body)
        try:
            check_image(path)
        except BadImage as error:
            return str(error)
        return ""

    return check
