"""Find, verify and download model files."""

from __future__ import annotations

import hashlib
import os
import tempfile
import urllib.request
from functools import lru_cache
from pathlib import Path

from transcription.engines.base import ModelAltered, ModelMissing
from transcription.engines.known_models import KnownModel

_BLOCK_BYTES = 1 << 20
_LINE_TIMEOUT_S = 60
_CACHE_SIZE = 64


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, cached while its size and modification time stay."""
    stat = path.stat()
    return _digest(str(path.resolve()), stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=_CACHE_SIZE)
def _digest(path: str, _size_bytes: int, _changed_ns: int) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verified_path(name: str, known: KnownModel, models_dir: Path) -> Path:
    """Return the verified file of a published model. Raises ModelMissing, ModelAltered."""
    path = models_dir / known.file
    if not path.is_file():
        raise ModelMissing(
            name, folder=models_dir, file=known.file, sha256=known.sha256, url=known.url
        )
    found = sha256_of(path)
    if found != known.sha256:
        raise ModelAltered(
            name,
            folder=models_dir,
            file=known.file,
            sha256=known.sha256,
            found=found,
            url=known.url,
        )
    return path


def unpublished_path(name: str, models_dir: Path) -> Path:
    """Return a `.pt` file by path or by name in the models folder. Raises ModelMissing."""
    given = Path(name)
    for path in (models_dir / given, models_dir / f"{name}.pt"):
        if path.suffix == ".pt" and path.is_file():
            return path
    folder = given.parent if given.is_absolute() else models_dir
    raise ModelMissing(name, folder=folder, file=given.with_suffix(".pt").name)


def download(name: str, known: KnownModel, models_dir: Path) -> Path:
    """Download a published model; on failure no file is left in the folder.

    Raises OSError for the network and the disk, ModelAltered for wrong bytes.
    """
    models_dir.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    handle, temp = tempfile.mkstemp(dir=models_dir, suffix=".part")
    try:
        with (
            os.fdopen(handle, "wb") as file,
            urllib.request.urlopen(known.url, timeout=_LINE_TIMEOUT_S) as response,  # noqa: S310  # our table
        ):
            while block := response.read(_BLOCK_BYTES):
                digest.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        if digest.hexdigest() != known.sha256:
            raise ModelAltered(
                name,
                folder=models_dir,
                file=known.file,
                sha256=known.sha256,
                found=digest.hexdigest(),
            )
        os.replace(temp, models_dir / known.file)
    finally:
        Path(temp).unlink(missing_ok=True)
    return models_dir / known.file
