"""Writes the order that opens an agent's session.

A task's tool, scene, places and limits, for one slot.
"""

from collections.abc import Callable
from pathlib import Path

from farmdesk.config import Config
from farmdesk.domain.tool import Tools
from farmdesk.engine.agents import Slot
from farmdesk.engine.task_entry import TaskEntry
from farmdesk.engine.workspace import Workspace
from nodeagent.orders import Open

OpenOrderFor = Callable[[TaskEntry, Slot], Open]


def open_order_writer(config: Config, tools: Tools, workspace: Workspace) -> OpenOrderFor:
    """Give the function that writes `Open` for a task on a slot.

    It may raise Refused for an unfit value.
    """

    def write(entry: TaskEntry, slot: Slot) -> Open:
        spec, key = entry.task.spec, entry.task.id
        tool = tools.find(spec.tool, spec.tool_version)
        package = workspace.scene(key)
        settings = {**spec.settings, "program": config.programs.get(tool.name)}
        if Path(spec.scene).is_relative_to(package):
            settings["package"] = str(package)
        values = tool.values(spec.settings)
        return Open(
            task=key,
            tool=tool.name,
            rules=[[rule.kind, rule.pattern.pattern, rule.reason or ""] for rule in tool.log_rules],
            command=tool.cold.fill(values),
            warm=tool.warm.fill(values) if tool.warm else None,
            scene=spec.scene,
            scratch=str(workspace.scratch(slot.id)),
            output=str(workspace.frames(key)),
            pattern=tool.output.file_pattern(spec.output_format),
            journal=str(workspace.journal(key, slot.node)),
            log=str(workspace.tool_log(key, slot.id)),
            width=spec.width,
            height=spec.height,
            settings=settings,
            linger_s=config.linger_s,
            stall_s=config.stall_s,
        )

    return write
