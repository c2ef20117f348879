"""Reads the tool files: those that ship with FarmDesk, and those of the farm, which win."""

from importlib import resources
from pathlib import Path

from farmdesk.domain.tool import ModelingTool, Tools


def read_tools(farm: Path) -> Tools:
    """Give all tools of a farm: `resources/tools/*.toml` and `<farm>/tools/*.toml`.

    Raises Refused for a file that cannot be used, with its place.
    """
    shipped = resources.files("resources") / "tools"
    texts = [item.read_text("utf-8") for item in shipped.iterdir() if item.name.endswith(".toml")]
    texts += [path.read_text("utf-8") for path in sorted((farm / "tools").glob("*.toml"))]
    return Tools(ModelingTool.from_toml(text) for text in texts)
