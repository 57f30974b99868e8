"""A second account of this machine, and a group, for tests of file permissions."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

ACCOUNT = "nobody"


def media_group() -> grp.struct_group:
    """Return a group for LOIKE_MEDIA_GROUP: as root one that is not ours, else our own."""
    if os.geteuid() != 0:
        return grp.getgrgid(os.getegid())
    taken = {0, pwd.getpwnam(ACCOUNT).pw_gid}
    return next(group for group in grp.getgrall() if group.gr_gid not in taken)


def run_as_other_account(
    words: Sequence[str | Path], *, group: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program as ACCOUNT, with `group` if given; skip the test unless root."""
    if os.geteuid() != 0:
        pytest.skip("only root can start a program under a second account")
    account = pwd.getpwnam(ACCOUNT)
    return subprocess.run(
        words,
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=[] if group is None else [group],
        capture_output=True,
        text=True,
        check=False,
    )


def without_root_rights(words: Sequence[str | Path]) -> list[str | Path]:
    """Return the words of a program that is subject to the permissions of files, even as root.

    It keeps the account, so that it can read the installed Python. Skips the test without setpriv.
    """
    if os.geteuid() != 0:
        return [*words]
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    ignoring = "-dac_override,-dac_read_search,-fowner,-chown,-fsetid"
    return ["setpriv", f"--bounding-set={ignoring}", *words]


def give_to_other_account(*paths: Path) -> None:
    """Let files belong to ACCOUNT and only to it; skip the test unless root."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to another account")
    account = pwd.getpwnam(ACCOUNT)
    for path in paths:
        path.chmod(0o700 if path.is_dir() else 0o600)
        os.chown(path, account.pw_uid, account.pw_gid)


def paths_below(top: Path) -> list[Path]:
    """Return the folder itself and all paths below it."""
    below = [Path(at, name) for at, folders, files in os.walk(top) for name in (*folders, *files)]
    return sorted([top, *below])


def modes_open_to_others(top: Path) -> dict[str, str]:
    """Return path → mode for paths below `top` with permissions for group or others."""
    return {
        str(path.relative_to(top)): oct(stat.S_IMODE(path.stat().st_mode))
        for path in paths_below(top)
        if path.stat().st_mode & 0o077
    }
