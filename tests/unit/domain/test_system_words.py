"""What the system says, in words: its own in English, the commonest in Chinese too."""

import errno
from pathlib import Path

import pytest

from farmdesk.domain.said import Said
from farmdesk.domain.system_words import why_system


def test_what_the_system_says_is_told_in_both_languages(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as gone:
        (tmp_path / "gone").read_bytes()
    assert why_system(gone.value) == Said("No such file or directory", "文件或文件夹不存在")
    with pytest.raises(FileExistsError) as there:
        tmp_path.mkdir()
    assert why_system(there.value).zh == "已存在"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.EXDEV, "Invalid cross-device link"), "Invalid cross-device link"),
        (OSError("of a library"), "OSError"),
        (TimeoutError(), "TimeoutError"),
        (OSError(errno.ENOSPC, ""), "OSError"),
    ],
)
def test_what_is_not_known_keeps_its_own_words(error: OSError, told: str) -> None:
    assert why_system(error).en == told
    assert why_system(error).zh in (told, "磁盘空间已满")
