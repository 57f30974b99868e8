"""Ingest of local files, for the command line and the sample archive."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.access import Refused, Rights
from archive.actions.holdings import originals, uploads
from archive.actions.holdings.originals import StoredFile
from archive.actions.holdings.stored_files import describe_stored_file
from archive.actions.holdings.upload_errors import NoSpace
from archive.toolbox import Toolbox
from media.disk import is_full
from media.kinds import RefusedKind, sniff
from media.vault import HashMismatch

SPACE_FACTOR = 1.10  # times the length: derivatives and the index need disk space too


class KindRefused(Refused):
    """Raised for file types that are not accepted; `found` names the type in English."""

    code = "kind_refused"


class NotAFile(Refused):
    """Raised if the path is no readable file."""

    code = "not_a_file"


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """Result of an ingest; `duplicate` if the archive already had the same bytes."""

    file: str
    file_id: str
    sha256: str
    size_bytes: int
    duplicate: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON output of the command line; scripts rely on its keys."""
        return {
            "file": self.file,
            "id": self.file_id,
            "sha256": self.sha256,
            "size_bytes": self.size_bytes,
            "role": "original",
            "duplicate": self.duplicate,
        }


def ingest_file(toolbox: Toolbox, rights: Rights, accession: str, *, path: Path) -> Ingested:
    """Copy a file into the vault and register it; the source is not changed.

    Opens short transactions of its own, because gigabytes are copied in between. Bytes that
    another interview already has get a second row: the operator named this interview.
    A symbolic link is ingested under its own name, with the bytes of its target.
    Raises NotAFile, KindRefused, NoSpace, NotVisible, NotAllowed, and OSError for the vault.
    """
    with toolbox.database.reading() as db:
        originals.interview_for_files(db, rights, accession, action="upload")
    source = Path(os.path.realpath(path)) if os.path.islink(path) else path
    try:
        length = source.stat().st_size
        kind = sniff(source, path.name)
        _require_free_space(toolbox, length)
        with source.open("rb") as stream:
            stored = toolbox.vault.receive(stream)
    except RefusedKind as error:
        raise KindRefused(file=str(path), reason=error.code, found=error.found) from error
    except HashMismatch as error:
        raise NotAFile(file=str(path), reason="changed_while_reading") from error
    except OSError as error:
        if is_full(error):
            raise NoSpace(needed_bytes=length, free_bytes=_free_bytes(toolbox)) from error
        if error.filename not in (None, str(source)):
            raise  # the vault cannot be written
        raise NotAFile(file=str(path), reason=error.strerror or "unreadable") from error
    described: StoredFile = describe_stored_file(
        toolbox,
        kind,
        filename=uploads.display_name(path.name),
        sha256=stored.sha256,
        repaired=stored.repaired,
        is_verified=True,
    )
    with toolbox.database.writing() as db:
        interview = originals.interview_for_files(db, rights, accession, action="upload")
        registered = originals.register_original(
            db, rights, interview, stored=described, allow_duplicate=True
        )
        return Ingested(
            file=str(path),
            file_id=registered.file.id,
            sha256=stored.sha256,
            size_bytes=stored.size_bytes,
            duplicate=registered.is_duplicate,
        )


def _free_bytes(toolbox: Toolbox) -> int:
    root = toolbox.settings.vault_dir
    toolbox.disk.make_folder(root)
    return toolbox.disk.free_bytes(root)


def _require_free_space(toolbox: Toolbox, length: int) -> None:
    needed, free = int(length * SPACE_FACTOR), _free_bytes(toolbox)
    if needed > free:
        raise NoSpace(needed_bytes=needed, free_bytes=free)
