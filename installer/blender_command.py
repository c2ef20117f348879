"""Blender's command line on top of the wheel `bpy`: `.venv/bin/blender` starts this.

It understands what a render farm passes: like Blender, it carries the arguments out in their
order, and everything after `--` belongs to the scripts. An unknown argument is refused, because
going on without it would render something else.
Source: Blender's manual, "Command Line Arguments".
"""

import os
import runpy
import sys
import traceback
from collections.abc import Callable, Sequence

import bpy

# Switches that change nothing here: the wheel has no window, no sound and no start-up file.
SILENT = {"-b", "--background", "-noaudio", "-y", "--enable-autoexec", "--factory-startup"}
SILENT |= {"-Y", "--disable-autoexec"}


class CommandError(Exception):
    """The command line cannot be carried out; Blender's own words where it has some."""


class Command:
    """Carries out one command line; `python_exit_code` is what a failing script ends with."""

    def __init__(self, arguments: Sequence[str]) -> None:
        end = arguments.index("--") if "--" in arguments else len(arguments)
        self._left = list(arguments[:end])
        self._python_exit_code = 0
        self._actions: dict[str, Callable[[], None]] = {
            "-S": self._choose_scene,
            "-E": self._choose_engine,
            "-F": self._choose_format,
            "-o": self._choose_output,
            "-s": lambda: self._set_on_scene("frame_start"),
            "-e": lambda: self._set_on_scene("frame_end"),
            "-j": lambda: self._set_on_scene("frame_step"),
            "-t": self._choose_threads,
            "-x": self._choose_suffix,
            "-a": self._render_animation,
            "-f": self._render_frames,
            "-P": self._run_script,
            "--python": self._run_script,
            "--python-expr": self._run_expression,
            "--python-exit-code": self._choose_exit_code,
        }

    def run(self) -> None:
        """Take the arguments one after the other."""
        while self._left:
            word = self._left.pop(0)
            if word in self._actions:
                self._actions[word]()
            elif word in {"-v", "--version"}:
                print(f"Blender {bpy.app.version_string}")
                return
            elif word.startswith("-") and word not in SILENT:
                raise CommandError(f"Error: unknown argument {word}")
            elif word not in SILENT:
                self._open(word)
        print("\nBlender quit", flush=True)

    def _value(self) -> str:
        if not self._left:
            raise CommandError("Error: the last argument wants a value")
        return self._left.pop(0)

    def _open(self, path: str) -> None:
        try:
            bpy.ops.wm.open_mainfile(filepath=os.path.abspath(path))  # noqa: PTH100 - as Blender
        except RuntimeError as error:
            raise CommandError(f"Error: Cannot read file '{path}': {error}") from error
        print(f"Read blend: {path}", flush=True)

    def _choose_scene(self) -> None:
        bpy.context.window.scene = bpy.data.scenes[self._value()]

    def _choose_engine(self) -> None:
        bpy.context.scene.render.engine = self._value()

    def _choose_format(self) -> None:
        bpy.context.scene.render.image_settings.file_format = self._value()

    def _choose_output(self) -> None:
        bpy.context.scene.render.filepath = self._value()

    def _choose_threads(self) -> None:
        count = int(self._value())
        bpy.context.scene.render.threads_mode = "FIXED" if count else "AUTO"
        bpy.context.scene.render.threads = count or 1

    def _choose_suffix(self) -> None:
        bpy.context.scene.render.use_file_extension = self._value() == "1"

    def _choose_exit_code(self) -> None:
        self._python_exit_code = int(self._value())

    def _set_on_scene(self, name: str) -> None:
        setattr(bpy.context.scene, name, int(self._value()))

    def _render_animation(self) -> None:
        bpy.ops.render.render(animation=True)

    def _render_frames(self) -> None:
        scene = bpy.context.scene
        pattern = scene.render.filepath
        for part in self._value().split(","):
            first, _, last = part.partition("..")
            for frame in range(int(first), int(last or first) + 1):
                scene.frame_set(frame)
                scene.render.filepath = scene.render.frame_path(frame=frame)
                bpy.ops.render.render(write_still=True)
                scene.render.filepath = pattern

    def _run_script(self) -> None:
        self._python(lambda path: runpy.run_path(path, run_name="__main__"))

    def _run_expression(self) -> None:
        self._python(lambda text: exec(text, {"__name__": "__main__"}))  # noqa: S102 - as Blender

    def _python(self, action: Callable[[str], object]) -> None:
        try:
            action(self._value())
        except Exception:  # noqa: BLE001 - a foreign script; Blender, too, prints it and goes on
            print("Error: Python: ", traceback.format_exc(), flush=True)
            if self._python_exit_code:
                sys.exit(self._python_exit_code)


def main() -> int:
    """Run this process's command line; give its exit code."""
    try:
        Command(sys.argv[1:]).run()
    except (CommandError, RuntimeError, KeyError, TypeError, ValueError) as error:
        print(error if isinstance(error, CommandError) else f"Error: {error}", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
