"""Reads the tool files: those that ship with FarmDesk, and those of the farm, which win."""

from importlib import resources
from pathlib import Path

from farmdesk.domain.tool import ModelingTool, Tools


def read_tools(farm: Path) -> Tools:
    """Give all tools of a farm: `resources/tools/*.toml` and `<farm>/tools/*.toml`.

    Raises Refused for a file that cannot be used, with its place.
    """
    shipped = (resources.files("resources") / "tools").iterdir()
    files = [*shipped, *sorted((farm / "tools").glob("*.toml"))]
    texts = [(file.name, file.read_text("utf-8")) for file in files if file.name.endswith(".toml")]
    return Tools(ModelingTool.from_toml(text, place) for place, text in texts)
