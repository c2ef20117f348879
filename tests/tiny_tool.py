"""A tiny modeling tool for the end-to-end tests; its scene is a JSON file that says how it behaves.

Cold: `python tiny_tool.py SCENE --start 1 --end 5 --step 1 --out FOLDER`. Warm: `python
tiny_tool.py SCENE --warm`, fed by the agent as a warm Blender is. Standard library only.

The scene's fields, all optional:
  gated   true: frame 7 waits until `SCENE.gates` holds the file `7` or `all`
  faults  {"7": ["crash", 2]}: the first two tries at frame 7 end like this; see `FAULTS`
  refuse  a failure reason: the scene does not load
  edge    width and height of a frame in pixels; the picture is noise, 3 bytes a pixel

Every start, every frame that is begun and every one that is written adds a line to `SCENE.log`, in
one write, so that a test can count them: `begin 7 local-1 4711 1771234567.25` names the frame, the
node, the tool's process and the Unix time.
"""

import time

STARTED = time.time()  # before the other imports: they take longer than starting Python

import argparse  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import random  # noqa: E402
import signal  # noqa: E402
import struct  # noqa: E402
import sys  # noqa: E402
import zlib  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

FAULTS = ("crash", "hang", "truncate", "skip", "small")
FOR_EVER_S = 3600.0
POLL_S = 0.005


def main() -> None:
    """Render, as the command line says."""
    options = _read_options()
    scene = Path(options.scene)
    _add(scene, f"start 0 - {os.getpid()} {STARTED:.4f}\n")
    told = json.loads(scene.read_text(encoding="utf-8"))
    if options.warm:
        _serve(scene, told)
        return
    if told.get("refuse"):
        sys.exit("out of memory" if told["refuse"] == "out_of_memory" else 3)
    for frame in range(options.start, options.end + 1, options.step):
        _render(scene, frame, Path(options.out) / f"frame_{frame:04d}.png")


def png(frame: int, edge: int = 4) -> bytes:
    """Give a square picture of noise; no two frames are the same."""
    noise = random.Random(frame)
    lines = b"".join(b"\0" + noise.randbytes(3 * edge) for _ in range(edge))
    header = struct.pack(">IIBBBBB", edge, edge, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(lines, 1)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(part)) + kind + part + struct.pack(">I", zlib.crc32(kind + part))
        for kind, part in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("scene")
    parser.add_argument("--warm", action="store_true")
    parser.add_argument("--start", type=int)
    parser.add_argument("--end", type=int)
    parser.add_argument("--step", type=int)
    parser.add_argument("--out")
    parser.add_argument("--quality", type=int)
    return parser.parse_args()


def _render(scene: Path, frame: int, path: Path) -> None:
    told = json.loads(scene.read_text(encoding="utf-8"))  # again: the test may have mended it
    who = f"{frame} {path.parts[-4]} {os.getpid()}"  # .../scratch/NODE/frames/0001/frame_0007.png
    tries = _add(scene, f"begin {who} {time.time():.4f}\n").count(f"begin {frame} ")
    if told.get("gated"):
        gates = scene.with_name(scene.name + ".gates")
        while not ((gates / str(frame)).exists() or (gates / "all").exists()):
            time.sleep(POLL_S)
    fault, times = told.get("faults", {}).get(str(frame), ("", 0))
    fault = fault if tries <= times else ""
    if fault == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if fault == "hang":
        time.sleep(FOR_EVER_S)
    edge = told.get("edge", 4)
    body = png(frame, edge // 2 if fault == "small" else edge)
    if fault != "skip":
        path.write_bytes(body[:-9] if fault == "truncate" else body)
    _add(scene, f"end {who} {time.time():.4f}\n")


def _add(scene: Path, line: str) -> str:
    """Add a line to the scene's log and give all of it."""
    log = scene.with_name(scene.name + ".log")
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, line.encode())
    os.close(descriptor)
    return log.read_text()


def _serve(scene: Path, told: dict[str, Any]) -> None:
    """Speak as `nodeagent/tools/blender_warm.py` does."""
    head = f"@farmdesk:{os.environ['FARMDESK_TOKEN']} "

    def say(word: str, **fields: object) -> None:
        print("\n" + head + json.dumps({"t": word, **fields}), flush=True)

    if told.get("refuse"):
        say("refused", reason=told["refuse"], text="the scene does not load")
        return
    say("loaded", seconds=0.0)
    for line in sys.stdin:
        order = json.loads(line)
        frame, started = order["frame"], time.time()
        say("begun", frame=frame)
        try:
            _render(scene, frame, Path(order["path"]))
        except OSError as error:
            say("failed", frame=frame, reason="output_write", text=str(error))
            continue
        say("done", frame=frame, seconds=time.time() - started, started=started)


if __name__ == "__main__":
    main()
