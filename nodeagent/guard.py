"""Stands between the agent and a tool, so that no process of the tool outlives the agent.

Linux only.

Run as `python -I -S guard.py CONTROL STATUS ARGV...` by `nodeagent.process_tree`: CONTROL is the
reading end of a pipe from the agent, whose end (the agent killed the tool, or died itself) kills
the whole tree; STATUS is the writing end of a pipe to the agent that gets the lines `pid N`, `error
ERRNO` (the tool could not be executed) and `exit CODE`.

The guard is a child subreaper (prctl(2), PR_SET_CHILD_SUBREAPER): processes of the tool that
double-forked become its children, so it finds them all. It ends only when the last of them is gone.
It must be small: it starts with each tool.
"""

# pathlib and contextlib would double its start-up time:
# ruff: noqa: PTH123, PTH208, SIM105

import ctypes
import os
import select
import signal
import sys
import time

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
PR_SET_CHILD_SUBREAPER = 36
STARTED_IGNORED = (
    signal.SIGPIPE,
    signal.SIGXFSZ,
)  # Python ignores them; a tool expects the default
KILL_PAUSE_S = 0.002


def main(arguments: list[str]) -> None:
    """Start the tool, wait for its end or for the agent's, and kill what is left."""
    control, status = int(arguments[0]), int(arguments[1])
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # only the agent's pipe ends a guard
    died, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    close_on_exec()  # the tool must hold neither the pipes nor the agent's lock
    pid = os.fork()
    if pid == 0:
        execute(arguments[2:], status, libc)
    for standard in (0, 1, 2):
        os.close(standard)
    code = wait(pid, control, died)
    kill_rest()
    try:
        os.write(status, b"exit %d\n" % code)
    except BrokenPipeError:
        pass  # the agent is gone: nobody is left to tell


def close_on_exec() -> None:
    """Keep all descriptors but the standard ones from the tool."""
    for name in os.listdir("/proc/self/fd"):
        try:
            os.set_inheritable(int(name), int(name) <= 2)
        except OSError:
            pass  # the descriptor that read the folder is closed again


def execute(argv: list[str], status: int, libc: ctypes.CDLL) -> None:
    """Become the tool, in a session of its own; never returns."""
    os.setsid()
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # the guard itself may be killed
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, *STARTED_IGNORED):
        signal.signal(number, signal.SIG_DFL)
    os.write(status, b"pid %d\n" % os.getpid())
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - no shell is what we want
    except OSError as error:
        os.write(status, b"error %d\n" % (error.errno or 0))
    os._exit(127)


def wait(pid: int, control: int, died: int) -> int:
    """Wait until the tool ends or the agent wants its end.

    Give its exit code, or minus the signal that killed it.
    """
    while True:
        ready, _, _ = select.select([control, died], [], [])
        if control in ready:
            return -signal.SIGKILL
        os.read(died, 4096)
        while (ended := reap()) is not None:
            if ended[0] == pid:
                return os.waitstatus_to_exitcode(ended[1])


def kill_rest() -> None:
    """Kill and reap until no descendant is left.

    A process may fork while we look, so look again.
    """
    while True:
        for pid in descendants(os.getpid()):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it ended meanwhile
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(KILL_PAUSE_S)


def reap() -> tuple[int, int] | None:
    """Give pid and wait status of a child that ended, or None."""
    try:
        pid, state = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, state) if pid else None


def descendants(root: int) -> list[int]:
    """Give all processes below `root`, after the parents in /proc/PID/stat (proc(5))."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    parent = int(file.read().rpartition(b")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            children.setdefault(parent, []).append(int(name))
    found = list(children.get(root, ()))
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
