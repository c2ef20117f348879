"""Our demo scene, built by a script inside Blender: `make_scene.py`."""
