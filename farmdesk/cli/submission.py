"""`farmdesk submit`: its words, and the command that they mean."""

import argparse
import re
from collections.abc import Callable
from pathlib import Path

from farmdesk.cli.call import Call
from farmdesk.cli.moments import read_time
from farmdesk.cli.numbers import number
from farmdesk.cli.reader import AFTER_MODE, AddVerb
from farmdesk.cli.upload import add_transfer_words
from farmdesk.domain.errors import Refused
from farmdesk.domain.task_commands import Parameter, SubmitTask
from farmdesk.domain.tool import ModelingTool, Tools
from farmdesk.domain.tool_parameters import Kind, ToolParameter
from farmdesk.tool_files import read_tools


def add_verbs(verb: AddVerb) -> None:
    """Add `submit`."""
    command = verb(
        "submit",
        "queue a new task; with --package, send its scene as well",
        _submit,
        example=(
            "farmdesk submit /show/opening.blend --frames 1-9000 --start\n"
            "farmdesk submit shots/opening.blend --package scene/ --frames 1-9000\n"
            "farmdesk submit opening.blend --frames 1-9000 --previous 7 --change minor"
        ),
    )
    _add_scene(command)
    _add_picture(command)
    _add_order(command)
    add_transfer_words(command)


def _add_scene(command: argparse.ArgumentParser) -> None:
    """Add what is rendered, and by what."""
    command.add_argument(
        "scene", metavar="SCENE", help="the scene file; with --package, one inside the package"
    )
    command.add_argument(
        "--package",
        metavar="FOLDER",
        help="send this folder, sealed; or a file: a scene that needs nothing else",
    )
    command.add_argument(
        "--frames",
        metavar="FRAMES",
        required=True,
        help="like 1-100x2,150,-5-5: ranges, steps, single ones",
    )
    command.add_argument("--name", metavar="TEXT", help="of the task; else the scene's file name")
    command.add_argument(
        "--tool", metavar="NAME", help="what renders, like blender; else what opens such a scene"
    )
    command.add_argument(
        "--tool-version", metavar="TEXT", default="", help="of the tool, where there are several"
    )


def _add_picture(command: argparse.ArgumentParser) -> None:
    """Add what it belongs to and how it shall look."""
    for name, text in (
        ("project", "what the scene belongs to"),
        ("show", "the show that it is for"),
        ("version", "the version of the scene, like v12"),
        ("camera", "the camera that renders; else the scene's own"),
        ("layer", "the layer that is rendered; else as in the scene"),
        ("note", "what the render staff should know"),
    ):
        command.add_argument(f"--{name}", metavar="TEXT", help=text)
    command.add_argument(
        "--size", metavar="WxH", help="in pixels, like 1920x1080; else as in the scene"
    )
    command.add_argument("--fps", metavar="N", type=float, help="frames a second")
    command.add_argument(
        "--format",
        metavar="NAME",
        default="PNG",
        help="of the frames: OPEN_EXR, TIFF, ...; else PNG, whatever the scene says",
    )
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="one of the tool's own parameters; may be repeated",
    )


def _add_order(command: argparse.ArgumentParser) -> None:
    """Add how, when and after what it is rendered."""
    command.add_argument(
        "--policy",
        metavar="NAME",
        default="range_split",
        help="how frames are shared out; leave range_split, unless you compare",
    )
    command.add_argument(
        "--priority", metavar="N", type=int, default=5, help="0 (low) to 9 (high); else 5"
    )
    command.add_argument(
        "--previous", type=number, metavar="TASK", help="the task of the scene's previous version"
    )
    command.add_argument(
        "--change",
        metavar="KIND",
        default="new",
        help="how much differs from the previous version: new, major or minor",
    )
    command.add_argument("--after", type=number, metavar="TASK", help="wait for this task")
    command.add_argument("--after-mode", metavar="MODE", default="task", help=AFTER_MODE)
    command.add_argument(
        "--due", metavar="TIME", help="when it must be done, like 2026-02-04T20:00; local time"
    )
    command.add_argument(
        "--start", action="store_true", help="let it render at once: for the render staff"
    )


def _submit(call: Call) -> int:
    command = submission(call.words, read_tools(call.config.folder))
    if not command.upload:
        return call.send([command])
    from farmdesk.cli import uploading

    return uploading.submit(call, command)


def submission(words: argparse.Namespace, tools: Tools) -> SubmitTask:
    """Give the command. Raises Refused for what can be seen to be wrong before it is sent."""
    scene = Path(words.scene)
    if words.package and not scene.exists():
        scene = Path(words.package) / scene
    scene = scene.absolute()
    tool = _tool(words, scene, tools)
    width, height = _size(words.size)
    return SubmitTask(
        name=words.name or scene.stem,
        tool=tool.name,
        tool_version=tool.version,
        scene=_inside(scene, Path(words.package).absolute()) if words.package else str(scene),
        upload=words.package is not None,
        frames=words.frames,
        project=words.project or "",
        show=words.show or "",
        version=words.version or "",
        width=width,
        height=height,
        fps=words.fps,
        camera=words.camera,
        layer=words.layer,
        output_format=words.format,
        parameters=dict(_parameter(item, tool) for item in words.set),
        policy=words.policy,
        priority=words.priority,
        previous_task=words.previous,
        change=words.change,
        note=words.note or "",
        start=words.start,
        after=words.after,
        after_mode=words.after_mode,
        due=read_time(words.due).isoformat() if words.due else None,
    )


def _inside(scene: Path, package: Path) -> str:
    """Give a scene's path inside its package."""
    if scene == package and scene.is_file():
        return scene.name
    if not (scene.is_file() and scene.is_relative_to(package)):
        raise Refused(
            f"There is no scene {scene.name} in {package}. Name the file in the package.",
            f"{package} 中没有场景 {scene.name}。请指定场景包内的文件。",
        )
    return scene.relative_to(package).as_posix()


def _tool(words: argparse.Namespace, scene: Path, tools: Tools) -> ModelingTool:
    if words.tool:
        return tools.find(words.tool, words.tool_version)
    fitting = [tool for tool in tools if scene.suffix.lower() in tool.suffixes]
    if len(fitting) != 1:
        names = ", ".join(tool.title for tool in tools)
        raise Refused(
            f"No single tool opens {scene.name}. Name one with --tool; known are {names}.",
            f"无法确定打开 {scene.name} 的软件。请用 --tool 指定；可用的有：{names}。",
        )
    return fitting[0]


def _size(text: str | None) -> tuple[int | None, int | None]:
    if text is None:
        return None, None
    match = re.fullmatch(r"([0-9]{1,6})[x×]([0-9]{1,6})", text)
    if match is None:
        raise Refused(
            f"{text!r} is no size. Write it like 1920x1080.",
            f"{text!r} 不是有效的尺寸。请写成 1920x1080 的形式。",
        )
    return int(match[1]), int(match[2])


def _parameter(text: str, tool: ModelingTool) -> tuple[str, Parameter]:
    """Read NAME=VALUE by the parameter's type.

    What does not read stays text for the farm to refuse.
    """
    name, _, value = text.partition("=")
    known = next((item for item in tool.parameters if item.name == name), None)
    return name, _typed(value, known)


def _typed(value: str, parameter: ToolParameter | None) -> Parameter:
    readers: dict[Kind, Callable[[str], Parameter]] = {
        Kind.INTEGER: int,
        Kind.DECIMAL: float,
        Kind.SWITCH: _switch,
    }
    try:
        return readers.get(parameter.kind, str)(value) if parameter else value
    except ValueError:
        return value


def _switch(text: str) -> bool:
    words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    if text.lower() not in words:
        raise ValueError(text)
    return words[text.lower()]
