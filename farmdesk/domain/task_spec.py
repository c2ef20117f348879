"""What a task is to render, checked: frames as a set, and all that its tool must understand."""

from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from farmdesk.domain.errors import Refused
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.task_commands import Parameter, SubmitTask
from farmdesk.domain.text import quoted
from farmdesk.domain.tool import ModelingTool, Tools

Setting = Parameter | None


class BadSubmission(Refused):
    """A task that cannot be rendered as it was submitted; `field` is the field to correct."""

    def __init__(self, name: str, en: str, zh: str) -> None:
        self.field = name
        super().__init__(en, zh)


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """A submitted task in the farm's own types. None: as the scene says."""

    name: str
    tool: str
    tool_version: str
    scene: str  # absolute path; of a checked upload: inside its package
    frames: FrameSet
    project: str = ""
    show: str = ""
    version: str = ""
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    camera: str | None = None
    layer: str | None = None
    output_format: str = "PNG"
    parameters: dict[str, Setting] = field(default_factory=dict)
    policy: str = "range_split"
    priority: int = 5
    previous_task: int | None = None
    change: str = "new"
    note: str = ""
    start: bool = False
    after: int | None = None
    after_mode: str = "task"
    due: str | None = None

    @classmethod
    def of(cls, command: SubmitTask) -> "TaskSpec":
        """Read a command that was accepted before. Raises FrameSyntax."""
        return cls(**_fields(command) | {"frames": FrameSet.parse(command.frames)})

    @classmethod
    def check(cls, command: SubmitTask, tools: Tools) -> "TaskSpec":
        """Read a new command, hold it to its tool, fill in parameters' defaults. Raises Refused."""
        tool = tools.find(command.tool, command.tool_version)
        _check_scene(command, tool)
        _check_settings(command, tool)
        tool.output.extension(command.output_format)
        if command.policy == "version" and command.previous_task is None:
            raise BadSubmission(
                "previous_task",
                "The policy version needs the previous version's task; name it, or choose another "
                "policy.",
                "策略 version 需要上一版本的任务；请指定它，或选择其他策略。",
            )
        fields = _fields(command) | {
            "tool": tool.name,
            "tool_version": tool.version,
            "frames": FrameSet.parse(command.frames, once=True),
            "parameters": tool.check_parameters(command.parameters),
        }
        spec = cls(**fields)
        values = tool.values(spec.settings)
        for template in filter(None, (tool.cold, tool.warm)):
            template.fill(values)  # a value that is unfit for a command line is refused now
        return spec

    @property
    def settings(self) -> dict[str, Setting]:
        """What the tool is told beside its command line, its own parameters among them."""
        return {
            **self.parameters,
            "camera": self.camera,
            "layer": self.layer,
            "width": self.width,
            "height": self.height,
            "fps": self.fps,
            "format": self.output_format,
        }


def _fields(command: SubmitTask) -> dict[str, Any]:
    """Give what a task keeps of its command; how the scene comes is over when it has come."""
    fields = asdict(command)
    del fields["upload"]
    return fields


def _check_scene(command: SubmitTask, tool: ModelingTool) -> None:
    scene = command.scene
    absolute = PurePosixPath(scene).is_absolute() or PureWindowsPath(scene).is_absolute()
    if command.upload:
        parts = scene.split("/")
        if absolute or "\\" in scene or any(part in ("", ".", "..") for part in parts):
            raise BadSubmission(
                "scene",
                f"The scene {quoted(scene)} is no path inside a package; give it like "
                "shots/opening.blend, with slashes and without dots for folders.",
                f"场景 {quoted(scene)} 不是场景包内的路径；请写成 shots/opening.blend 的形式，"
                "使用斜杠，且不含 . 或 .. 目录。",
            )
    elif not absolute:
        raise BadSubmission(
            "scene",
            f"The scene {quoted(scene)} is not a full path; give the path from the root.",
            f"场景 {quoted(scene)} 不是完整路径；请给出从根目录开始的路径。",
        )
    tool.check_scene(scene)


def _check_settings(command: SubmitTask, tool: ModelingTool) -> None:
    """Refuse what the tool cannot be told, and half a size."""
    if (command.width is None) != (command.height is None):
        raise BadSubmission(
            "width",
            "Width and height belong together; give both, or neither to keep the scene's size.",
            "宽度和高度必须同时给出；如沿用场景的尺寸，则都不要填写。",
        )
    asked = {
        "camera": command.camera,
        "layer": command.layer,
        "size": command.width,
        "fps": command.fps,
    }
    for setting, value in asked.items():
        if value is not None and setting not in tool.settings:
            raise BadSubmission(
                setting,
                f"{tool.name} cannot be told its {setting}; set it in the scene and leave it out.",
                f"{tool.name} 不支持指定 {setting}；请在场景中设置，提交时不要填写。",
            )
