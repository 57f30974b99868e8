"""Find a model's file, know its bytes, and fetch a published one when somebody asks for that."""

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
_REMEMBERED = 64


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, remembered for this process while size and time of change stay."""
    stat = path.stat()
    return _digest(str(path.resolve()), stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=_REMEMBERED)
def _digest(path: str, _size_bytes: int, _changed_ns: int) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checked(name: str, known: KnownModel, models_dir: Path) -> Path:
    """The file of a published model, its bytes compared. Raises ModelMissing, ModelAltered."""
    path = models_dir / known.file
    if not path.is_file():
        raise ModelMissing(
            name, folder=models_dir, file=known.file, sha256=known.sha256, url=known.url
        )
    found = sha256_of(path)
    if found != known.sha256:
        raise ModelAltered(
            name, folder=models_dir, file=known.file, sha256=known.sha256, found=found,
            url=known.url,
        )  # fmt: skip
    return path


def unpublished(name: str, models_dir: Path) -> Path:
    """A `.pt` file by its path, or by its name in the models folder. Raises ModelMissing."""
    asked = Path(name)
    for path in (models_dir / asked, models_dir / f"{name}.pt"):
        if path.suffix == ".pt" and path.is_file():
            return path
    folder = asked.parent if asked.is_absolute() else models_dir
    raise ModelMissing(name, folder=folder, file=asked.with_suffix(".pt").name)


def download(name: str, known: KnownModel, models_dir: Path) -> Path:
    """Fetch a published model; a broken line or wrong bytes leave nothing in the folder.

    Raises OSError for the network and the disk, ModelAltered for wrong bytes.
    """
    models_dir.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    handle, temp = tempfile.mkstemp(dir=models_dir, suffix=".part")
    try:
        with (
            os.fdopen(handle, "wb") as file,
            urllib.request.urlopen(known.url, timeout=_LINE_TIMEOUT_S) as line,  # noqa: S310  # our table
        ):
            while block := line.read(_BLOCK_BYTES):
                digest.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        if digest.hexdigest() != known.sha256:
            raise ModelAltered(
                name, folder=models_dir, file=known.file, sha256=known.sha256,
                found=digest.hexdigest(),
            )  # fmt: skip
        os.replace(temp, models_dir / known.file)
    finally:
        Path(temp).unlink(missing_ok=True)
    return models_dir / known.file
