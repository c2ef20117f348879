"""The palettes, computed again: states differ for every kind of eye, texts can be read."""

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from farmdesk.domain.states import FrameState
from farmdesk.ui.glyphs import FRAME_GLYPHS
from farmdesk.ui.theme import DARK, LIGHT, Theme, contrast

Colour = npt.NDArray[np.float64]
# Full dichromacy in linear RGB. Source: Machado, Oliveira and Fernandes 2009, severity 1.0.
EYES: dict[str, list[list[float]]] = {
    "normal": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
LEAST = {"dark": {"tritan": 18.0, "other": 28.0}, "light": {"tritan": 16.0, "other": 26.0}}
# Linear sRGB to XYZ under D65. Source: IEC 61966-2-1.
TO_XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]


def linear(colour: str) -> Colour:
    """Give a colour in linear light."""
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(light: Colour) -> Colour:
    """Give CIE L*a*b* of linear light."""
    xyz = np.array(TO_XYZ) @ np.clip(light, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_any_two_states_differ_for_every_eye(theme: Theme, eye: str) -> None:
    seen = {s: lab(np.array(EYES[eye]) @ linear(theme.frames[s])) for s in FrameState}
    least = LEAST[theme.name]["tritan" if eye == "tritan" else "other"]
    for one, other in itertools.combinations(FrameState, 2):
        difference = float(np.linalg.norm(seen[one] - seen[other]))
        assert round(difference, 1) >= least, (one.name, other.name, difference)


def test_each_state_has_a_glyph_of_its_own() -> None:
    assert set(FRAME_GLYPHS) == set(FrameState)
    assert len(set(FRAME_GLYPHS.values())) == len(FrameState)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_texts_can_be_read_on_their_grounds(theme: Theme) -> None:
    grounds = (theme.panel, theme.base, theme.alternate, theme.header, theme.button)
    for ground in grounds:
        assert contrast(theme.text, ground) >= 7
        assert contrast(theme.dim, ground) >= 4.5
        assert contrast(theme.disabled, ground) >= 2.4  # disabled text is exempt, yet legible
    assert contrast(theme.selection_text, theme.selection) >= 4.5
    assert contrast(theme.banner_text, theme.banner) >= 7
    assert contrast(theme.notice_text, theme.notice) >= 7
    for log_colour in (theme.log_error, theme.log_warning):
        assert contrast(log_colour, theme.base) >= 4.5
    for bar in (theme.bar_cpu, theme.bar_gpu, theme.bar_hot):
        assert contrast(theme.bar_text, bar) >= 4.8
    assert contrast(theme.bar_text, theme.bar_track) >= 3.5
    assert contrast(theme.text, theme.capsule) >= 7


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_glyphs_and_cells_stand_out(theme: Theme) -> None:
    for state in FrameState:
        fill = theme.frames[state]
        assert contrast(theme.ink(fill), fill) >= 3.0, state.name
        if state not in (FrameState.SKIPPED, FrameState.CHECKING, FrameState.RETRYING):
            assert contrast(fill, theme.base) >= 2.9, state.name
