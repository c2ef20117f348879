"""Names inside packages: every script is welcome, and no trick."""

from pathlib import PurePosixPath
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmdesk.security.package_names import (
    MAX_FOLDERS,
    MAX_NAME,
    MAX_PARTS,
    BadName,
    TooManyFolders,
    check_together,
    checked_name,
)

LONGEST = "/".join([*["日" * 85] * 3, "日" * 84, "aaa"])  # 1,024 bytes, far fewer letters

GOOD = [
    "scene.blend",
    "textures/wood/bark.0001.exr",
    ".hidden/.file",
    "场景/开幕式/镜头１.blend",
    "сцена/Олимпиада.exr",
    "صحنه/نمی\u200cخواهم.exr",  # Persian cannot be written without the joiner
    "दृश्य/क्\u200dष.exr",
    "장면.png",
    "👩\u200d🎨.png",
    "café.exr",
    normalize("NFD", "café.exr"),
    "COM10.exr",
    "console.txt",
    "nul2/auxiliary.c",
    "a" * 255,
    "/".join(["日" * 85] * 4),
    LONGEST,
]


@pytest.mark.parametrize("name", GOOD)
def test_names_of_every_script_are_taken_as_they_are(name: str) -> None:
    assert checked_name(name) == PurePosixPath(name)


BAD = {
    "leaves the package": ["", ".", "..", "../a", "a/../b", "a/..", "a/./b", "a//b", "a/", "/"],
    "absolute": ["/etc/passwd", "//server/share", "C:/a", "c:a", "a/C:", "\\\\server\\share\\a"],
    "backslash": ["a\\b", "..\\a", "\\a"],
    "device": [
        *("CON", "con", "nul.txt", "a/PRN/b", "aux.tar.gz", "COM1", "lpt9.exr", "COM0", "Com¹"),
        *("LPT².txt", "com³", "CONIN$", "conout$", "NUL .txt", "con. .exr"),
    ],
    "end": ["a.", "a ", "a/b./c", "a/b /c", " a", "a/ b", "...", "a/... "],
    "stream": ["a:b", "a.exr::$DATA"],
    "wildcard": ["a*", "a?b", "<a>", 'a"b', "a|b"],
    "control": ["a\0b", "a\nb", "\x1b[31m", "a\x7f", "a\x85b", "a\u2028b", "a\tb"],
    "hidden": ["a\u202egnp.exe", "\u2066a", "a\u200bb", "\ufeffa", "a\u00adb", "a\u061cb"],
    "surrogate": ["a\ud800", "\udc80\udcff"],
    "long": ["a" * 256, "日" * 86, "/".join(["a" * 200] * 6), "a/" * 600 + "a", LONGEST + "a"],
}


@pytest.mark.parametrize(
    "name", [name for names in BAD.values() for name in names], ids=lambda name: ascii(name)[:40]
)
def test_a_trick_is_refused_in_both_languages(name: str) -> None:
    with pytest.raises(BadName) as told:
        checked_name(name)
    assert told.value.name == name
    for language in ("en", "zh"):
        text = told.value.text(language)
        text.encode()  # no lone surrogate gets through
        assert "\n" not in text
        assert "\u202e" not in text
        assert len(text) < 300


TWINS = [
    ("Scene.blend", "scene.BLEND"),
    ("textures/Wood.exr", "Textures/wood.exr"),
    ("café.exr", normalize("NFD", "café.exr")),
    ("CAFÉ.exr", normalize("NFD", "café.exr")),
    ("Сцена", "сцена"),
    ("가.exr", normalize("NFD", "가.exr")),
    ("Å", "\u212b"),
    ("scene.blend", "scene.blend"),
]


@pytest.mark.parametrize("names", TWINS)
def test_twins_are_refused_whatever_lies_between(names: tuple[str, str]) -> None:
    for one, two in (names, names[::-1]):
        with pytest.raises(BadName):
            check_together([one, "between", "zzz", "A", two])


@pytest.mark.parametrize(
    "names", [("a", "a/b"), ("a", "a/b/c"), ("A", "a/b"), ("x/y", "X/Y/z"), ("a", "a!", "a/b")]
)
def test_a_file_cannot_be_a_folder_too(names: tuple[str, ...]) -> None:
    for order in (names, names[::-1]):
        with pytest.raises(BadName):
            check_together(order)


def test_names_that_only_look_alike_may_stand_together() -> None:
    check_together(
        ["a", "a!", "a.b", "ab", "a b", "b/a", "b/a.c/d", "straße", "strasse", "１", "1"]
    )
    check_together([])


@given(st.text())
def test_what_is_taken_stays_inside_and_can_be_written(name: str) -> None:
    try:
        path = checked_name(name)
    except BadName:
        return
    assert not path.is_absolute()
    assert ".." not in path.parts
    assert str(path) == name
    assert len(name.encode()) <= MAX_NAME
    with pytest.raises(BadName):
        check_together([name, name.upper() if len(name.upper()) == len(name) else name])


def test_a_deep_name_costs_nothing() -> None:
    with pytest.raises(BadName):
        checked_name("a/" * 10_000_000 + "a")


def test_a_name_has_so_many_parts_and_no_more() -> None:
    deepest = "/".join("a" * MAX_PARTS)
    assert len(checked_name(deepest).parts) == MAX_PARTS
    with pytest.raises(BadName, match="folders"):
        checked_name(f"a/{deepest}")


def test_short_names_do_not_make_folders_without_end() -> None:
    """A manifest of 64 MB could name 28 million, and the memory went with the first of them."""
    inner = "/".join("a" * (MAX_PARTS - 2))
    most = MAX_FOLDERS // (MAX_PARTS - 1)
    check_together(f"{number}/{inner}/x" for number in range(most))
    with pytest.raises(TooManyFolders):
        check_together(f"{number}/{inner}/x" for number in range(10**9))
    check_together(f"{inner}/{number}" for number in range(1000))  # the same folders count once
