"""The dark and the light theme: every colour of the user interface, and Fusion dressed with them.

Frame colours were chosen so that any two differ by ΔE76 ≥ 28 (dark) or 26 (light) for normal,
deutan and protan eyes and by ≥ 18 / 16 for tritan eyes; tests/gui/test_theme.py computes it again.
A state is never told by colour alone: each has a glyph and a word.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from PyQt5.QtGui import QColor, QPalette

from farmdesk.domain.states import FrameState

ThemeName = Literal["dark", "light"]
DARK_INK = "#12161B"
LIGHT_INK = "#FFFFFF"


@dataclass(frozen=True, slots=True)
class Theme:
    """One set of colours, `#RRGGBB`."""

    name: ThemeName
    panel: str  # behind controls
    base: str  # behind rows, cells and log lines
    alternate: str  # every second row
    header: str
    button: str
    line: str  # borders, splitters
    text: str
    dim: str  # secondary text
    disabled: str
    selection: str
    selection_text: str
    focus: str  # focus ring, current cell
    link: str
    bar_track: str
    bar_cpu: str
    bar_gpu: str
    bar_hot: str  # above 92 %
    bar_text: str
    capsule: str  # behind the text on a progress bar
    waiting_fill: str  # inside of a waiting (hollow) cell
    banner: str
    banner_text: str
    notice: str
    notice_text: str
    log_error: str
    log_warning: str
    frames: Mapping[FrameState, str]

    def ink(self, fill: str) -> str:
        """Give the glyph colour that stands out more on `fill`."""
        return max((DARK_INK, LIGHT_INK), key=lambda ink: contrast(ink, fill))


DARK = Theme(
    name="dark",
    panel="#262A31",
    base="#1E2126",
    alternate="#2B3038",
    header="#2B3038",
    button="#30353E",
    line="#3A404A",
    text="#E4E7EB",
    dim="#9AA3AF",
    disabled="#737C8A",
    selection="#2F5F8F",
    selection_text="#FFFFFF",
    focus="#FFFFFF",
    link="#6CB1F0",
    bar_track="#3A404A",
    bar_cpu="#2F6FA8",
    bar_gpu="#6B4FA0",
    bar_hot="#B35900",
    bar_text="#FFFFFF",
    capsule="#14171B",
    waiting_fill="#39424A",
    banner="#5A3A12",
    banner_text="#FFE2B0",
    notice="#23415F",
    notice_text="#E3F0FF",
    log_error="#FF9A66",
    log_warning="#F2C14E",
    frames={
        FrameState.WAITING: "#7E8F97",
        FrameState.ASSIGNED: "#7A60A4",
        FrameState.RENDERING: "#00B4FF",
        FrameState.CHECKING: "#BDDEFF",
        FrameState.DONE: "#59A66A",
        FrameState.FAILED: "#DF7603",
        FrameState.RETRYING: "#FFDD7F",
        FrameState.PAUSED: "#DFE7D1",
        FrameState.SKIPPED: "#333325",
    },
)

LIGHT = Theme(
    name="light",
    panel="#F1F3F5",
    base="#FFFFFF",
    alternate="#F5F7F9",
    header="#E9ECF0",
    button="#FBFCFD",
    line="#C5CBD3",
    text="#1B1F24",
    dim="#5A6472",
    disabled="#868F9B",
    selection="#CFE3F8",
    selection_text="#10151B",
    focus="#12161B",
    link="#0B5CAD",
    bar_track="#7C8793",
    bar_cpu="#2F6FA8",
    bar_gpu="#6B4FA0",
    bar_hot="#B35900",
    bar_text="#FFFFFF",
    capsule="#FFFFFF",
    waiting_fill="#FFFFFF",
    banner="#FFE8C2",
    banner_text="#5A3200",
    notice="#DCEBFB",
    notice_text="#0E2F52",
    log_error="#A30000",
    log_warning="#7A5200",
    frames={
        FrameState.WAITING: "#7E989C",
        FrameState.ASSIGNED: "#60327E",
        FrameState.RENDERING: "#006ED2",
        FrameState.CHECKING: "#0F9ED3",
        FrameState.DONE: "#13874C",
        FrameState.FAILED: "#A30000",
        FrameState.RETRYING: "#C98510",
        FrameState.PAUSED: "#464C52",
        FrameState.SKIPPED: "#C9EBEF",
    },
)

THEMES: Mapping[ThemeName, Theme] = {"dark": DARK, "light": LIGHT}


def contrast(one: str, other: str) -> float:
    """Give the contrast ratio of two colours, 1..21. Source: WCAG 2.1, "contrast ratio"."""
    bright, dull = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dull + 0.05)


def palette(theme: Theme) -> QPalette:
    """Give the palette that dresses Fusion in `theme`."""
    roles = {
        QPalette.ColorRole.Window: theme.panel,
        QPalette.ColorRole.WindowText: theme.text,
        QPalette.ColorRole.Base: theme.base,
        QPalette.ColorRole.AlternateBase: theme.alternate,
        QPalette.ColorRole.Text: theme.text,
        QPalette.ColorRole.Button: theme.button,
        QPalette.ColorRole.ButtonText: theme.text,
        QPalette.ColorRole.BrightText: theme.text,
        QPalette.ColorRole.ToolTipBase: theme.header,
        QPalette.ColorRole.ToolTipText: theme.text,
        QPalette.ColorRole.PlaceholderText: theme.dim,
        QPalette.ColorRole.Highlight: theme.selection,
        QPalette.ColorRole.HighlightedText: theme.selection_text,
        QPalette.ColorRole.Link: theme.link,
        QPalette.ColorRole.Light: theme.button,
        QPalette.ColorRole.Midlight: theme.line,
        QPalette.ColorRole.Mid: theme.line,
        QPalette.ColorRole.Dark: theme.line,
        QPalette.ColorRole.Shadow: theme.line,
    }
    made = QPalette()
    for role, colour in roles.items():
        made.setColor(role, QColor(colour))
    for role in (
        QPalette.ColorRole.WindowText,
        QPalette.ColorRole.Text,
        QPalette.ColorRole.ButtonText,
    ):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.disabled))
    return made


def style_sheet(theme: Theme) -> str:
    """Give the few rules that a palette cannot say."""
    return f"""
QToolTip {{ color: {theme.text}; background: {theme.header};
    border: 1px solid {theme.line}; padding: 3px; }}
QHeaderView::section {{ background: {theme.header}; color: {theme.text}; border: 0;
    padding: 3px 15px 3px 6px; border-right: 1px solid {theme.line}; }}
QTableView {{ border: 0; }}
QSplitter::handle {{ background: {theme.line}; }}
QRadioButton::indicator {{ width: 11px; height: 11px; border: 1px solid {theme.dim};
    border-radius: 6px; background: {theme.base}; }}
QRadioButton::indicator:checked {{ background: qradialgradient(cx: 0.5, cy: 0.5, radius: 0.5,
    fx: 0.5, fy: 0.5, stop: 0 {theme.link}, stop: 0.55 {theme.link}, stop: 0.65 {theme.base}); }}
QCheckBox::indicator, QTableView::indicator {{ width: 11px; height: 11px;
    border: 1px solid {theme.dim}; background: {theme.base}; }}
QCheckBox::indicator:checked, QTableView::indicator:checked {{ background: {theme.link}; }}
QRadioButton::indicator:disabled, QTableView::indicator:disabled {{ border-color: {theme.line}; }}
QToolBar {{ border: 0; border-bottom: 1px solid {theme.line}; spacing: 2px; padding: 2px; }}
QStatusBar::item {{ border: 0; }}
"""


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else float(((c + 0.055) / 1.055) ** 2.4) for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
