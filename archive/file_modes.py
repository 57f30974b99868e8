"""File permissions of LOIKE_HOME: no access for other accounts of the machine.

Two layers: the home has mode 0700, which protects everything below it, and the process
has the umask 0077, which protects each new file. LOIKE_MEDIA_GROUP gives a group access
to originals and derivatives; the home then has mode 0710.
Why: docs/decisions/2026-11-30-the-home-is-private.md.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import make_url

from archive.settings import Settings
from media.disk import set_mode

UMASK = 0o077
MOST_NAMED = 5
_OTHERS = 0o077  # every right of group and others
_OWN_FOLDERS = ("vault", "derivatives", "index", "models")
_OWN_FILES = ("archive.db", "secret_key", ".secret_key.")


@dataclass(frozen=True, kw_only=True)
class WrongPermissions:
    """Paths with wrong permissions. `open`: other accounts have access to them.

    `unreadable`: the media group cannot read them. `foreign`: they belong to another
    account than the home.
    """

    open: list[Path]
    unreadable: list[Path]
    foreign: list[Path] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class PermissionProblem:
    """A problem with its remedy in English; a warning unless `is_fault`."""

    is_fault: bool
    detail: str
    advice: str


def restrict_at_start(settings: Settings) -> None:
    """Set the umask of this process, and restrict the home if it contains an archive.

    A folder without a vault may be named by mistake: it is not changed before `flask init`.
    """
    os.umask(UMASK)
    if not settings.vault_dir.is_dir():
        return
    # The home last: it admits the media group, and files of an older version below it may
    # still be accessible to others.
    vault = settings.vault_dir
    inner = (settings.parts_dir, *(vault / name for name in ("incoming", "damaged")))
    tops = (settings.index_dir, settings.derivatives_dir, vault)
    for folder in (*inner, *tops, settings.home):
        if folder.is_dir():
            _fix(settings, folder)


def fix_permissions(settings: Settings) -> WrongPermissions:
    """Set the permissions of the archive's files; return what could not be changed.

    Only modes and groups are changed. Other files in the home, links, and files that the
    system does not allow to change are left.
    """
    for path in _paths(settings):
        if _is_own(settings, path):
            _fix(settings, path)
    return check_permissions(settings)


def check_permissions(settings: Settings) -> WrongPermissions:
    """Check every file and folder of the home, and an SQLite database elsewhere."""
    wrong = WrongPermissions(open=[], unreadable=[])
    owner = settings.home.stat().st_uid if settings.home.is_dir() else os.geteuid()
    for path in _paths(settings):
        with contextlib.suppress(FileNotFoundError):  # a job may remove it meanwhile
            status = path.stat()
            if status.st_uid != owner and not path.is_relative_to(settings.models_dir):
                wrong.foreign.append(path)
            allowed = _group_bits(settings, path, status.st_mode)
            is_media_group = status.st_gid == settings.media_gid
            present = status.st_mode & _OTHERS
            if present & ~allowed or (present and not is_media_group):
                wrong.open.append(path)
            elif present != allowed:
                wrong.unreadable.append(path)
    return wrong


def explain_problems(settings: Settings, wrong: WrongPermissions) -> list[PermissionProblem]:
    """Return the problems in English, empty if there are none."""
    problems = []
    if wrong.open:
        problems.append(
            PermissionProblem(
                is_fault=True,
                detail=f"Other accounts have rights on {_names(settings, wrong.open)}.",
                advice="flask init takes them away. If they stay: what is not the archive's own,"
                " or belongs to another account, needs chmod go-rwx by hand; a disk without file"
                " permissions (FAT, some network shares) and a shared folder such as /tmp are no"
                " place for LOIKE_HOME.",
            )
        )
    if wrong.unreadable:
        problems.append(
            PermissionProblem(
                is_fault=True,
                detail=f"The group {settings.media_group} cannot use"
                f" {_names(settings, wrong.unreadable)}.",
                advice="flask init mends it, if the disk keeps file permissions and groups.",
            )
        )
    if wrong.foreign:
        problems.append(
            PermissionProblem(
                is_fault=True,
                detail="These belong to another account than LOIKE_HOME, and only it can use them:"
                f" {_names(settings, wrong.foreign)}.",
                advice="A command that root ran leaves such files: as root, give everything in"
                " LOIKE_HOME to its account with chown -R, and run commands under that account.",
            )
        )
    if settings.media_handoff == "x-accel" and not settings.media_group:
        problems.append(
            PermissionProblem(
                is_fault=False,
                detail="nginx shall send files, and no group may read them.",
                advice="Unless nginx runs under the account of the archive, put both into one"
                " group, name it in LOIKE_MEDIA_GROUP and run flask init.",
            )
        )
    return problems


def _names(settings: Settings, paths: list[Path]) -> str:
    """Return the number of paths and the first few, relative to the home."""
    home = settings.home
    first = [
        str(path.relative_to(home) if path != home and path.is_relative_to(home) else path)
        for path in paths[:MOST_NAMED]
    ]
    more = ", …" if len(paths) > MOST_NAMED else ""
    return f"{len(paths)} files and folders: {', '.join(first)}{more}"


def _fix(settings: Settings, path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        status = path.stat()
        if status.st_mode & stat.S_ISVTX:
            return  # a folder like /tmp, which other accounts need
        bits = _group_bits(settings, path, status.st_mode)
        mode = stat.S_IMODE(status.st_mode) & ~_OTHERS
        if bits:
            if status.st_mode & _OTHERS != bits or status.st_gid != settings.media_gid:
                set_mode(path, mode)  # the rights must not apply to the previous group
                set_mode(path, mode | bits, settings.media_gid)
        elif status.st_mode & _OTHERS:
            set_mode(path, mode)


def _group_bits(settings: Settings, path: Path, mode: int) -> int:
    """Return the bits of the media group: execute on folders, read on files."""
    if settings.media_gid is None:
        return 0
    to_pass, to_read = stat.S_IXGRP, stat.S_IRGRP
    if path in (settings.home, settings.vault_dir):
        return to_pass
    is_shared = path.is_relative_to(settings.vault_dir / "objects") or (
        path.is_relative_to(settings.derivatives_dir)
        and not any(part.startswith(".") for part in path.relative_to(settings.home).parts)
    )
    if not is_shared:
        return 0
    return to_pass if stat.S_ISDIR(mode) else to_read


def _is_own(settings: Settings, path: Path) -> bool:
    if path == settings.home or not path.is_relative_to(settings.home):
        return True
    first = path.relative_to(settings.home).parts[0]
    return first in _OWN_FOLDERS or first.startswith(_OWN_FILES)


def _paths(settings: Settings) -> Iterator[Path]:
    """Yield every file and folder; follows links of the archive's own folders only.

    The vault may be on another disk, which the mode of the home does not protect.
    """
    own = (settings.vault_dir, settings.parts_dir, settings.derivatives_dir, settings.index_dir)
    for top in (settings.home, *(folder for folder in own if folder.is_symlink())):
        if top.is_dir():
            yield top
        for folder, folders, files in os.walk(top):
            for name in (*folders, *files):
                path = Path(folder, name)
                if not path.is_symlink():
                    yield path
    yield from _database_elsewhere(settings)


def _database_elsewhere(settings: Settings) -> Iterator[Path]:
    """Yield an SQLite file outside the home with its logs and copies, without its folder."""
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return
    file = Path(url.database).resolve()
    if file.parent.is_dir() and not file.is_relative_to(settings.home.resolve()):
        for path in sorted(file.parent.iterdir()):
            is_its_own = path.name == file.name or path.name.startswith(
                (f"{file.name}-", f"{file.name}.before-")
            )
            if is_its_own and path.is_file() and not path.is_symlink():
                yield path
