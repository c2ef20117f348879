"""Holds a customer's scene to its package: it reads and writes nothing outside of it.

All tasks' files lie beside each other, and Blender opens whatever path a scene names: a texture
`//../../000001/frames/frame_0001.png` would be another customer's frame. Runs in Blender's Python.
"""

# Plain strings are what bpy takes and gives:
# ruff: noqa: PTH118

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import bpy


def outside(root: str) -> list[str]:
    """Give the paths of the open scene that lead out of its package, links followed."""
    fence = os.path.realpath(root)
    named = [*bpy.utils.blend_paths(absolute=True, packed=False, local=False), *_written()]
    return [path for path in dict.fromkeys(named) if not _is_inside(path, fence)]


def _is_inside(path: str, fence: str) -> bool:
    return os.path.realpath(path).startswith(os.path.join(fence, ""))


def _written() -> Iterator[str]:
    """Give where the scene's compositor writes files by itself: `blend_paths` leaves that out."""
    for tree in _trees():
        for node in tree.nodes:
            if node.type == "OUTPUT_FILE":
                base = bpy.path.abspath(_base_of(node), library=tree.library)
                yield os.path.join(base, "")
                for slot in getattr(node, "file_slots", ()):
                    yield os.path.join(base, slot.path)
                for slot in getattr(node, "layer_slots", ()):
                    yield os.path.join(base, slot.name)


def _base_of(node: Any) -> str:
    """Give the folder that a File Output node writes to; Blender 5 calls it `directory`."""
    base: str = node.base_path if hasattr(node, "base_path") else node.directory
    return base


def _trees() -> Iterator[Any]:
    yield from bpy.data.node_groups
    for scene in bpy.data.scenes:
        tree = getattr(scene, "node_tree", None)
        if tree is not None:
            yield tree
