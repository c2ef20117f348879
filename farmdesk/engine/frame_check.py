"""Checks frames of a finished task: a worker program, `python -m farmdesk.engine.frame_check`.

One JSON line a frame on stdin, a `Claim`; one line back, a `Finding`. It ends when stdin ends, so
none is left behind when the engine dies.
"""

import hashlib
import json
import signal
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from farmdesk.domain.system_words import why_system
from nodeagent.images import BadImage, check_image

BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Claim:
    """What is recorded of a frame, and must be true of its file; `width` or `height` 0: any."""

    frame: int
    path: str
    bytes: int
    sha256: str
    width: int
    height: int
    newer_than: float  # time of the task's start on the storage's clock, Unix seconds
    proven: bool = False  # whether bytes of this digest were proven when they were published


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found: an empty error means proven."""

    frame: int
    bytes: int
    error: str = ""
    error_zh: str = ""
    missing: bool = False
    width: int = 0
    height: int = 0


def check_frame(claim: Claim) -> Finding:
    """Compare a frame's file with what is recorded of it."""
    path = Path(claim.path)
    try:
        status = path.stat()
        if status.st_size != claim.bytes:
            en = f"has {status.st_size} bytes, {claim.bytes} are recorded"
            return _bad(claim, en, f"为 {status.st_size} 字节，而记录为 {claim.bytes} 字节")
        if status.st_mtime < claim.newer_than:
            return _bad(claim, "is older than the start of its task", "早于任务的开始时间")
        facts = check_image(path, follow=not claim.proven)
        width, height = claim.width or facts.width, claim.height or facts.height
        if (facts.width, facts.height) != (width, height):
            size = f"{facts.width}x{facts.height}"
            en = f"is {size}, expected is {width}x{height}"
            return _bad(claim, en, f"尺寸为 {size}，应为 {width}x{height}")
        if _digest(path) != claim.sha256:
            return _bad(claim, "has another digest than the recorded one", "与记录的摘要不符")
    except FileNotFoundError:
        return Finding(claim.frame, 0, "is missing", "缺失", missing=True)
    except BadImage as error:
        return _bad(claim, f"cannot be read: {error}", f"无法读取（{error}）")
    except OSError as error:
        why = why_system(error)
        return _bad(claim, f"cannot be read: {why.en}", f"无法读取（{why.zh}）")
    return Finding(claim.frame, claim.bytes, width=width, height=height)


def main() -> None:
    """Answer claims until stdin ends, also after Ctrl-C: that is for the engine."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        finding = check_frame(Claim(**json.loads(line)))
        sys.stdout.write(json.dumps(asdict(finding)) + "\n")
        sys.stdout.flush()


def _bad(claim: Claim, en: str, zh: str) -> Finding:
    return Finding(claim.frame, 0, en, zh)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


if __name__ == "__main__":
    main()
