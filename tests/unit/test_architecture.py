"""The arrows that must never be: complete, and alive."""

import pkgutil
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import farmdesk

ROOT = Path(__file__).resolve().parents[2]

# One forbidden import for each contract of pyproject.toml, under the contract's name.
PLANTED = {
    "domain imports nothing of FarmDesk": ("farmdesk/domain", "import farmdesk.config"),
    "dispatch imports only domain": ("farmdesk/dispatch", "import farmdesk.link.farm_link"),
    "domain and dispatch have no I/O, threads, clock, chance, logging, SQL or Qt": (
        "farmdesk/dispatch",
        "import time",
    ),
    "PyQt5 only in ui": ("farmdesk/engine", "import PyQt5.QtCore"),
    "SQLAlchemy, Alembic and PyMySQL only in db and sql": ("farmdesk/engine", "import sqlalchemy"),
    "ui never reaches db, engine, gateway or launch": (
        "farmdesk/ui",
        "import farmdesk.link.direct",
    ),
    "cli needs the window only to open it": ("farmdesk/cli", "import farmdesk.ui.wording"),
    "models and widgets never import screens": (
        "farmdesk/ui/models",
        "import farmdesk.ui.operator.window",
    ),
    "launch, storage, security and db never import one another": (
        "farmdesk/db",
        "import farmdesk.launch.local",
    ),
    "engine and gateway meet only in the database": (
        "farmdesk/gateway",
        "import farmdesk.engine.loop",
    ),
    "FastAPI and uvicorn only in gateway": ("farmdesk/engine", "import fastapi"),
    "httpx only in link.remote": ("farmdesk/engine", "import httpx"),
    "smbprotocol only in storage.smb": ("farmdesk/engine", "import smbclient"),
    "of nodeagent, farmdesk imports only what both sides read and write alike": (
        "farmdesk/engine",
        "import nodeagent.session",
    ),
    "nodeagent never imports farmdesk": ("nodeagent", "import farmdesk.domain.states"),
    "nodeagent imports only the standard library and psutil": ("nodeagent", "import rich"),
}


def contracts() -> list[dict[str, Any]]:
    """Give import-linter's contracts as pyproject.toml has them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = settings["tool"]["importlinter"]["contracts"]
    return found


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says of a copy of the project with every forbidden import planted."""
    copy = tmp_path_factory.mktemp("planted")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for package in ("farmdesk", "nodeagent", "sql"):
        shutil.copytree(
            ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    for number, (folder, line) in enumerate(PLANTED.values()):
        (copy / folder / f"planted_{number}.py").write_text(f"{line}\n", encoding="utf-8")
    program = Path(sys.prefix, "bin", "lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=copy, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_every_contract_has_a_planted_import() -> None:
    assert set(PLANTED) == {contract["name"] for contract in contracts()}


@pytest.mark.parametrize("name", [contract["name"] for contract in contracts()])
def test_contract_catches_its_planted_import(verdicts: str, name: str) -> None:
    lines = [line for line in verdicts.splitlines() if line.startswith(f"{name} ")]
    assert any(" BROKEN" in line for line in lines), lines


@pytest.mark.parametrize("inner", ["domain", "dispatch"])
def test_the_core_is_fenced_off_from_every_room(inner: str) -> None:
    fence = next(
        contract for contract in contracts() if contract["source_modules"] == [f"farmdesk.{inner}"]
    )
    rooms = {f"farmdesk.{module.name}" for module in pkgutil.iter_modules(farmdesk.__path__)}
    assert rooms - {"farmdesk.domain", f"farmdesk.{inner}"} <= set(fence["forbidden_modules"])


def test_nodeagent_needs_nothing_but_python_and_psutil() -> None:
    """A node has no other packages: every module loads with all of them hidden."""
    script = (
        "import importlib, pkgutil, sys, nodeagent\n"
        "class Hide:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        top = name.partition('.')[0]\n"
        "        if top not in sys.stdlib_module_names | {'nodeagent', 'psutil'}:\n"
        "            raise ImportError(f'{name} is not on a node')\n"
        "sys.meta_path.insert(0, Hide())\n"
        "for module in pkgutil.walk_packages(nodeagent.__path__, 'nodeagent.'):\n"
        "    if not module.name.startswith(('nodeagent.__main__', 'nodeagent.tools.')):\n"
        "        importlib.import_module(module.name)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
