"""Taking in a file that already lies on this machine: the command line, the sample archive."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.access import Actor, Refused
from archive.actions import holdings, uploads
from archive.actions.holdings import Arrival
from archive.toolbox import Toolbox
from media.kinds import RefusedKind, sniff
from media.vault import HashMismatch

RESERVE = 1.10  # of the length, beside the file itself: copies and the index need room too


class KindRefused(Refused):
    """The archive does not take this type of file; `found` names what it is, in English."""

    code = "kind_refused"


class NotAFile(Refused):
    """There is no file of this name, or it cannot be read."""

    code = "not_a_file"


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """What became of a file; `duplicate` when the vault had the same bytes before."""

    file: str
    file_id: str
    sha256: str
    size_bytes: int
    duplicate: bool

    def as_dict(self) -> dict[str, Any]:
        """The shape that scripts rely on."""
        return {
            "file": self.file, "id": self.file_id, "sha256": self.sha256,
            "size_bytes": self.size_bytes, "role": "original", "duplicate": self.duplicate,
        }  # fmt: skip


def ingest_file(toolbox: Toolbox, actor: Actor, accession: str, *, path: Path) -> Ingested:
    """Copy a file into the vault and make its rows; the source is only read.

    Opens short transactions of its own, because gigabytes are copied in between. The same
    bytes in another interview become a second row here: whoever names both has decided.
    A link gives its name and the bytes of the file behind it: the vault takes files only.
    Raises NotAFile, KindRefused, NoSpace, NotVisible, NotAllowed, and OSError for the vault.
    """
    with toolbox.database.reading() as db:
        holdings.owner(db, actor, accession, action="upload")
    source = Path(os.path.realpath(path)) if os.path.islink(path) else path
    try:
        length = source.stat().st_size
        kind = sniff(source, path.name)
        _make_sure_of_room(toolbox, length)
        with source.open("rb") as stream:
            stored = toolbox.vault.receive(stream)
    except RefusedKind as error:
        raise KindRefused(file=str(path), reason=error.code, found=error.found) from error
    except HashMismatch as error:
        raise NotAFile(file=str(path), reason="changed_while_reading") from error
    except OSError as error:
        if error.errno in uploads.NO_SPACE:
            raise uploads.NoSpace(needed_bytes=length, free_bytes=_free(toolbox)) from error
        if error.filename not in (None, str(source)):
            raise  # it is the vault that cannot be written
        raise NotAFile(file=str(path), reason=error.strerror or "unreadable") from error
    arrival: Arrival = uploads.describe(
        toolbox, kind, filename=uploads.plain_name(path.name), sha256=stored.sha256,
        repaired=stored.repaired,
    )  # fmt: skip
    with toolbox.database.writing() as db:
        interview = holdings.owner(db, actor, accession, action="upload")
        registered = holdings.register(db, actor, interview, arrival=arrival, repeat=True)
        return Ingested(
            file=str(path), file_id=registered.file.id, sha256=stored.sha256,
            size_bytes=stored.size_bytes, duplicate=registered.is_duplicate,
        )  # fmt: skip


def _free(toolbox: Toolbox) -> int:
    root = toolbox.settings.vault_dir
    root.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(root).free


def _make_sure_of_room(toolbox: Toolbox, length: int) -> None:
    needed, free = int(length * RESERVE), _free(toolbox)
    if needed > free:
        raise uploads.NoSpace(needed_bytes=needed, free_bytes=free)
