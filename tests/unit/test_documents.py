"""The documents name only what is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_and_pictures_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)", document.read_text(encoding="utf-8"))
    lost = [
        target
        for target in targets
        if "://" not in target and not (document.parent / target).exists()
    ]
    assert lost == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_and_folders_that_are_named_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    rooms = "farmdesk|nodeagent|sql|resources|installer|benchmarks|tests"
    named = re.findall(rf"`((?:{rooms})(?:/[\w*.]+)+)`", text)
    assert [name for name in named if not any(ROOT.glob(name))] == []


def test_the_architecture_tells_of_every_room() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {path.parent for path in (ROOT / "farmdesk").glob("*/__init__.py")}
    assert [room.name for room in rooms if f"`farmdesk/{room.name}`" not in text] == []
