"""Where a task's opened scene package lies: beside its frames, whoever looks for it."""

from pathlib import Path

SCENE = "scene"


def package_of(scene: Path, frames: Path) -> Path | None:
    """Give the folder of a task's package; None: its scene lies elsewhere on the storage.

    `scene`: the path that the task names; `frames`: the folder of its frames.
    """
    package = frames.with_name(SCENE)
    return package if scene.is_relative_to(package) else None
