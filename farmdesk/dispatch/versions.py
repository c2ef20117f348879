"""A task and its previous version: what its frame times foretell, and how true that was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from farmdesk.domain.frames import FrameSet


def takes_prior(policy: str, change: str) -> bool:
    """Say whether a task is planned by the times of its previous version.

    The policy `version` always is: whoever chose it said so. The others trust old times after a
    minor change only; a new show or a major change makes other pictures.
    """
    return policy == "version" or change == "minor"


def prior_of(times: Mapping[int, float], frames: FrameSet) -> list[float] | None:
    """Give the previous version's seconds of each frame, in order; None when it has none at all.

    Frames that it lacks take its mean.
    """
    if not times:
        return None
    mean = sum(times.values()) / len(times)
    return [times.get(frame, mean) for frame in frames]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Frames `first` to `last`, those that both versions rendered: mean seconds in each."""

    first: int
    last: int
    frames: int
    predicted_s: float
    real_s: float

    @property
    def error(self) -> float:
        """How much longer the frames took than predicted, as a share: 0.1 is ten per cent."""
        return self.real_s / self.predicted_s - 1.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Predicted and real times of the frames that both versions rendered.

    `ratio`: real by predicted over all of them. `mean_error`: mean over the frames of
    |real / predicted - 1|; `shape_error`: the same after the whole prediction was brought to the
    right level by `ratio`, as a running task does by itself.
    """

    compared: int
    without: int  # rendered frames that the previous version lacks
    predicted_s: float
    real_s: float
    ratio: float
    mean_error: float
    shape_error: float
    stretches: tuple[Stretch, ...]


def compare(
    predicted: Mapping[int, float], real: Mapping[int, float], *, stretches: int
) -> Comparison | None:
    """Compare frame by frame, and sum up in so many stretches. None: no frame can be compared."""
    both = [
        (frame, predicted[frame], seconds)
        for frame, seconds in sorted(real.items())
        if predicted.get(frame, 0.0) > 0.0
    ]
    if not both:
        return None
    predicted_s, real_s = sum(item[1] for item in both), sum(item[2] for item in both)
    ratio = real_s / predicted_s
    number = min(stretches, len(both))
    cuts = [k * len(both) // number for k in range(number + 1)]
    return Comparison(
        compared=len(both),
        without=len(real) - len(both),
        predicted_s=predicted_s,
        real_s=real_s,
        ratio=ratio,
        mean_error=sum(abs(took / said - 1.0) for _, said, took in both) / len(both),
        shape_error=sum(abs(took / (said * ratio or said) - 1.0) for _, said, took in both)
        / len(both),
        stretches=tuple(_stretch(both[low:high]) for low, high in pairwise(cuts)),
    )


def _stretch(part: Sequence[tuple[int, float, float]]) -> Stretch:
    return Stretch(
        first=part[0][0],
        last=part[-1][0],
        frames=len(part),
        predicted_s=sum(item[1] for item in part) / len(part),
        real_s=sum(item[2] for item in part) / len(part),
    )
