"""Other accounts of the machine: they neither list nor read what an archive keeps."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from archive.settings import Settings
from tests.support.http_server import ROOT
from tests.support.other_accounts import media_group, paths_below, run_as_other_account
from tests.support.worker_process import environment

BUILDER = "tests.support.home_builder"
KEPT = [
    "archive.db",
    "archive.db-wal",
    "archive.db-shm",
    "archive.db.before-*",
    "secret_key",
    "vault/objects/sha256/??/??/*",
    "vault/parts/*.part",
    "vault/parts/*.json",
    "vault/.lock",
    "derivatives/*/access_copy-*/*",
    "derivatives/*/peaks-*/*",
    "index/current",
    "index/on_disk-*/*",
]


@dataclass(frozen=True)
class UsedHome:
    """A home after real use, whose program still has the database open."""

    home: Path
    group: int | None


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((0o000, False, ()), marks=[pytest.mark.slow, pytest.mark.timeout(1200)]),
        (0o022, False, ("--without-speech",)),
        (0o000, True, ("--without-speech",)),
    ],
    ids=["umask-000", "umask-022", "umask-000-with-group"],
)
def used_home(request: pytest.FixtureRequest) -> Iterator[UsedHome]:
    umask, with_group, options = request.param
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # other accounts get as far as the home itself
        home = Path(folder, "above", "home")
        settings = Settings(home=home, database_url=f"sqlite:///{home / 'archive.db'}")
        group = media_group()
        env = environment(settings, LOIKE_MEDIA_GROUP=group.gr_name if with_group else "")
        with subprocess.Popen(
            [sys.executable, "-m", BUILDER, *options],
            cwd=ROOT,
            env=env,
            umask=umask,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as builder:
            assert builder.stdout is not None
            printed = builder.stdout.readline()
            assert printed == "ready\n", builder.communicate()[1]
            yield UsedHome(home, group.gr_gid if with_group else None)
            builder.communicate()


def may_pass_or_read(used: UsedHome, path: Path) -> int:
    """Return the expected rights of the group of LOIKE_MEDIA_GROUP."""
    if used.group is None:
        return 0
    parts = path.relative_to(used.home).parts
    if parts in ((), ("vault",)):
        return 0o010
    if parts[:2] == ("vault", "objects") or parts[:1] == ("derivatives",):
        return 0o010 if path.is_dir() else 0o040
    return 0


@pytest.mark.timeout(1200)
def test_home_after_real_use_gives_rights_to_the_group_of_the_setting_only(
    used_home: UsedHome,
) -> None:
    for pattern in KEPT:
        assert list(used_home.home.glob(pattern)), f"{pattern} is not there to be looked at"
    found = {
        path: (status.st_mode & 0o077, status.st_gid if status.st_mode & 0o077 else None)
        for path in paths_below(used_home.home)
        for status in [path.stat()]
    }
    allowed = {path: may_pass_or_read(used_home, path) for path in found}
    expected = {path: (bits, used_home.group if bits else None) for path, bits in allowed.items()}
    assert {p: f for p, f in found.items() if f != expected[p]} == {}


@pytest.mark.timeout(1200)
def test_folder_made_above_the_home_cannot_be_written_by_others(used_home: UsedHome) -> None:
    assert used_home.home.parent.stat().st_mode & 0o022 == 0


@pytest.mark.timeout(1200)
def test_originals_cannot_be_written_by_their_owner(used_home: UsedHome) -> None:
    originals = list(used_home.home.glob("vault/objects/sha256/??/??/*"))
    expected = 0o400 if used_home.group is None else 0o440
    assert {stat.S_IMODE(path.stat().st_mode) for path in originals} == {expected}


@pytest.mark.timeout(1200)
def test_second_account_reads_only_what_its_group_may(used_home: UsedHome) -> None:
    beside = used_home.home.parent / "beside"
    beside.write_text("open to all")
    beside.chmod(0o644)
    paths = paths_below(used_home.home)
    files = [path for path in paths if path.is_file()]
    folders = [path for path in paths if path.is_dir()]
    assert usable_without_rights("cat", [beside, *files]) == {beside}
    assert usable_without_rights("ls", [beside.parent, *folders]) == {beside.parent}
    if used_home.group is not None:
        media = {path for path in files if may_pass_or_read(used_home, path)}
        assert usable_without_rights("cat", files, group=used_home.group) == media
        assert usable_without_rights("ls", folders, group=used_home.group) == set()


def usable_without_rights(
    command: str, paths: list[Path], *, group: int | None = None
) -> set[Path]:
    """The paths on which a command succeeds under the second account."""
    loop = f'for path do {command} "$path" >/dev/null 2>&1 && echo "$path"; done; true'
    tried = run_as_other_account(["sh", "-c", loop, "sh", *paths], group=group)
    assert tried.returncode == 0, tried.stderr
    return {Path(line) for line in tried.stdout.splitlines()}
