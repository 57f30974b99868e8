"""An archive with the sample in it, loaded once and copied for each test that changes it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app import create_toolbox
from archive.actions.holdings import local_ingest
from archive.demo import loading
from archive.demo.loading import LoadResult
from archive.settings import Settings
from tests.support import archive_snapshot, media_factory
from tests.support.rights import rights_of_machine
from transcription.engines.demo import SAMPLES_DIR

OWN = "LK-1"
SAME_BYTES = SAMPLES_DIR / "interview_pha_rao.m4a"


@dataclass(frozen=True)
class SampleHome:
    """A home that holds an interview of the office's own, whose recording the sample has too,
    and then the sample; with what was there before the sample came."""

    home: Path
    loaded: LoadResult
    rows_before: dict[str, list[tuple[Any, ...]]]
    vault_before: dict[str, int]

    def copied_to(self, home: Path) -> Settings:
        """The settings of an archive of its own."""
        shutil.copytree(self.home, home)
        return Settings(
            home=home, database_url=f"sqlite:///{home / 'archive.db'}", poll_s=0.02, lease_s=60.0
        )


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> SampleHome:
    """Loaded, and no worker has run yet."""
    home = tmp_path_factory.mktemp("sample") / "home"
    for folder in ("vault/parts", "derivatives", "index", "models"):
        (home / folder).mkdir(parents=True)
    (home / "archive.db").write_bytes(empty_database.read_bytes())
    toolbox = create_toolbox(Settings(home=home, database_url=f"sqlite:///{home / 'archive.db'}"))
    media_factory.add_interview(toolbox.database, OWN, audience="public")
    local_ingest.ingest_file(toolbox, rights_of_machine("test"), OWN, path=SAME_BYTES)
    rows, vault = archive_snapshot.rows(toolbox), archive_snapshot.files(home / "vault")
    loaded = loading.load(toolbox, rights_of_machine("test"))
    toolbox.database.dispose()
    return SampleHome(home=home, loaded=loaded, rows_before=rows, vault_before=vault)


@pytest.fixture
def with_sample(sample_home: SampleHome, tmp_path: Path) -> Settings:
    """An archive of this test's own with the sample in it; for overriding `settings`."""
    return sample_home.copied_to(tmp_path / "home")
