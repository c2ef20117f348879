"""Why a frame or a session failed.

The values are those of `farmdesk.domain.states.FailureReason`, which this side may not import.

`tests/unit/nodeagent/test_agent_job.py` holds the two together.
"""

from enum import StrEnum


class Reason(StrEnum):
    """The class of a failure; the engine decides by it whether node, frame or task is to blame."""

    LICENCE = "licence"
    SCENE_LOAD = "scene_load"
    MISSING_ASSET = "missing_asset"
    BAD_ARGUMENT = "bad_argument"
    OUTPUT_WRITE = "output_write"
    OUT_OF_MEMORY = "out_of_memory"
    GPU = "gpu"
    CRASH = "crash"
    STALL = "stall"
    BAD_IMAGE = "bad_image"


ENDS_SESSION = frozenset(
    {Reason.LICENCE, Reason.SCENE_LOAD, Reason.MISSING_ASSET, Reason.BAD_ARGUMENT}
)
"""Reasons that the next frame would meet again: the range is dropped, not only the frame."""
