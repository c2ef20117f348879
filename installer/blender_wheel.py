"""Blender from its Python wheel, for machines without Blender where nobody may install packages.

The wheel `bpy` fits one Python version only and wants a NumPy of its own, so it gets an environment
of its own, `.venv/blender`, and a program `.venv/bin/blender` that understands Blender's command
line. Nothing else in FarmDesk knows the difference.
"""

import shutil
import subprocess
from pathlib import Path

from installer.environment import ROOT, VENV, is_current, make_venv, stamp_text
from installer.environment import STAMP as STAMP_NAME
from installer.steps import SetupError, counter, run, step

LOCK = ROOT / "requirements-blender.lock"
PYTHONS = ("python3.13", "python3.11")  # those that a locked wheel was made for
BLENDER_VENV = VENV / "blender"
PROGRAM = VENV / "bin" / "blender"
COMMAND = ROOT / "installer" / "blender_command.py"


def prepare_blender(*, line: str) -> None:
    """Make `.venv/bin/blender` unless it is there; `line` is what installs Debian's package.

    Raises:
        SetupError: no fitting Python, the wheel could not be fetched, or it does not run here.
    """
    if is_current(BLENDER_VENV, LOCK) and PROGRAM.exists():
        return
    python = fitting_python()
    if python is None:
        raise SetupError(
            "There is no Blender on this machine, and its Python wheel needs Python 3.11 or 3.13.\n"
            f"Put a Blender on PATH, or run this one line, then try again:\n    {line}"
        )
    make_venv(python, BLENDER_VENV)
    inside = str(BLENDER_VENV / "bin" / "python")
    with step("Blender as a Python wheel (about 400 MB)"):
        run(
            [
                *(inside, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"),
                # Its other dependencies serve add-ons that a render does not use.
                *("--progress-bar", "off", "--no-deps", "--require-hashes", "-r", str(LOCK)),
            ],
            failure="The Blender wheel was not installed",
            on_line=counter(2, "Collecting "),
        )
        run(
            [inside, "-c", "import bpy"],
            failure=f"The Blender wheel does not run on this machine; this line helps: {line}",
        )
    PROGRAM.write_text(program_text(inside), encoding="utf-8")
    PROGRAM.chmod(0o755)
    (BLENDER_VENV / STAMP_NAME).write_text(stamp_text(LOCK), encoding="utf-8")


def fitting_python() -> str | None:
    """Give a Python that the wheel fits and that really runs."""
    for name in PYTHONS:
        found = shutil.which(name)
        if (
            found
            and subprocess.run([found, "-c", "import ensurepip"], capture_output=True).returncode
            == 0
        ):
            return found
    return None


def program_text(python: str) -> str:
    """Give the program's text: a script, since a line `#!` may not hold a path with blanks."""
    return f'#!/bin/sh\nexec "{_quoted(python)}" "{_quoted(str(COMMAND))}" "$@"\n'


def _quoted(path: str) -> str:
    for special in '\\"$`':
        path = path.replace(special, f"\\{special}")
    return str(Path(path))
