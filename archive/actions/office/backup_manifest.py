"""The manifest of a copy: read and checked in one place, since a disk may have changed it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from archive.access import Refused

BACKUP_FORMAT = 1
DATABASE_NAME, SETTINGS_NAME, KEY_NAME = "archive.db", "settings.env", "secret_key"
_FILE_NAMES = {DATABASE_NAME, SETTINGS_NAME, KEY_NAME}
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SHORT_WORD = re.compile(r"[0-9A-Za-z_]{0,40}", re.ASCII)  # a revision, the id of an event
_INSTANT = re.compile(r"[0-9T:.+-]{10,40}", re.ASCII)
_MOST_BYTES = 2**63 - 1


class BackupFormatNewer(Refused):
    """The backup was made by a newer program: `path`."""

    code = "backup_format_newer"


class ManifestDamaged(Exception):
    """A manifest without the form of one."""


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """Size and SHA-256 of a file of a copy."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class BackupObject:
    """An original in a backup; `checked_at` is when its copy was last read, ISO 8601."""

    sha256: str
    size_bytes: int
    checked_at: str

    @property
    def name(self) -> str:
        """Return the path in the folder of the backup, the same as in a vault."""
        return f"objects/sha256/{self.sha256[:2]}/{self.sha256[2:4]}/{self.sha256}"


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A finished copy: the files of the database, the originals, and those that are missing.

    `files` by name. `missing` are originals that the archive itself had lost or could not read
    when the copy was made.
    """

    name: str
    made_at: str
    archive: str
    revision: str
    files: dict[str, FileFacts]
    objects: list[BackupObject]
    missing: list[str] = field(default_factory=list)
    format: int = BACKUP_FORMAT


def parse_manifest(content: bytes, *, name: str, path: str) -> Manifest:
    """Return the manifest of the copy `name`. Raises ManifestDamaged, BackupFormatNewer."""
    try:
        stored = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ManifestDamaged(str(error)) from error
    stored = _typed(stored, dict)
    if _typed(stored.get("format"), int) > BACKUP_FORMAT:
        raise BackupFormatNewer(path=path)
    if stored["format"] < 1 or stored.get("name") != name:
        raise ManifestDamaged("it is the manifest of another copy")
    files = _typed(stored.get("files"), dict)
    if DATABASE_NAME not in files or not files.keys() <= _FILE_NAMES:
        raise ManifestDamaged(f"files: {sorted(files)}")
    objects = [_object(_typed(item, dict)) for item in _typed(stored.get("objects"), list)]
    missing = [_sha256(item) for item in _typed(stored.get("missing", []), list)]
    _require_different([*(item.sha256 for item in objects), *missing])
    return Manifest(
        name=name,
        made_at=_instant(stored.get("made_at")),
        archive=_matching(_SHORT_WORD, stored.get("archive")),
        revision=_matching(_SHORT_WORD, stored.get("revision")),
        files={file: _facts(_typed(facts, dict)) for file, facts in files.items()},
        objects=objects,
        missing=missing,
    )


def _object(stored: dict[str, Any]) -> BackupObject:
    facts, checked_at = _facts(stored), stored.get("checked_at")
    return BackupObject(
        sha256=facts.sha256,
        size_bytes=facts.size_bytes,
        checked_at="" if checked_at == "" else _instant(checked_at),
    )


def _facts(stored: dict[str, Any]) -> FileFacts:
    size_bytes = _typed(stored.get("size_bytes"), int)
    if not 0 <= size_bytes <= _MOST_BYTES:
        raise ManifestDamaged(f"a size of {size_bytes}")
    return FileFacts(size_bytes=size_bytes, sha256=_sha256(stored.get("sha256")))


def _sha256(value: object) -> str:
    return _matching(_SHA256, value)


def _instant(value: object) -> str:
    text = _matching(_INSTANT, value)
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        raise ManifestDamaged(str(error)) from error
    return text


def _matching(form: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise ManifestDamaged(f"{value!r} where {form.pattern} was expected")
    return value


def _typed(value: Any, kind: type) -> Any:
    """Return the value if it has exactly this type; true is no number here."""
    if type(value) is not kind:
        raise ManifestDamaged(f"{type(value).__name__} where {kind.__name__} was expected")
    return value


def _require_different(values: Iterable[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise ManifestDamaged(f"{value} twice")
        seen.add(value)
