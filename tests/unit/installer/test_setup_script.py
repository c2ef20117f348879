"""`setup.sh` finds a Python that works, not just one that is there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SHIM = '#!/bin/sh\necho "pyenv: python: command not found" >&2\nexit 127\n'
OLD = "#!/bin/sh\nexit 1\n"  # what our version test gives on Python 3.10


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose `prepare` only tells which Python runs it, and for what."""
    folder = tmp_path / "my checkout"
    (folder / "installer").mkdir(parents=True)
    shutil.copy(ROOT / "installer" / "setup.sh", folder / "installer")
    (folder / "installer" / "__init__.py").write_text("", encoding="utf-8")
    (folder / "installer" / "prepare.py").write_text(
        "import os, sys\nprint(os.environ['CHOSEN'], sys.argv[1:])\n", encoding="utf-8"
    )
    (folder / "bin").mkdir()
    for tool in ("dirname",):
        (folder / "bin" / tool).symlink_to(shutil.which(tool) or "")
    return folder


def put(path: Path, text: str) -> None:
    """Write a program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def working(name: str) -> str:
    """Give the text of a Python that works."""
    return f'#!/bin/sh\nCHOSEN={name} exec "{sys.executable}" "$@"\n'


def start(checkout: Path) -> subprocess.CompletedProcess[str]:
    """Run the script with only the checkout's own `bin` on PATH."""
    return subprocess.run(
        ["/bin/sh", str(checkout / "installer" / "setup.sh"), "test"],
        env={**os.environ, "PATH": str(checkout / "bin")},
        capture_output=True,
        text=True,
    )


def test_the_newest_python_that_works_is_taken(checkout: Path) -> None:
    put(checkout / "bin" / "python3.13", SHIM)
    put(checkout / "bin" / "python3.12", working("3.12"))
    put(checkout / "bin" / "python3.11", working("3.11"))
    assert start(checkout).stdout == "3.12 ['test']\n"


def test_the_environment_that_is_there_comes_first(checkout: Path) -> None:
    put(checkout / ".venv" / "bin" / "python", working("own"))
    put(checkout / "bin" / "python3.13", working("3.13"))
    assert start(checkout).stdout == "own ['test']\n"


def test_a_broken_environment_and_an_old_python_are_passed_over(checkout: Path) -> None:
    put(checkout / ".venv" / "bin" / "python", SHIM)
    put(checkout / "bin" / "python3", OLD)
    put(checkout / "bin" / "python3.11", working("3.11"))
    assert start(checkout).stdout == "3.11 ['test']\n"


def test_no_python_says_what_to_do(checkout: Path) -> None:
    put(checkout / "bin" / "python3", OLD)
    done = start(checkout)
    assert done.returncode == 1
    assert "apt-get install python3" in done.stderr
