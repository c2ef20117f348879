"""Makes this checkout ready for one purpose: `python -m installer.prepare demo|test|develop`.

`demo` needs a Blender, and Qt's libraries where a window can open; `test` needs the real servers
as well; `develop` only the Python environment. What is there already is left as it is, and a run
that finds everything in place says nothing.
"""

import argparse
import os
import sys

from installer import blender_wheel, environment
from installer.steps import SetupError, say
from installer.system_packages import (
    BLENDER,
    TEST_NEEDS,
    WINDOW_NEEDS,
    Need,
    command_line,
    install,
    may_install,
    missing,
)


def main(arguments: list[str]) -> int:
    """Prepare for the purpose named; give the exit code."""
    parser = argparse.ArgumentParser(prog="installer/setup.sh", description=__doc__)
    parser.add_argument("purpose", choices=("demo", "test", "develop"))
    purpose = parser.parse_args(arguments).purpose
    try:
        environment.prepare_environment(install_venv_module)
        if purpose == "test":
            prepare_test()
        elif purpose == "demo":
            prepare_demo()
    except SetupError as error:
        say(f"\nSet-up stopped. {error}")
        return 1
    except KeyboardInterrupt:
        say("\nSet-up was interrupted; the same command goes on from here.")
        return 130
    return 0


def prepare_test() -> None:
    """Bring what the tests of real parts need."""
    absent = missing(TEST_NEEDS)
    if absent:
        install(absent)


def prepare_demo() -> None:
    """Bring a Blender (on PATH, else Debian's, else the wheel), and a window where it can be."""
    wanted = list(WINDOW_NEEDS) if window_is_possible() else []
    absent = missing([BLENDER, *wanted])
    if absent and may_install():
        install(absent)
        return
    if BLENDER in absent:
        blender_wheel.prepare_blender(line=command_line([BLENDER]))
        absent.remove(BLENDER)
    if absent:
        say(f"The window needs more than this machine has. To see it: {command_line(absent)}")


def window_is_possible() -> bool:
    """Tell whether the demo may open its window: a display is there, and nobody said no."""
    display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(display) and os.environ.get("WINDOW") != "0"


def install_venv_module() -> None:
    """Bring the part of Python that Debian ships apart."""
    install([Need(f"python3.{sys.version_info.minor}-venv", program="ensurepip")])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
