"""Move complete files into the vault, and describe its objects."""

from __future__ import annotations

from pathlib import Path

from archive.actions.holdings import originals, probing
from archive.toolbox import Toolbox
from media.kinds import Kind, sniff


def store_in_vault(
    toolbox: Toolbox, path: Path, *, filename: str, sha256: str
) -> originals.StoredFile:
    """Move a complete file into the vault, unless an earlier call already did.

    Raises RefusedKind before anything is moved, and HashMismatch if the bytes read back
    differ from those received.
    """
    if not path.exists() and toolbox.vault.has(sha256):
        path = toolbox.vault.path(sha256)
    kind = sniff(path, filename)
    repaired = is_verified = False
    if path != toolbox.vault.path(sha256):
        repaired = toolbox.vault.adopt(path, sha256=sha256).repaired
        is_verified = True
    return describe_stored_file(
        toolbox, kind, filename=filename, sha256=sha256, repaired=repaired, is_verified=is_verified
    )


def describe_stored_file(
    toolbox: Toolbox,
    kind: Kind,
    *,
    filename: str,
    sha256: str,
    repaired: bool = False,
    is_verified: bool = False,
) -> originals.StoredFile:
    """Probe an object of the vault and return it with its metadata."""
    path = toolbox.vault.path(sha256)
    return originals.StoredFile(
        filename=filename,
        sha256=sha256,
        size_bytes=path.stat().st_size,
        group=kind.group,
        media_type=kind.media_type,
        technical=probing.probe_original(path, kind),
        repaired=repaired,
        is_verified=is_verified,
    )
