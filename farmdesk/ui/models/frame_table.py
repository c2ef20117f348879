"""All frames of the selected task as arrays: what grid, list and minimap show.

About 19 bytes a frame; only the GUI thread writes. A row is a place in FrameSet order, that is by
ascending frame number.
"""

import logging
from collections import deque

import numpy as np
import numpy.typing as npt
from PyQt5.QtCore import QObject, pyqtSignal

from farmdesk.domain.frames import FrameSet
from farmdesk.domain.states import FailureReason, FrameState
from farmdesk.ui.frame_files import FilePattern
from farmdesk.ui.reads import REASONS, Bytes, Floats, FramesRead, Integers, StatesRead

log = logging.getLogger(__name__)

STATE_COUNT = len(FrameState)
NEWEST = 200  # finished frames whose order is kept
MOST_PATTERNS = 2000  # of file names; a tool has one, and a node that lies gets no more memory


class FrameTable(QObject):
    """State, attempts, seconds, node and reason of each frame."""

    replaced = pyqtSignal()  # other frames: another task, or none
    changed = pyqtSignal()  # states or details of the same frames

    def __init__(self) -> None:
        super().__init__()
        self.task_id: int | None = None
        self.loaded = False  # states have come
        self.numbers: Integers = np.empty(0, np.int64)
        self.states: Bytes = np.empty(0, np.uint8)
        self.attempts: Bytes = np.empty(0, np.uint8)
        self.seconds: Floats = np.empty(0, np.float32)
        self.reasons: Bytes = np.empty(0, np.uint8)
        self.nodes: npt.NDArray[np.uint16] = np.empty(0, np.uint16)  # 0 none, else place + 1
        self._node_names: list[str] = []
        self._node_codes: dict[str, int] = {}
        self.files: npt.NDArray[np.uint16] = np.empty(0, np.uint16)  # 0 none, else pattern + 1
        self.newest: deque[int] = deque(maxlen=NEWEST)  # places that finished last, oldest first
        self._patterns: list[FilePattern] = []
        self._pattern_codes: dict[FilePattern, int] = {}
        self._texts: dict[int, str] = {}
        self._running: dict[int, str] = {}
        self._states_rev = 0

    def __len__(self) -> int:
        return len(self.numbers)

    def show(self, task_id: int | None, frames: str = "") -> None:
        """Make room for the frames of this task (as text), all waiting until their states come."""
        self.task_id = task_id
        self.numbers = frame_numbers(frames) if task_id is not None else np.empty(0, np.int64)
        count = len(self.numbers)
        self.states = np.zeros(count, np.uint8)
        self.attempts = np.zeros(count, np.uint8)
        self.seconds = np.zeros(count, np.float32)
        self.reasons = np.zeros(count, np.uint8)
        self.nodes = np.zeros(count, np.uint16)
        self.files = np.zeros(count, np.uint16)
        self.newest.clear()
        self._patterns.clear()
        self._pattern_codes.clear()
        self._texts.clear()
        self._running.clear()
        self._states_rev = 0
        self.loaded = False
        self.replaced.emit()

    def take_states(self, read: StatesRead) -> None:
        """Lay fresh states over all frames."""
        if read.task_id != self.task_id:
            return
        if len(read.states) != len(self):
            log.warning(
                "task %s: %d states for %d frames", read.task_id, len(read.states), len(self)
            )
            return
        self._states_rev = read.rev
        if not self.loaded or not np.array_equal(read.states, self.states):
            self.loaded = True
            self.states = read.states.copy()
            self.changed.emit()

    def take_frames(self, read: FramesRead) -> None:
        """Lay finished attempts over their frames; one newer than the states proves its frame."""
        if read.task_id != self.task_id or not len(read.frames):
            return
        places = np.searchsorted(self.numbers, read.frames)
        places[places == len(self)] = 0
        known = self.numbers[places] == read.frames
        places = places[known]
        self.attempts[places] = read.attempts[known]
        self.seconds[places] = read.seconds[known]
        self.reasons[places] = read.reasons[known]
        self.nodes[places] = self._codes_of(read.nodes)[known]
        self.files[places] = self._file_codes(read.files)[known]
        self.newest.extend(places[read.states[known] == FrameState.DONE][-NEWEST:].tolist())
        self._texts.update(read.texts)
        newer = (read.revs[known] > self._states_rev) & (read.states[known] == FrameState.DONE)
        self.states[places[newer]] = FrameState.DONE
        self.changed.emit()

    def take_running(self, running: dict[int, str]) -> None:
        """Remember which node renders which frame now."""
        self._running = dict(running)

    def counts(self) -> npt.NDArray[np.int64]:
        """Give how many frames are in each state."""
        return np.bincount(self.states, minlength=STATE_COUNT)

    def place_of(self, frame: int) -> int | None:
        """Give the row of a frame number; None when the task has no such frame."""
        place = int(np.searchsorted(self.numbers, frame))
        return place if place < len(self) and int(self.numbers[place]) == frame else None

    def frame(self, place: int) -> int:
        """Give the frame number of a row."""
        return int(self.numbers[place])

    def state(self, place: int) -> FrameState:
        """Give the state of a row."""
        return FrameState(int(self.states[place]))

    def node(self, place: int) -> str:
        """Give the node that renders a frame or last did; empty when none did."""
        if self.states[place] == FrameState.RENDERING:
            return self._running.get(self.frame(place), "")
        code = int(self.nodes[place])
        return self._node_names[code - 1] if code else ""

    def reason(self, place: int) -> FailureReason | None:
        """Give why the last attempt failed; None when it did not."""
        code = int(self.reasons[place])
        return REASONS[code - 1] if code else None

    def file_name(self, place: int) -> str:
        """Give the plain name of a frame's image in the output folder; empty when unknown."""
        code = int(self.files[place])
        return self._patterns[code - 1].name(self.frame(place)) if code else ""

    def sentence(self, place: int) -> str:
        """Give what the tool or the agent said about the last failure."""
        return self._texts.get(self.frame(place), "")

    def _codes_of(self, names: tuple[str, ...]) -> npt.NDArray[np.uint16]:
        for name in set(names) - self._node_codes.keys():
            self._node_names.append(name)
            self._node_codes[name] = len(self._node_names)
        return np.array([self._node_codes[name] for name in names], np.uint16)

    def _file_codes(self, files: tuple[FilePattern | None, ...]) -> npt.NDArray[np.uint16]:
        for pattern in dict.fromkeys(files):
            new = pattern is not None and pattern not in self._pattern_codes
            if pattern is not None and new and len(self._patterns) < MOST_PATTERNS:
                self._patterns.append(pattern)
                self._pattern_codes[pattern] = len(self._patterns)
        codes = self._pattern_codes
        return np.array([codes.get(f, 0) if f else 0 for f in files], np.uint16)


def frame_numbers(frames: str) -> Integers:
    """Give the frame numbers of `1-100x2,150` as an ascending array."""
    runs = FrameSet.parse(frames).runs
    if not runs:
        return np.empty(0, np.int64)
    return np.concatenate(
        [np.arange(run.start, run.last + 1, run.step, dtype=np.int64) for run in runs]
    )
