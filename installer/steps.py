"""How set-up talks to people and runs other programs."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

# What programs say when the world failed, and what a person can do about it.
ADVICE = (
    (
        ("No space left on device", "not enough free space", "Disk quota exceeded"),
        "The disk is full. Free about 3 GB, then run the same command again.",
    ),
    (
        (
            "Temporary failure in name resolution",
            "Name or service not known",
            "Temporary failure resolving",
            "Failed to establish a new connection",
            "Network is unreachable",
            "Connection refused",
            "Connection timed out",
            "Read timed out",
            "Could not connect to",
            "Failed to fetch",
        ),
        (
            "The package server cannot be reached. Check the network, or set pip's and apt's proxy"
            " or mirror, then run the same command again."
        ),
    ),
    (
        ("Could not get lock", "Unable to acquire the dpkg"),
        "Another program is installing packages. Wait for it, then run the same command again.",
    ),
    (
        ("DO NOT MATCH THE HASHES",),
        (
            "A downloaded package is not the one that was locked: it was damaged or replaced on its"
            " way. Try again; if it stays so, do not use this package server."
        ),
    ),
    (
        ("Permission denied", "Read-only file system"),
        "A folder may not be written. Check who owns this checkout, then run the command again.",
    ),
)


class SetupError(Exception):
    """Set-up cannot go on; the text says what happened and what to do."""


def say(text: str) -> None:
    """Print a line for the person who waits."""
    print(text, flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Tell that something is done once, and how long it took."""
    say(f"Setting up (once): {what} …")
    begun = time.monotonic()
    yield
    say(f"Setting up (once): {what}: done in {time.monotonic() - begun:.0f} s")


def run(
    argv: Sequence[str],
    *,
    failure: str,
    environment: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] | None = None,
) -> None:
    """Run a program to its end; each line that it prints goes to `on_line`.

    Raises:
        SetupError: it could not be started or failed; the text begins with `failure`, shows the
            last lines, and gives the advice that fits them.
    """
    lines: list[str] = []
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=environment,
        )
    except OSError as error:
        raise SetupError(f"{failure}: {error}") from error
    with process:
        assert process.stdout is not None  # noqa: S101 - it was asked for above
        for line in process.stdout:
            lines.append(line.rstrip())
            if on_line is not None:
                on_line(lines[-1])
    if process.returncode != 0:
        raise SetupError(explain(failure, lines))


def explain(failure: str, lines: Sequence[str]) -> str:
    """Give the failure, the end of what the program said, and what to do."""
    said = [line for line in lines if line.strip()]
    shown = "\n".join(f"    {line}" for line in said[-8:])
    everything = "\n".join(said)
    for signs, advice in ADVICE:
        if any(sign in everything for sign in signs):
            return f"{failure}.\n{shown}\n{advice}"
    return f"{failure}.\n{shown}"


def counter(total: int, sign: str) -> Callable[[str], None]:
    """Give an `on_line` that counts lines beginning with `sign`, shown where a terminal is."""
    count = 0

    def show(line: str) -> None:
        nonlocal count
        if line.startswith(sign) and sys.stdout.isatty():
            count += 1
            name = line.removeprefix(sign).split("=")[0].strip()
            print(f"\r\033[K    {count} of {total}: {name}\r", end="", flush=True)

    return show
