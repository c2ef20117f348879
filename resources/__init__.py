"""Files that FarmDesk reads: tools, icons, the demo scene; found by `importlib.resources`."""
