"""Files of frames as results: which of them are those that were proven."""

import os
from contextlib import suppress
from pathlib import Path

from farmdesk.domain.records import FrameRecord
from farmdesk.gateway.outgoing import FileChanged, opened_below
from farmdesk.link.results_wire import ResultSeen
from farmdesk.security.sealed_results import result_version


class ResultChanged(FileChanged):
    """A frame's file is not the one that was listed, or is gone."""

    def __init__(self, frame: int) -> None:
        self.frame = frame
        super().__init__(
            f"Frame {frame} has changed on the farm since it was listed, or is gone. List the "
            "results again.",
            f"第 {frame} 帧在列出之后已在农场上变化或消失。请重新列出结果。",
        )


def seen(folder: Path, proof: FrameRecord) -> ResultSeen:
    """Give a frame as it is listed; without a version where its file is not the proven one."""
    version = ""
    with suppress(OSError):
        with opened_below(folder, proof.path) as file:
            status = os.fstat(file.fileno())
        if status.st_size == proof.bytes:
            version = result_version(proof, status).hex()
    return ResultSeen(proof.frame, proof.path, proof.bytes, proof.sha256, version)
