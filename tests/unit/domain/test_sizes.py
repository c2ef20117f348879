"""Sizes as people write them, and as they read them."""

import pytest

from farmdesk.domain.sizes import BadSize, read_size, size_text


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("20", 20),
        ("20 B", 20),
        ("1 byte", 1),
        ("1000000 bytes", 10**6),
        ("1GB", 10**9),
        ("1 GB", 10**9),
        ("1G", 10**9),
        (" 1gb ", 10**9),
        ("1.5 TB", 1_500_000_000_000),
        ("0.1TB", 10**11),  # to the byte, though no binary fraction is a tenth
        ("500 MiB", 500 << 20),
        ("500mib", 500 << 20),
        ("2KiB", 2048),
        ("2k", 2000),
        ("1 PiB", 1 << 50),
        ("1.0000000004 KB", 1000),
    ],
)
def test_a_size_is_read_as_people_write_it(text: str, size: int) -> None:
    assert read_size(text) == size


@pytest.mark.parametrize(
    "text",
    [
        "",
        "GB",
        "-1GB",
        "+1",
        "1,5 TB",
        "1.5.5 GB",
        "1e9",
        "1 XB",
        "1GBit",
        "1 B B",
        "٣ GB",
        "1i",
        ".5G",
        "9" * 19,
        "1\n2 GB",
        "1 GB\0",
    ],
)
def test_what_is_none_is_refused_with_examples(text: str) -> None:
    with pytest.raises(BadSize) as refused:
        read_size(text)
    for sentence in (refused.value.en, refused.value.zh):
        assert "20GB" in sentence
        assert "500 MiB" in sentence
        assert "\0" not in sentence


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (500 * 10**9, "500 GB"),
        (1_500_000_000_000, "1.5 TB"),
        (500 << 20, "524.3 MB"),
        (10**15, "1 PB"),
        (2 * 10**18, "2000 PB"),
    ],
)
def test_a_size_is_shown_as_people_read_it(size: int, text: str) -> None:
    assert size_text(size) == text
    assert read_size(text) == pytest.approx(size, rel=1e-3)
