"""The virtual environment `.venv`: made once, filled from the lock, then left alone.

A stamp in `.venv` holds what it was made from, so that every later run costs a file comparison.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from installer.steps import counter, run, step

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = "farmdesk-stamp.txt"


def prepare_environment(install_venv_module: Callable[[], None]) -> None:
    """Make `.venv` and fill it with the locked packages and this checkout, unless that is done.

    Debian cuts Python's `venv` module off; `install_venv_module` is called where it is missing.

    Raises:
        SetupError: pip failed, or Python cannot make environments here.
    """
    if is_current(VENV, LOCK):
        return
    if moved(VENV):
        shutil.rmtree(VENV)  # the programs in it name the old place
    if not (VENV / "bin" / "python").exists():
        if importlib.util.find_spec("ensurepip") is None:
            install_venv_module()
        make_venv(base_python(), VENV)
    install_lock(VENV, LOCK)
    install_checkout()
    (VENV / STAMP).write_text(stamp_text(LOCK), encoding="utf-8")


def is_current(venv: Path, lock: Path) -> bool:
    """Tell whether the environment was made here, from this very lock, and still runs."""
    try:
        stamp = (venv / STAMP).read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return stamp == stamp_text(lock) and os.access(venv / "bin" / "python", os.X_OK)


def stamp_text(lock: Path) -> str:
    """Give what an environment depends on: its place, and the lock's digest."""
    return f"{lock.parent}\n{hashlib.sha256(lock.read_bytes()).hexdigest()}\n"


def moved(venv: Path) -> bool:
    """Tell whether the environment was made in another folder."""
    stamp = venv / STAMP
    return stamp.exists() and stamp.read_text(encoding="utf-8").split("\n")[0] != str(venv.parent)


def base_python() -> str:
    """Give the Python outside of any environment; it may be the one that runs this."""
    return getattr(sys, "_base_executable", None) or sys.executable


def make_venv(python: str, venv: Path) -> None:
    """Make an empty environment with pip."""
    with step(f"Python environment {venv.name}"):
        run([python, "-m", "venv", "--clear", str(venv)], failure="The environment was not made")


def install_lock(venv: Path, lock: Path) -> None:
    """Bring in the locked packages, each checked against its hash."""
    python = str(venv / "bin" / "python")
    names = re.findall(r"^[A-Za-z0-9._-]+(?===)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    # An environment whose making was interrupted may lack pip.
    run([python, "-m", "ensurepip"], failure="Python's own pip could not be installed")
    with step(f"{len(names)} Python packages of {lock.name}"):
        run(
            [
                *(python, "-m", "pip", "install", "--disable-pip-version-check"),
                *("--progress-bar", "off", "--no-input", "--require-hashes", "-r", str(lock)),
            ],
            failure="The Python packages were not installed",
            on_line=counter(len(names), "Collecting "),
        )


def install_checkout() -> None:
    """Put the program `farmdesk` into the environment, running the files of this checkout."""
    run(
        [
            *(str(VENV / "bin" / "python"), "-m", "pip", "install", "--no-deps"),
            *("--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet"),
            *("--config-settings", "editable_mode=compat", "--editable", str(ROOT)),
        ],
        failure="The checkout was not installed into its environment",
    )
