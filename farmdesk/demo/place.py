"""Where the demo works, and what must lie there before it begins."""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from farmdesk.cli.screen import Screen
from farmdesk.config import FILE, Config
from farmdesk.demo.blender import find_blender, make_scene
from farmdesk.domain.accounts import Profile
from farmdesk.domain.said import Said
from farmdesk.farm_toml import read_config
from farmdesk.setup.steps import Wishes, set_up
from farmdesk.setup.superadmin import NewSuperadmin

HOST = "127.0.0.1"
CHIEF = "chief"


@dataclass(frozen=True, slots=True)
class Place:
    """The demo's folder: the farm, its people's own folders, the scene, the results."""

    folder: Path

    @property
    def farm(self) -> Path:
        """The farm folder."""
        return self.folder / "farm"

    @property
    def scene(self) -> Path:
        """The demo scene, made once."""
        return self.folder / "light-on-ice.blend"

    @property
    def results(self) -> Path:
        """Where the customer's results come."""
        return self.folder / "results"

    @property
    def sheet(self) -> Path:
        """The contact sheet of the last run."""
        return self.folder / "contact-sheet.png"

    def home(self, login: str) -> Path:
        """Give the folder that stands for somebody's own machine."""
        return self.folder / "people" / login


def prepare(
    place: Place, environment: Mapping[str, str], screen: Screen, passphrase: str
) -> Config:
    """Make the scene and set the farm up, what of it is missing; give its settings.

    `passphrase`: of the superadmin's key file. Raises Refused.
    """
    blender = find_blender(environment)
    place.farm.mkdir(parents=True, exist_ok=True)
    place.home(CHIEF).mkdir(parents=True, exist_ok=True)
    (place.farm / FILE).write_text(_settings(blender), encoding="utf-8")
    if not place.scene.exists():
        making = Said(
            "Making the demo scene with Blender (once)", "正在用 Blender 生成演示场景（仅一次）"
        )
        with screen.console.status(screen.text(making)):
            make_scene(blender, place.scene)
    scene = place.scene
    screen.say(Said(f"Renderer {blender}, scene {scene}", f"渲染软件 {blender}，场景 {scene}"))
    profile = Profile("Chief", "Render farm", "on call", identity="demo")
    set_up(
        Wishes(place.farm, hosts=(HOST, "localhost")),
        ask_superadmin=lambda: NewSuperadmin(CHIEF, profile, place.home(CHIEF), passphrase),
        show_master_key=lambda _key: None,
        tell=lambda _done: None,
    )
    return read_config(place.farm)


def _settings(blender: Path) -> str:
    return (
        "# Written by the demo: two nodes on this machine, and nobody comes in from elsewhere.\n"
        f"nodes = 2\n[programs]\nblender = {json.dumps(str(blender), ensure_ascii=False)}\n"
        f'[gateway]\naddress = "{HOST}"\nport = {_free_port()}\n'
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
