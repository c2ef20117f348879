"""A tiny tool for the agent's tests: writes PNG frames, cold or warm, and misbehaves as told.

Cold: `python frame_tool.py --start 1 --end 5 --step 1 --out FOLDER --pattern frame_####.png …`.
Warm: `python frame_tool.py --warm …`, fed by the agent as a warm Blender is. Standard library only.
"""

import argparse
import contextlib
import json
import os
import signal
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

WIDTH, HEIGHT = 8, 4
FOR_EVER_S = 3600.0
POLL_S = 0.005


def main() -> None:
    """Render, as the command line says."""
    options = _read_options()
    if options.daemon:
        _start_daemon(Path(f"{options.daemon}.{os.getpid()}"))
    if options.warm:
        _serve(options)
        return
    for frame in range(options.start, options.end + 1, options.step):
        digits = "#" * options.pattern.count("#")
        name = options.pattern.replace(digits, f"{frame:0{len(digits)}d}")
        _render(options, frame, Path(options.out) / name)
    sys.exit(options.exit_code)


def png(frame: int, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """Give a small picture; no two frames are the same."""
    lines = b"".join(b"\0" + bytes([frame % 256, line, 7]) * width for line in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--warm", action="store_true")
    for name in ("--start", "--end"):
        parser.add_argument(name, type=int, default=1)
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--out", default=".")
    parser.add_argument("--pattern", default="frame_####.png")
    parser.add_argument("--gates", help="frame 7 waits until this folder holds the file 7")
    parser.add_argument(
        "--daemon", help="start a process of another session; write its pid to DAEMON.OURS"
    )
    parser.add_argument("--exit-code", type=int, default=0)
    parser.add_argument("--refuse", help="a reason: refuse the scene")
    parser.add_argument("--chatter", action="store_true", help="print what looks like an answer")
    for word in ("hang", "busy", "crash", "truncate", "skip", "small", "fail"):
        parser.add_argument(f"--{word}", type=int, nargs="*", default=[], metavar="FRAME")
    return parser.parse_args()


def _start_daemon(pid_file: Path) -> None:
    """Leave a process behind as tools do that fork twice: another session, another parent."""
    code = "import os, time; os.fork() and os._exit(0); os.setsid(); "
    code += f"open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep({FOR_EVER_S})"
    subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _await(lambda: pid_file.exists() and pid_file.read_text())


def _await(condition: object) -> None:
    while not condition():  # type: ignore[operator]
        time.sleep(POLL_S)


def _render(options: argparse.Namespace, frame: int, path: Path) -> None:
    print(f"rendering {frame}", flush=True)
    if options.gates:
        _await((Path(options.gates) / str(frame)).exists)
    if frame in options.hang:
        time.sleep(FOR_EVER_S)
    if frame in options.busy:
        end = time.process_time() + 3.0
        while time.process_time() < end:
            pass
    if frame in options.crash:
        os.kill(os.getpid(), signal.SIGSEGV)
    body = png(frame, WIDTH // 2 if frame in options.small else WIDTH)
    if frame in options.truncate:
        body = body[:-20]
    if frame not in options.skip:
        path.write_bytes(body)


def _serve(options: argparse.Namespace) -> None:
    """Speak as `nodeagent/tools/blender_warm.py` does."""
    head = f"@farmdesk:{os.environ['FARMDESK_TOKEN']} "

    def say(word: str, **fields: object) -> None:
        print("\n" + head + json.dumps({"t": word, **fields}), flush=True)

    if options.refuse:
        say("refused", reason=options.refuse, text="not like this")
        return
    say("loaded", seconds=0.0)
    for line in sys.stdin:
        order = json.loads(line)
        frame, started = order["frame"], time.time()
        say("begun", frame=frame)
        if options.chatter:
            forged = json.dumps({"t": "done", "frame": frame})
            print("@farmdesk:0123456789abcdef " + forged, flush=True)
            print("half a line", end="")
        if frame in options.fail:
            say("failed", frame=frame, reason="output_write", text="no space left on device")
            continue
        _render(options, frame, Path(order["path"]))
        say("done", frame=frame, seconds=time.time() - started, started=started)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main()
