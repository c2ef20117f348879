"""The stand-in for Blender's command line, on a `bpy` that only notes what is asked of it."""

import subprocess
import sys
from pathlib import Path

import pytest

from installer.blender_wheel import program_text

ROOT = Path(__file__).resolve().parents[3]
FAKE_BPY = '''
"""Notes what the stand-in asks of Blender, one line each."""
import types


class Noting(types.SimpleNamespace):
    def __setattr__(self, name, value):
        print(f"set {name}={value}")
        super().__setattr__(name, value)


def open_mainfile(filepath):
    if "lost" in filepath:
        raise RuntimeError("no such file")
    print(f"open {filepath}")


def render(**words):
    print(f"render {words}")


scene = Noting()
scene.__dict__["render"] = Noting()
scene.render.__dict__["image_settings"] = Noting()
app = types.SimpleNamespace(version_string="5.0.1")
context = types.SimpleNamespace(scene=scene, window=Noting())
data = types.SimpleNamespace(scenes={"Scene": "the scene"})
ops = types.SimpleNamespace(
    wm=types.SimpleNamespace(open_mainfile=open_mainfile),
    render=types.SimpleNamespace(render=render),
)
'''


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program `blender`, as set-up writes it, in a folder with a blank and a dollar."""
    folder = tmp_path / "my $HOME venv"
    folder.mkdir()
    (tmp_path / "bpy.py").write_text(FAKE_BPY, encoding="utf-8")
    python = folder / "python"
    python.write_text(
        f'#!/bin/sh\nPYTHONPATH="{tmp_path}" exec "{sys.executable}" "$@"\n', encoding="utf-8"
    )
    python.chmod(0o755)
    program = folder / "blender"
    program.write_text(program_text(str(python)), encoding="utf-8")
    program.chmod(0o755)
    return program


def call(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the stand-in."""
    return subprocess.run([program, *arguments], capture_output=True, text=True)


def test_a_cold_command_line_is_carried_out_in_its_order(program: Path, tmp_path: Path) -> None:
    setup = tmp_path / "setup.py"
    setup.write_text("import sys\nprint('script', __name__, sys.argv[-1])\n", encoding="utf-8")
    done = call(
        program,
        *("-b", "--factory-startup", "-noaudio", "--python-exit-code", "7", "/in/shot.blend"),
        *("--python", str(setup), "-o", "/out/f_####", "-F", "PNG", "-x", "1"),
        *("-s", "3", "-e", "9", "-j", "2", "-a", "--", "last words"),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n") == [
        "open /in/shot.blend",
        "Read blend: /in/shot.blend",
        "script __main__ last words",
        "set filepath=/out/f_####",
        "set file_format=PNG",
        "set use_file_extension=True",
        "set frame_start=3",
        "set frame_end=9",
        "set frame_step=2",
        "render {'animation': True}",
        "",
        "Blender quit",
        "",
    ]


def test_a_scene_that_cannot_be_read_ends_with_blenders_words(program: Path) -> None:
    done = call(program, "-b", "/in/lost.blend", "-a")
    assert done.returncode == 1
    assert "Error: Cannot read file '/in/lost.blend'" in done.stdout
    assert "render" not in done.stdout


@pytest.mark.parametrize(
    "arguments", [("--frobnicate",), ("-s",), ("-s", "three"), ("-S", "No such scene")]
)
def test_a_command_line_that_means_nothing_is_refused(
    program: Path, arguments: tuple[str, ...]
) -> None:
    done = call(program, "-b", *arguments)
    assert done.returncode == 1
    assert done.stdout.startswith("Error: ")


def test_a_failing_script_ends_with_the_code_that_was_asked_for(program: Path) -> None:
    failing = ("--python-expr", "raise ValueError('boom')")
    assert call(program, "-b", *failing).returncode == 0
    asked = call(program, "-b", "--python-exit-code", "7", *failing)
    assert asked.returncode == 7
    assert "boom" in asked.stdout
