"""What leaves this checkout: the wheel, the lock, and the two commands."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-blender.lock")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our wheel, built from a copy without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "setup.cfg", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for package in ("farmdesk", "nodeagent", "sql", "resources", "tests"):
        shutil.copytree(ROOT / package, source / package)
    (source / "resources" / "tools" / "__pycache__").mkdir(exist_ok=True)
    (source / "resources" / "tools" / "__pycache__" / "left.pyc").write_bytes(b"")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-build-isolation"),
            *("--no-deps", "--no-index", "--wheel-dir", str(folder), str(source)),
        ],
        check=True,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    return next(folder.glob("farmdesk-*.whl"))


def test_the_wheel_carries_everything_that_runs(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        path.relative_to(ROOT).as_posix()
        for package in ("farmdesk", "nodeagent", "sql", "resources")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "resources/tools/blender.toml" in wanted
    assert wanted <= inside
    assert not [name for name in inside if name.startswith("tests") or "__pycache__" in name]


def test_the_wheel_finds_its_files_and_its_program(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    script = (
        "from importlib import metadata, resources\n"
        "import farmdesk, sql\n"
        "assert (resources.files('resources') / 'tools' / 'blender.toml').is_file()\n"
        "assert (resources.files('sql') / 'env.py').is_file()\n"
        "entry, = metadata.distribution('farmdesk').entry_points\n"
        "assert entry.name == 'farmdesk' and callable(entry.load())\n"
        "print(farmdesk.__file__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path))


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_names_versions_and_hashes_only(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-(?!-hash=sha256:)", text, re.MULTILINE)
    pins = re.split(r"^(?=[A-Za-z])", text, flags=re.MULTILINE)[1:]
    assert pins
    for pin in pins:
        assert re.match(r"[A-Za-z0-9._-]+==[\w.!+-]+( ; [^\\]+)? \\\n", pin), pin
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", pin), pin


def test_the_lock_covers_what_pyproject_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[<>=~! \[;]", line)[0].lower().replace("_", "-") for line in asked}
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert names <= set(re.findall(r"^([a-z0-9._-]+)==", text, re.MULTILINE))


def test_make_lists_its_commands() -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    listed = set(re.findall(r"make (\w+)\t", done.stdout))
    assert {"demo", "test", "format", "lock", "clean"} <= listed


def test_ci_runs_make_test_and_make_test_runs_every_check(tmp_path: Path) -> None:
    fake = tmp_path / "make"
    fake.write_text('#!/bin/sh\necho "make $*"\n', encoding="utf-8")
    fake.chmod(0o755)
    done = subprocess.run(
        ["bash", ".ci/run"],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "make test\n"
    plan = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "test"],  # we may run inside make ourselves
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    checks = ("ruff format --check", "ruff check", "mypy", "lint-imports", "pytest")
    assert [next(i for i, line in enumerate(plan) if check in line) for check in checks] == sorted(
        next(i for i, line in enumerate(plan) if check in line) for check in checks
    )
    assert "pytest" in plan[-1]
