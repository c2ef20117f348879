"""The packing list of a scene package: which files travel, and which the farm has already.

It is kept in the upload's journal, and so outlives whatever ends the program.
"""

from collections.abc import Iterator, Mapping

from farmdesk.link.remote.package_changes import Look, PackageChanges, changes_between
from farmdesk.link.remote.source_files import SourceFile, UnreadableSource
from farmdesk.link.remote.upload_journal import PackageContents, UnchangedFile, UploadJournal
from farmdesk.link.transfer_wire import FilesTold
from farmdesk.security.content import digest_file
from farmdesk.security.manifest import Entry, Manifest

TOLD_AT_ONCE = 10_000  # files


class PackingList:
    """Of one package. `previous`: what the previous version's package holds."""

    def __init__(self, journal: UploadJournal, previous: PackageContents) -> None:
        self._journal = journal
        self._previous = previous

    def changes(self, sources: Mapping[str, SourceFile]) -> PackageChanges | None:
        """Give how the files differ from those that were packed last; None when none were."""
        before: dict[str, Look] = {file.name: file for file in self._journal.files().values()}
        before |= self._journal.unchanged()
        return changes_between(before, sources) if before else None

    def pack(self, sources: Mapping[str, SourceFile]) -> None:
        """Make it hold these files by name: number what is new, drop what changed or is gone."""
        unchanged = self._unchanged(sources)
        journal = self._journal
        travelling = {name for name in sources if name not in unchanged}
        over = list[int]()
        for file in journal.files().values():
            if file.name in travelling and file.is_of(sources[file.name]):
                travelling.remove(file.name)
            else:
                over.append(file.number)
        journal.drop(over)  # at once: each change of the journal costs a flush of the disk
        journal.take_in(sources[name] for name in sorted(travelling))
        journal.set_unchanged(list(unchanged.values()))

    def _unchanged(self, sources: Mapping[str, SourceFile]) -> dict[str, UnchangedFile]:
        """Find what the previous version had too; only a file of a known size is read for it."""
        known = self._journal.unchanged()
        found = {}
        for name, source in sources.items():
            before = known.get(name)
            if before and (before.size, before.mtime_ns) == (source.size, source.mtime_ns):
                found[name] = before
            elif source.size in self._previous.sizes:
                try:
                    digest = digest_file(source.path)
                except FileNotFoundError:
                    continue  # whoever would send it finds it gone
                except OSError as error:
                    raise UnreadableSource(name, error) from error
                if (same := self._previous.names.get(digest)) is not None:
                    look = (name, source.size, source.mtime_ns)
                    found[name] = UnchangedFile(*look, digest, same)
        return found

    def told(self) -> Iterator[FilesTold]:
        """Give what the farm is to know of the files that travel; at least one piece."""
        sizes, dropped = self._journal.row.sizes, self._journal.dropped()
        for first in range(0, max(len(sizes), 1), TOLD_AT_ONCE):
            end = first + TOLD_AT_ONCE
            known = [number for number in dropped if number < end]
            yield FilesTold(first, sizes[first:end], known)

    def manifest(self, transfer: bytes) -> Manifest:
        """Give what the package holds, once all segments were noted."""
        travelled = [
            Entry(f.name, f.size, f.mtime_ns, self._journal.content(f), file=f.number)
            for f in self._journal.files().values()
        ]
        same = [
            Entry(f.name, f.size, f.mtime_ns, f.digest, same_as=f.same_as)
            for f in self._journal.unchanged().values()
        ]
        return Manifest(transfer, (*travelled, *same))
