"""Add an invented revision after the newest one, in this process or in one that may be killed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from archive import migrations
from archive.migrations import chains

HEAD = """
import os
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9999", "{newest}", None, None
def upgrade():
"""
ADD_COLUMN = """
    op.add_column("collection", sa.Column("shelf", sa.String()))
"""


def add_revision(tmp_path: Path, body: str) -> Path:
    """Copy the migrations, add one revision and return the folder."""
    folder = tmp_path / "migrations"
    shutil.copytree(
        migrations.MIGRATIONS_FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__")
    )
    source = (HEAD + body).format(newest=migrations.newest_revision())
    (folder / "versions" / "9999_tried.py").write_text(source, encoding="utf-8")
    return folder


def use_revision(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: str = ADD_COLUMN) -> None:
    """Let this process upgrade to the invented revision."""
    monkeypatch.setattr(chains, "MIGRATIONS_FOLDER", add_revision(tmp_path, body))


def upgrade_in_process(
    url: str, folder: Path, *, most_bytes: int = 0, dies: bool = False
) -> subprocess.CompletedProcess[str]:
    """Upgrade in a process of its own, in which no file may become longer than `most_bytes`.

    The write that goes beyond it fails as on a full disk, or kills the process if it `dies`.
    """
    code = (
        "import resource, signal, sys; from pathlib import Path;"
        "from archive import migrations; from archive.migrations import chains;"
        "chains.MIGRATIONS_FOLDER = Path(sys.argv[2]); most = int(sys.argv[3]);"
        f"signal.signal(signal.SIGXFSZ, signal.{'SIG_DFL' if dies else 'SIG_IGN'});"
        "most and resource.setrlimit(resource.RLIMIT_FSIZE, (most, most));"
        "migrations.upgrade(sys.argv[1])"
    )
    return subprocess.run(
        [sys.executable, "-c", code, url, str(folder), str(most_bytes)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
