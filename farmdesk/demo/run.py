"""Runs the main job the whole way: keys, a sealed upload, two nodes, proven and sealed results."""

import time
from collections.abc import Mapping
from pathlib import Path

from farmdesk.cli.screen import Screen
from farmdesk.demo.blender import FRAMES
from farmdesk.demo.people import Person, Street, passphrase_of
from farmdesk.demo.place import CHIEF, HOST, Place, prepare
from farmdesk.demo.programs import open_window, running_server
from farmdesk.demo.show import tell_end, watch
from farmdesk.demo.travel import fetch_results, send_scene
from farmdesk.domain.accounts import Profile
from farmdesk.domain.errors import Refused
from farmdesk.domain.said import Said
from farmdesk.domain.states import TaskState
from farmdesk.domain.task_commands import StartRender, SubmitTask

CUSTOMER, OPERATOR = "ceremony", "operator"
_CEREMONY = Profile("Content team", "Opening ceremony", "floor 3", identity="demo")
_NIGHT = Profile("Night shift", "Render farm", "desk 1", identity="demo")


def run_demo(folder: Path, environment: Mapping[str, str], screen: Screen) -> bool:
    """Run the whole job and tell about it; True when every frame was proven and came back."""
    place = Place(folder)
    config = prepare(place, environment, screen, passphrase_of(place, CHIEF))
    gateway = config.gateway
    if gateway is None:
        raise TypeError("the demo's farm was set up with a gateway")

    def tell(told: Said) -> None:
        screen.say(Said("  ", "  ") + told)

    begun = time.monotonic()
    with running_server(place.farm, config.database, f"https://{HOST}:{gateway.port}"):
        street = Street(place, gateway, tell)
        chief = street.chief()
        customer = street.come_in(CUSTOMER, "customer", _CEREMONY, chief)
        operator = street.come_in(OPERATOR, "operator", _NIGHT, chief)
        with open_window(place.farm, OPERATOR, environment, screen):
            task = _submit(customer, place)
            scene = place.scene.name
            screen.say(
                Said(
                    f"Task {task} is submitted: {scene}, frames {FRAMES}",
                    f"任务 {task} 已提交：{scene}，帧 {FRAMES}",
                )
            )
            send_scene(customer, task, place, screen)
            operator.ask(StartRender(task))
            row = watch(operator.link, task, screen)
            opened = 0
            if row.state is TaskState.COMPLETED:
                opened = fetch_results(customer, task, place, screen)
            seconds = time.monotonic() - begun
            good = tell_end(operator.link, row, place, screen, seconds=seconds, opened=opened)
        for person in (chief, customer, operator):
            person.session.end()
            person.session.close()
    return good


def _submit(customer: Person, place: Place) -> int:
    row = customer.ask(
        SubmitTask(
            name="Light on Ice · 冰上之光",
            tool="blender",
            tool_version="",
            scene=place.scene.name,
            frames=FRAMES,
            project="Demo",
            show="Opening ceremony",
            version="v1",
            upload=True,
        )
    )
    if row.task_id is None:
        raise Refused(row.text, row.text_zh)
    return row.task_id
