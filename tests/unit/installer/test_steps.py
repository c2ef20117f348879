"""How set-up fails: what happened, and what to do."""

import sys

import pytest

from installer.steps import SetupError, explain, run


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("ERROR: [Errno 28] No space left on device", "disk is full"),
        ("Temporary failure resolving 'deb.example'", "network"),
        ("Failed to establish a new connection: [Errno 111]", "network"),
        ("E: Could not get lock /var/lib/dpkg/lock-frontend", "Wait for it"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "damaged"),
    ],
)
def test_a_known_failure_says_what_to_do(said: str, advice: str) -> None:
    text = explain("The packages were not installed", ["Collecting rich", said])
    assert text.startswith("The packages were not installed.")
    assert said in text
    assert advice in text


def test_a_failing_program_shows_its_last_lines_and_no_advice_that_does_not_fit() -> None:
    script = "import sys\nfor i in range(30): print('line', i)\nsys.exit(4)"
    with pytest.raises(SetupError) as caught:
        run([sys.executable, "-c", script], failure="It broke")
    assert "line 29" in str(caught.value)
    assert "line 5\n" not in str(caught.value)
    assert "disk" not in str(caught.value)


def test_a_program_that_is_not_there_is_a_setup_error() -> None:
    with pytest.raises(SetupError, match="It broke"):
        run(["/nonexistent/program"], failure="It broke")


def test_output_that_is_no_text_is_passed_on_and_input_is_closed() -> None:
    lines: list[str] = []
    script = "import sys; sys.stdout.buffer.write(b'\\xff\\xfe\\n'); print(sys.stdin.read())"
    run([sys.executable, "-c", script], failure="It broke", on_line=lines.append)
    assert len(lines) == 2
