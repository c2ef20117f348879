"""What comes from the operating system: what is missing, and Debian's packages that bring it.

A need is met by a program, a library or a font, wherever it came from; only what is missing is
installed, by apt, as root or through sudo without a password. Services that packages bring stay
off: the tests start their own, on free ports and in folders of their own.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from installer.steps import SetupError, run, step

POLICY = Path("/usr/sbin/policy-rc.d")  # asked by Debian's packages before they start a service
POLICY_TEXT = "#!/bin/sh\n# Made by FarmDesk's set-up for a moment: start no service.\nexit 101\n"
SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")  # servers; not on every PATH


@dataclass(frozen=True)
class Need:
    """Something that must be there, and Debian's package that brings it.

    Exactly one of `program`, `library` (its soname) and `font` (a pattern of file names) is set.
    """

    package: str
    program: str = ""
    library: str = ""
    font: str = ""


BLENDER = Need("blender", program="blender")
WINDOW_NEEDS = (
    Need("libdbus-1-3", library="libdbus-1.so.3"),
    Need("libegl1", library="libEGL.so.1"),
    Need("libfontconfig1", library="libfontconfig.so.1"),
    Need("libgl1", library="libGL.so.1"),
    Need("libglib2.0-0", library="libglib-2.0.so.0"),
    Need("libxcb-icccm4", library="libxcb-icccm.so.4"),
    Need("libxcb-image0", library="libxcb-image.so.0"),
    Need("libxcb-keysyms1", library="libxcb-keysyms.so.1"),
    Need("libxcb-render-util0", library="libxcb-render-util.so.0"),
    Need("libxcb-shape0", library="libxcb-shape.so.0"),
    Need("libxcb-xinerama0", library="libxcb-xinerama.so.0"),
    Need("libxkbcommon-x11-0", library="libxkbcommon-x11.so.0"),
    Need("fonts-noto-cjk", font="NotoSansCJK*"),
)
TEST_NEEDS = (
    BLENDER,
    Need("mariadb-server", program="mariadbd"),
    Need("samba", program="smbd"),
    Need("xvfb", program="Xvfb"),
    *WINDOW_NEEDS,
)


def missing(needs: Sequence[Need]) -> list[Need]:
    """Give the needs that this machine does not meet."""
    libraries = _known_libraries() if any(need.library for need in needs) else ""
    return [need for need in needs if not _is_met(need, libraries)]


def command_line(needs: Sequence[Need]) -> str:
    """Give the line that a person with the rights can run."""
    names = " ".join(need.package for need in needs)
    return f"sudo apt-get update && sudo apt-get install --no-install-recommends {names}"


def may_install() -> bool:
    """Tell whether packages can be installed without asking anybody."""
    if shutil.which("apt-get") is None:
        return False
    return os.geteuid() == 0 or _has_free_sudo()


def install(needs: Sequence[Need]) -> None:
    """Install what brings these needs.

    Raises:
        SetupError: there is no apt, no right to use it, or it failed; the text gives the line to
            run by hand.
    """
    names = [need.package for need in needs]
    if not may_install():
        raise SetupError(
            f"Missing on this machine: {', '.join(names)}.\n"
            "They cannot be installed without root or sudo. Run this one line, then try again:\n"
            f"    {command_line(needs)}"
        )
    with step(f"Debian packages {' '.join(names)}"):
        if os.geteuid() == 0:
            install_as_root(names)
        else:
            # The same code, as root: it also keeps the services off.
            here = str(Path(__file__).resolve().parent.parent)
            run(
                [
                    *("sudo", "-n", "env", f"PYTHONPATH={here}", sys.executable),
                    *("-m", "installer.system_packages", *names),
                ],
                failure="Debian's packages were not installed",
            )


def install_as_root(names: Sequence[str]) -> None:
    """Run apt, with no questions asked and no service started."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    apt = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
    with services_kept_off():
        run(
            [*apt, "update"],
            failure="apt could not read its lists of packages",
            environment=environment,
        )
        run(
            [*apt, "install", "--yes", "--no-install-recommends", *names],
            failure=f"apt could not install {' '.join(names)}",
            environment=environment,
        )


@contextmanager
def services_kept_off(policy: Path = POLICY) -> Iterator[None]:
    """While this lasts, no package starts its service; a policy that is there already stays."""
    if policy.exists():
        yield
        return
    policy.write_text(POLICY_TEXT, encoding="utf-8")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


def find_program(name: str) -> str | None:
    """Give the path of a program, looked for on PATH and where Debian keeps servers."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *SYSTEM_FOLDERS])
    return shutil.which(name, path=path)


def _is_met(need: Need, libraries: str) -> bool:
    if need.program:
        return find_program(need.program) is not None
    if need.library:
        return f"\t{need.library} " in libraries
    folders = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
    return any(next(folder.rglob(need.font), None) for folder in folders)


def _known_libraries() -> str:
    ldconfig = find_program("ldconfig")
    if ldconfig is None:
        return ""
    return subprocess.run([ldconfig, "-p"], capture_output=True, text=True).stdout


def _has_free_sudo() -> bool:
    sudo = shutil.which("sudo")
    return sudo is not None and (
        subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0
    )


if __name__ == "__main__":
    try:
        install_as_root(sys.argv[1:])
    except SetupError as error:
        sys.exit(str(error))
