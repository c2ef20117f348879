"""A task whose scene package the farm has opened, as it lies beside the task's frames."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from farmdesk.db.store import Store
from farmdesk.domain.records import Flush
from farmdesk.security.audit_chain import digest_of
from tests.samples import NOW, new_task, spec, task_record


@dataclass
class PackagedTask:
    """One task of `owner`; `folder` is the task's. Made once a farm."""

    url: str
    folder: Path
    owner: str
    task_id: int = 1

    @property
    def package(self) -> Path:
        """Where the package lies."""
        return self.folder / "scene"

    def make(
        self, contents: Mapping[str, bytes], scene: str | None = None, number: int = 1
    ) -> None:
        """Put the task into the farm. `scene`: elsewhere; `number`: of the farm's flush."""
        for name, content in contents.items():
            self.write(name, content)
        made = replace(
            new_task(self.task_id, spec(scene=scene or str(self.package / "a.blend"))),
            owner=self.owner,
            output=str(self.folder / "frames"),
        )
        store = Store(self.url, owner="engine", chain=digest_of)
        store.acquire_lease(NOW, 60)
        store.apply(Flush(number, new_tasks=(made,), tasks=(task_record(self.task_id),)))
        store.close()

    def write(self, name: str, content: bytes) -> None:
        """Write a file of the package."""
        path = self.package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def files_in(folder: Path) -> dict[str, bytes]:
    """Give what lies in a folder, by name; nothing of it is a part."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
