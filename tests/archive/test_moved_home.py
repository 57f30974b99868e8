"""A home that is renamed, replaced or unmounted while the database lies elsewhere."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app import create_app, create_toolbox
from archive.access import Rights
from archive.actions.holdings import local_ingest, upload_sweep, uploads
from archive.archive_moved import ArchiveMoved
from archive.jobs.context import JobContext
from archive.jobs.registry import JOBS
from archive.jobs.worker import Worker
from archive.models import Event, Job
from archive.models.vocabulary import LANES
from archive.queue import enqueue
from archive.settings import Settings
from archive.toolbox import Toolbox
from archive.web.core.security import SESSION_COOKIE
from tests.support import media_factory
from tests.support.cast import session_of

RightsOf = Callable[[str | None], Rights]


@pytest.fixture
def settings(settings: Settings, tmp_path: Path, backend: str) -> Settings:
    """Settings with the database outside of the home: on a server, or in another folder."""
    if backend == "postgresql":
        return settings
    elsewhere = tmp_path / "databases"
    elsewhere.mkdir()
    (settings.home / "archive.db").rename(elsewhere / "archive.db")
    return replace(settings, database_url=f"sqlite:///{elsewhere / 'archive.db'}")


@pytest.fixture
def hoa(rights_of: RightsOf, toolbox: Toolbox) -> Rights:
    media_factory.add_interview(toolbox.database)
    return rights_of("hoa")


@pytest.fixture
def data(tmp_path: Path) -> bytes:
    return media_factory.write_wav(tmp_path).read_bytes()


@pytest.fixture(params=["nothing", "an empty folder", "an older copy"])
def move(request: pytest.FixtureRequest, settings: Settings) -> Callable[[], set[Path]]:
    """Return a function that moves the home and returns what lies at its path afterwards."""
    home, older = settings.home, settings.home.with_name("older")
    shutil.copytree(home, older)

    def moved() -> set[Path]:
        home.rename(home.with_name("moved"))
        if request.param == "an empty folder":
            home.mkdir()
        elif request.param == "an older copy":
            older.rename(home)
        return set(home.rglob("*"))

    return moved


def put_back(settings: Settings) -> None:
    shutil.rmtree(settings.home, ignore_errors=True)
    settings.home.with_name("moved").rename(settings.home)


def test_nothing_is_written_at_the_path_of_a_moved_home(
    toolbox: Toolbox, hoa: Rights, data: bytes, tmp_path: Path, move: Callable[[], set[Path]]
) -> None:
    file = tmp_path / "b.wav"
    file.write_bytes(data)
    begun = media_factory.start_upload(toolbox, hoa, length=len(data))
    uploads.receive(toolbox, hoa, begun, offset=0, stream=io.BytesIO(data[:100]))
    there = move()
    refused: list[Callable[[], object]] = [
        lambda: toolbox.vault.receive(io.BytesIO(data)),
        lambda: toolbox.parts.create("new", 10),
        lambda: toolbox.parts.append(begun, 100, io.BytesIO(data[100:])),
        lambda: toolbox.parts.discard(begun),
        lambda: uploads.receive(toolbox, hoa, begun, offset=100, stream=io.BytesIO(data[100:])),
        lambda: local_ingest.ingest_file(toolbox, hoa, "LK-1", path=file),
        lambda: upload_sweep.sweep(toolbox),
        lambda: toolbox.disk.make_folder(toolbox.derivatives_dir / "x"),
    ]
    for write in refused:
        with pytest.raises(ArchiveMoved):
            write()
    assert set(toolbox.settings.home.rglob("*")) == there
    put_back(toolbox.settings)
    uploads.receive(toolbox, hoa, begun, offset=100, stream=io.BytesIO(data[100:]))
    assert uploads.load_progress(toolbox, hoa, begun).state == "kept"


@pytest.fixture
def kinds() -> Iterator[None]:
    handlers = dict(JOBS)
    yield
    JOBS.clear()
    JOBS.update(handlers)


@pytest.mark.parametrize(
    "kind", ["derive", "index", "check_fixity", "sweep", "backup", "check_database"]
)
def test_job_during_which_the_home_moves_writes_nothing_and_waits(
    kind: str,
    toolbox: Toolbox,
    hoa: Rights,
    data: bytes,
    tmp_path: Path,
    kinds: None,
    move: Callable[[], set[Path]],
) -> None:
    """Nor is an original taken for missing."""
    media_factory.upload_file(toolbox, hoa, data)
    (tmp_path / "backups").mkdir()
    tools = replace(toolbox, settings=replace(toolbox.settings, backup_target=tmp_path / "backups"))
    with toolbox.database.writing() as db:
        for row in db.scalars(select(Job)):
            row.state = "cancelled" if row.kind != kind else row.state
        if db.scalar(select(Job.id).where(Job.kind == kind)) is None:
            enqueue(db, kind, lane="files")
        events = len(db.scalars(select(Event.id)).all())
    handler, there = JOBS[kind], set[Path]()

    def move_and_handle(context: JobContext) -> dict[str, Any] | None:
        there.update(move())
        return handler(context)

    JOBS[kind] = move_and_handle
    with pytest.raises(ArchiveMoved):
        Worker(tools).run_one(LANES)
    assert set(toolbox.settings.home.rglob("*")) == there
    put_back(toolbox.settings)
    with toolbox.database.reading() as db:
        [job] = db.scalars(select(Job).where(Job.kind == kind))
        assert (job.state, job.problem) == ("running", "")  # until its lease ends
        assert len(db.scalars(select(Event.id)).all()) == events


def test_pages_and_uploads_name_a_moved_home(
    settings: Settings, move: Callable[[], set[Path]]
) -> None:
    app = create_app(settings)
    tools: Toolbox = app.extensions["loi_ke"]
    client = app.test_client()
    client.set_cookie(SESSION_COOKIE, session_of(tools.database, "ada"))
    assert client.get("/en/interviews").status_code == 200
    move()
    page = client.get("/en/interviews")
    assert page.status_code == 503
    assert "The folder or the database of the archive was moved" in page.text
    assert client.post("/api/v1/transcripts/x/ops").get_json()["error"] == "database_moved"
    put_back(settings)
    assert client.get("/en/interviews").status_code == 200
    tools.database.dispose()


def test_original_that_cannot_be_opened_is_not_missing_from_a_moved_home(
    toolbox: Toolbox, move: Callable[[], set[Path]]
) -> None:
    stored = toolbox.vault.receive(io.BytesIO(b"the only recording"))
    move()
    with pytest.raises(ArchiveMoved):
        toolbox.vault.check(stored.sha256)


def test_folder_above_the_vault_is_not_made(settings: Settings, tmp_path: Path) -> None:
    """The disk of the home is not mounted: no vault was seen yet."""
    gone = replace(settings, home=tmp_path / "disk" / "home")
    tools = create_toolbox(gone)
    for write in (
        lambda: tools.vault.receive(io.BytesIO(b"x")),
        lambda: tools.parts.create("a", 1),
        lambda: tools.disk.make_folder(tools.derivatives_dir),
    ):
        with pytest.raises(FileNotFoundError):
            write()
    assert not (tmp_path / "disk").exists()
    tools.database.dispose()
