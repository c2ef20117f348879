"""Turns the records of a flush into rows, in the order of the columns named beside each function.

Text that comes from tools and nodes may hold anything; what no database can keep is replaced, for
one bad byte must never stop the farm.
"""

import json
import zlib
from collections.abc import Iterable
from math import isfinite

from farmdesk.db.columns import NAME_LENGTH, utc_text
from farmdesk.domain.records import FrameRecord, LogRecord, NewTask, NodeRecord, TaskRecord
from farmdesk.domain.states import TaskState

TEXT_LENGTH = 20_000  # characters kept of a text from a tool
_UNKEPT = dict.fromkeys([0, *range(0xD800, 0xE000)], "\N{REPLACEMENT CHARACTER}")  # NUL, surrogates

FRAME = (
    *("task_id", "frame", "attempt", "state", "node", "finished_at", "render_s", "load_s"),
    *("bytes", "sha256", "width", "height", "path", "reason", "text", "rev"),
)
SLOT = (
    *("node", "task_id", "frame", "frame_started_at", "cpu", "memory", "gpu"),
    *("disk_free_mb", "sampled_at", "rev"),
)
NODE = (
    *("node", "state", "reason", "reason_zh", "cpus", "memory_mb", "gpus", "failures"),
    *("pool", "tools"),
)
LOG = ("at", "level", "text", "task_id", "node", "frame")

SPEC = (
    *("name", "tool", "tool_version", "scene", "frames", "project", "show", "version"),
    *("width", "height", "fps", "camera", "layer", "output_format", "parameters", "policy"),
    *("previous_task", "change", "note", "start", "due"),
)  # fields of SubmitTask that are columns of the same name and never change


def keepable(text: str, length: int = TEXT_LENGTH) -> str:
    """Give text that every database can keep, cut to `length` characters."""
    if len(text) > length:
        text = text[: length - 1] + "…"
    return text if text.isascii() and "\0" not in text else text.translate(_UNKEPT)


def _finite(number: float | None) -> float | None:
    """Give a number that every database can keep; None for infinity and what is no number."""
    return number if number is not None and isfinite(number) else None


def frame_row(record: FrameRecord, rev: int) -> tuple[object, ...]:
    """A row of `frame`, columns FRAME."""
    return (
        record.task_id,
        record.frame,
        record.attempt,
        int(record.state),
        keepable(record.node, NAME_LENGTH),
        utc_text(record.finished_at),
        _finite(record.render_s) or 0.0,
        _finite(record.load_s) or 0.0,
        record.bytes,
        bytes.fromhex(record.sha256) or None,
        record.width,
        record.height,
        keepable(record.path),
        None if record.reason is None else record.reason.value,
        keepable(record.text),
        rev,
    )


def node_name(record: NodeRecord) -> str:
    """The key of `node` and `node_slot`."""
    return keepable(record.node, NAME_LENGTH)


def slot_row(record: NodeRecord, rev: int) -> tuple[object, ...]:
    """A row of `node_slot`, columns SLOT."""
    return (
        node_name(record),
        record.task_id,
        record.frame,
        utc_text(record.frame_started_at),
        _finite(record.cpu),
        _finite(record.memory),
        _finite(record.gpu),
        record.disk_free_mb,
        utc_text(record.sampled_at),
        rev,
    )


def node_row(record: NodeRecord) -> tuple[object, ...]:
    """A row of `node`, columns NODE."""
    return (
        node_name(record),
        record.state.value,
        keepable(record.reason),
        keepable(record.reason_zh),
        record.cpus,
        record.memory_mb,
        _list(record.gpus),
        record.failures,
        keepable(record.pool, NAME_LENGTH),
        None if record.tools is None else _list(record.tools),
    )


def _list(texts: Iterable[str]) -> str:
    return json.dumps([keepable(text) for text in texts], ensure_ascii=False)


def log_row(record: LogRecord) -> tuple[object, ...]:
    """A row of `log`, columns LOG."""
    return (
        utc_text(record.at),
        record.level,
        keepable(record.text),
        record.task_id,
        None if record.node is None else keepable(record.node, NAME_LENGTH),
        record.frame,
    )


def new_task_values(new: NewTask, rev: int) -> dict[str, object]:
    """The whole row of a task that its first TaskRecord, in the same flush, goes on with."""
    spec = new.spec
    return {
        "id": new.task_id,
        "owner": new.owner,
        "created_at": new.created_at,
        "total": new.total,
        "output": new.output,
        **{name: getattr(spec, name) for name in SPEC},
        "state": TaskState.QUEUED.value,
        "reason": "",
        "reason_zh": "",
        "priority": spec.priority,
        "position": new.task_id,
        "done": 0,
        "failed": 0,
        "running": 0,
        "render_s": 0.0,
        "recycled": False,
        "purged": False,
        "after": spec.after,
        "after_mode": spec.after_mode,
        "rev": rev,
    }


def task_values(record: TaskRecord, rev: int) -> dict[str, object]:
    """The changing columns of `task`; `task_key` names the row, no `new_report` keeps the old."""
    return {
        "task_key": record.task_id,
        "state": record.state.value,
        "reason": keepable(record.reason),
        "reason_zh": keepable(record.reason_zh),
        "priority": record.priority,
        "position": record.position,
        "done": record.done,
        "failed": record.failed,
        "running": record.running,
        "render_s": _finite(record.render_s) or 0.0,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
        "recycled": record.recycled,
        "purged": record.purged,
        "after": record.after,
        "after_mode": record.after_mode,
        "new_report": record.check_report,
        "rev": rev,
    }


def packed(states: bytes) -> bytes:
    """Compress frame states; level 1 takes half a million frames in about 2 ms."""
    return zlib.compress(states, 1)


def unpacked(blob: bytes) -> bytes:
    """Give back what `packed` took."""
    return zlib.decompress(blob)
