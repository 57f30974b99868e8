"""Back up the archive while it is used: database, originals, settings, and the key on request.

Order: first the snapshot of the database, then the originals that its rows name. An original is
in the vault before its row is committed and is never replaced, so every row of the snapshot
finds its bytes. Only removing the sample archive deletes originals: if one is missing whose row
is gone by now, another snapshot is taken. Copies of originals and the search index are left
out: they are made again. The manifest is written last; until then the earlier copy is the good
one. New copies are read back from the disk, and of the older ones a part each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from archive import access, audit, migrations
from archive.access import Refused, Rights
from archive.actions.office import restore_marker
from archive.actions.office import settings as site_settings
from archive.actions.office.backup_folder import (
    BackupFolder,
    BackupTargetFull,
    BackupTargetUnusable,
    refusing_disk_errors,
)
from archive.actions.office.backup_locks import TargetLock, only_process
from archive.actions.office.backup_manifest import (
    DATABASE_NAME,
    KEY_NAME,
    SETTINGS_NAME,
    BackupObject,
    FileFacts,
    Manifest,
    ManifestDamaged,
)
from archive.actions.office.backup_snapshot import (
    BackupProgress,
    DatabaseSnapshot,
    first_event,
    take_snapshot,
)
from archive.actions.office.settings_file import settings_file
from archive.archive_moved import Home
from archive.models import MediaFile, Setting
from archive.models.base import utc_now
from archive.settings import keep_secret_key
from archive.toolbox import Toolbox
from media.file_copies import CopiedFile, SourceDamaged

RECHECKED_BYTES = 20 * 1024**3  # read again in one run: a few minutes of a USB disk
MOST_SNAPSHOTS = 3
MOST_MISSING_NAMED = 20
LAST_BACKUP = "last_backup"


class BackupRunning(Refused):
    """Another process is backing up this archive."""

    code = "backup_running"


class BackupTargetInside(Refused):
    """The folder of the backup lies in the home of the archive: `path`."""

    code = "backup_target_inside"


@dataclass(frozen=True, kw_only=True)
class BackupOptions:
    """`may_begin`: begin a backup in an empty folder. `check_all`: read every older copy again."""

    with_key: bool = False
    check_all: bool = False
    may_begin: bool = True


@dataclass(kw_only=True)
class BackupResult:
    """What a finished backup holds and did. `missing`: originals that the archive has lost."""

    copy: str = ""
    database_bytes: int = 0
    originals: int = 0
    original_bytes: int = 0
    copied: int = 0
    copied_bytes: int = 0
    checked: int = 0
    repaired: int = 0
    with_key: bool = False
    missing: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON-serialisable values."""
        return asdict(self)


class _OriginalsChanged(Exception):
    """Originals of the snapshot were removed together with their rows."""


def back_up(
    toolbox: Toolbox,
    rights: Rights,
    target: Path,
    *,
    options: BackupOptions,
    on_progress: BackupProgress,
    folder: BackupFolder | None = None,
) -> BackupResult:
    """Add a copy of the archive to the folder `target`, and remove copies beyond KEPT_COPIES.

    Raises Refused. Whatever happens, earlier copies stay good. `on_progress` gets the share
    done and the code of the stage; what it raises ends the backup.
    """
    access.require(rights, "manage_office")
    restore_marker.require_finished(toolbox.settings)
    migrations.require_known_revision(toolbox.settings.database_url)
    home = toolbox.settings.home.resolve()
    if target.resolve().is_relative_to(home) or home.is_relative_to(target.resolve()):
        raise BackupTargetInside(path=str(target))
    folder = folder or BackupFolder(target)
    with _only_one(toolbox.home) as staging:
        # A nightly backup that waits for its disk must not copy the database at every try.
        with refusing_disk_errors(target):
            folder.require_free(first_event(toolbox), may_begin=options.may_begin)
        for attempt in range(1, MOST_SNAPSHOTS + 1):
            snapshot = take_snapshot(toolbox, staging / f"snapshot-{attempt}.db", on_progress)
            try:
                with (
                    refusing_disk_errors(target),
                    folder.prepared(snapshot.archive, may_begin=options.may_begin) as lock,
                ):
                    run = _Run(toolbox, folder, snapshot, on_progress)
                    result = run.add_copy(options, lock, may_retry=attempt < MOST_SNAPSHOTS)
                break
            except _OriginalsChanged:
                continue
    _record(toolbox, rights, target, result)
    return result


@contextmanager
def _only_one(home: Home) -> Iterator[Path]:
    """Lock against other backups and yield an empty folder. Raises BackupRunning."""
    home.require_unmoved()
    staging = home.path / ".backup"
    with only_process(home.path / ".backup.lock", BackupRunning()):
        _clear(staging)
        staging.mkdir(mode=0o700, exist_ok=True)
        try:
            yield staging
        finally:
            _clear(staging)


def _clear(staging: Path) -> None:
    """Remove the snapshots of a backup, and the folder if nothing else is in it."""
    for file in staging.glob("snapshot-*.db*"):
        file.unlink(missing_ok=True)
    with suppress(OSError):
        staging.rmdir()


class _Run:
    """One backup of one snapshot into one folder."""

    def __init__(
        self,
        toolbox: Toolbox,
        folder: BackupFolder,
        snapshot: DatabaseSnapshot,
        on_progress: BackupProgress,
    ) -> None:
        self.toolbox, self.folder, self.snapshot = toolbox, folder, snapshot
        self._on_progress = on_progress
        self._total = 1
        self._done = 0
        self._stage = "copying_originals"
        self._now = utc_now().isoformat(timespec="seconds")
        self._checked = self._earlier_checks()
        self.result = BackupResult(
            copy=folder.new_name(),
            originals=len(snapshot.originals),
            original_bytes=sum(snapshot.originals.values()),
        )

    def add_copy(
        self, options: BackupOptions, lock: TargetLock, *, may_retry: bool
    ) -> BackupResult:
        """Copy what is new, check a part of the rest, finish the copy, remove old ones."""
        try:
            self._plan(options)
            self.folder.begin_copy(self.result.copy)
            files = self._copy_files(options)
            for sha256 in self._absent:
                self._copy_original(sha256)
            self._stage = "checking_copies"
            for sha256 in self._due:
                self._check_original(sha256)
            if may_retry:
                self._require_rows_of_missing()
            lock.require_own()
            self.folder.finish(self._manifest(files))
        except BaseException:
            self.folder.discard(self.result.copy)
            raise
        self.folder.remove_old_copies()
        return self.result

    def _plan(self, options: BackupOptions) -> None:
        """Find what is to be copied and checked. Raises BackupTargetFull before any byte."""
        originals = self.snapshot.originals
        present: list[str] = []
        self._absent: list[str] = []
        for sha256, size in originals.items():
            is_there = self.folder.files.size(self._object(sha256).name) == size
            (present if is_there else self._absent).append(sha256)
        present.sort(key=lambda sha256: (self._checked.get(sha256, ""), sha256))
        self._due: list[str] = []
        left = RECHECKED_BYTES
        for sha256 in present:
            if options.check_all or left > 0:
                self._due.append(sha256)
                left -= originals[sha256]
        needed = sum(originals[sha256] for sha256 in self._absent)
        needed += self.snapshot.file.stat().st_size
        free = self.folder.free_bytes()
        if free is not None and needed > free:
            raise BackupTargetFull(needed_bytes=needed, free_bytes=free)
        self._total = max(1, needed + sum(originals[sha256] for sha256 in self._due))

    def _copy_files(self, options: BackupOptions) -> dict[str, CopiedFile]:
        """Copy database and settings, and the key on request."""
        settings, folder, copy = self.toolbox.settings, self.folder, self.result.copy

        def name(file: str) -> str:
            return folder.file_name(copy, file)

        database = folder.write_file(
            self.snapshot.file, name(DATABASE_NAME), on_bytes=self._advance
        )
        text = settings_file(settings).encode("utf-8")
        files = {
            DATABASE_NAME: database,
            SETTINGS_NAME: folder.write_bytes(name(SETTINGS_NAME), text),
        }
        if options.with_key:
            self.toolbox.home.require_unmoved()  # else another key would be made there
            key = keep_secret_key(settings).encode("ascii")
            files[KEY_NAME] = folder.write_bytes(name(KEY_NAME), key)
        self.result.database_bytes, self.result.with_key = database.size_bytes, options.with_key
        return files

    def _copy_original(self, sha256: str) -> None:
        item = self._object(sha256)
        try:
            source = self.toolbox.vault.path(sha256).open("rb")
        except OSError:  # of the vault: it stops no copy of the others
            self.toolbox.home.require_unmoved()
            self.result.missing.append(sha256)
            return
        try:
            with source:
                self.folder.files.write(source, item.name, sha256=sha256, on_bytes=self._advance)
        except SourceDamaged:
            self.result.missing.append(sha256)
            return
        self._checked[sha256] = self._now
        self.result.copied += 1
        self.result.copied_bytes += item.size_bytes

    def _check_original(self, sha256: str) -> None:
        """Read a copy again; a damaged one is replaced from the vault."""
        item = self._object(sha256)
        found = self.folder.files.digest(item.name, on_bytes=self._advance)
        self._advance(item.size_bytes)
        self.result.checked += 1
        if found == sha256:
            self._checked[sha256] = self._now
            return
        if not self.folder.path.is_dir():
            raise BackupTargetUnusable(path=str(self.folder.path), reason="it is gone")
        copied = self.result.copied
        self._copy_original(sha256)
        if self.result.copied > copied:
            self.result.copied -= 1
            self.result.copied_bytes -= item.size_bytes
            self.result.repaired += 1

    def _require_rows_of_missing(self) -> None:
        """Raise _OriginalsChanged if a missing original has no row any more."""
        missing = self.result.missing
        with self.toolbox.database.reading() as db:
            for sha256 in missing:
                if db.scalar(select(MediaFile.id).where(MediaFile.sha256 == sha256)) is None:
                    raise _OriginalsChanged

    def _manifest(self, files: dict[str, CopiedFile]) -> Manifest:
        missing = set(self.result.missing)
        return Manifest(
            name=self.result.copy,
            made_at=self._now,
            archive=self.snapshot.archive,
            revision=self.snapshot.revision,
            files={
                name: FileFacts(size_bytes=file.size_bytes, sha256=file.sha256)
                for name, file in files.items()
            },
            objects=[
                self._object(sha256) for sha256 in self.snapshot.originals if sha256 not in missing
            ],
            missing=sorted(missing),
        )

    def _object(self, sha256: str) -> BackupObject:
        return BackupObject(
            sha256=sha256,
            size_bytes=self.snapshot.originals[sha256],
            checked_at=self._checked.get(sha256, ""),
        )

    def _earlier_checks(self) -> dict[str, str]:
        """Return when each copy of an original was last read, by SHA-256."""
        for name in self.folder.copies():
            try:
                manifest = self.folder.manifest(name)
            except (ManifestDamaged, OSError):
                continue  # take an older one
            return {item.sha256: item.checked_at for item in manifest.objects}
        return {}

    def _advance(self, count: int) -> None:
        self._done += count
        self._on_progress(min(1.0, self._done / self._total), self._stage)


def _record(toolbox: Toolbox, rights: Rights, target: Path, result: BackupResult) -> None:
    """Record the finished backup as an event of the chain."""
    with toolbox.database.writing() as db:
        site_settings.set_value(db, LAST_BACKUP, result.copy)
        db.flush()
        audit.record(
            db,
            rights.actor,
            "archive.backed_up",
            db.get_one(Setting, LAST_BACKUP),
            **{**result.as_dict(), "missing": result.missing[:MOST_MISSING_NAMED]},
            missing_count=len(result.missing),
            target=str(target),
        )
