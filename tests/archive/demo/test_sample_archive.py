"""Loading and removing the sample archive, and what remains after its removal."""

from __future__ import annotations

import json
import statistics
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app import create_app, create_toolbox
from archive import access, audit, queue
from archive.access import Rights
from archive.actions.accounts import accounts, sign_in
from archive.actions.catalogue import interviews
from archive.actions.catalogue.interviews import Description
from archive.actions.holdings import local_ingest
from archive.actions.office import first_run
from archive.actions.speech import runs
from archive.actions.transcripts import versions
from archive.demo import loading, removing
from archive.jobs.worker import Worker
from archive.models import (
    Collection,
    Event,
    Interview,
    Job,
    MediaFile,
    Person,
    Place,
    SegmentRevision,
    User,
)
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.archive.conftest import OWN, SampleHome
from tests.support import archive_snapshot
from tests.support.rights import rights_of_machine
from tools.demo_model.scoring import align
from transcription.engines.demo import DEMO, SAMPLES_DIR
from transcription.tokens import letters

Client = Callable[[str | None], FlaskClient]
RightsOf = Callable[[str | None], Rights]
ADA = rights_of_machine("test")
INVENTED = "nhân vật và lời kể đều hư cấu"


def needs_all_jobs(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test that needs all jobs of the sample: minutes on a busy machine."""
    marked: Callable[..., None] = pytest.mark.slow(pytest.mark.timeout(1200)(test))
    return marked


@pytest.fixture
def settings(with_sample: Settings) -> Settings:
    return with_sample


def find_interview(toolbox: Toolbox, accession: str) -> Interview:
    with toolbox.database.reading() as db:
        row = interviews.by_accession(db, accession)
        assert row is not None
        return row


def test_sample_interviews_are_visible_by_role(toolbox: Toolbox, rights_of: RightsOf) -> None:
    def seen(name: str | None) -> set[str]:
        query = select(Interview.accession).where(Interview.is_sample)
        with toolbox.database.reading() as db:
            return set(db.scalars(access.visible(query, rights_of(name))))

    public, reader, staff = seen(None), seen("sam"), seen("cleo")
    assert public < reader < staff
    assert (reader - public, staff - reader) == ({"MAU-006"}, {"MAU-012"})


def test_sample_accounts_can_sign_in_with_their_new_passwords(
    sample_home: SampleHome, toolbox: Toolbox
) -> None:
    loaded_accounts = sample_home.loaded.accounts
    assert len({account.password for account in loaded_accounts}) == 6
    with toolbox.database.writing() as db:
        for account in loaded_accounts:
            session = sign_in.sign_in(
                db,
                sign_in.verify_password(
                    db, email=account.email, password=account.password, address="here"
                ),
            )
            assert (session.user.role, session.user.is_sample) == (account.role, True)


def test_load_twice_adds_nothing_but_new_passwords(
    sample_home: SampleHome, toolbox: Toolbox
) -> None:
    before = archive_snapshot.rows(toolbox)
    vault = archive_snapshot.files(toolbox.settings.vault_dir)
    second = loading.load(toolbox, ADA)
    assert second.added == 0
    assert {a.password for a in second.accounts}.isdisjoint(
        {a.password for a in sample_home.loaded.accounts}
    )
    after = archive_snapshot.rows(toolbox)
    assert after.pop("user") != before.pop("user")  # the passwords are new
    assert after == before
    assert archive_snapshot.files(toolbox.settings.vault_dir) == vault


def test_load_reopens_a_closed_sample_account(toolbox: Toolbox) -> None:
    with toolbox.database.writing() as db:
        user = db.scalars(select(User).where(User.is_sample, User.role == "editor")).one()
        accounts.update(db, ADA, user, name=user.name, role=user.role, is_active=False)
    editor = next(a for a in loading.load(toolbox, ADA).accounts if a.role == "editor")
    with toolbox.database.writing() as db:
        session = sign_in.sign_in(
            db,
            sign_in.verify_password(
                db, email=editor.email, password=editor.password, address="here"
            ),
        )
        assert session.user.is_active


def test_typed_sample_text_has_no_machine_provenance(toolbox: Toolbox) -> None:
    with toolbox.database.reading() as db:
        typed = find_interview(toolbox, "MAU-005")
        version = versions.current_version(db, typed)
        assert version is not None
        assert (version.kind, version.engine, version.model) == ("imported", "", "")
        assert {word[4] for segment in version.segments for word in segment.words} <= {
            "import",
            "edit",
            "interp",
        }
        assert runs.source_recordings(db, typed) == []


def test_sample_history_is_made_by_its_accounts(toolbox: Toolbox) -> None:
    with toolbox.database.reading() as db:
        second, first = versions.list_versions(db, find_interview(toolbox, "MAU-004"))
        assert (first.state, second.state, second.is_current) == ("approved", "approved", True)
        assert second.based_on_id == first.id
        assert second.note
        roles = {u.id: u.role for u in db.scalars(select(User))}
        assert roles[first.author_id or ""] == "historian"
        assert roles[second.approved_by_id or ""] == "reviewer"
        edits = db.scalars(
            select(SegmentRevision).where(
                SegmentRevision.version_id == first.id, SegmentRevision.kind == "edit"
            )
        ).all()
        assert len(edits) == 3
        assert {roles[edit.author_id or ""] for edit in edits} == {"editor"}
        assert {s.contribution_id is not None for s in second.segments} == {True}


@pytest.mark.parametrize("who", [None, "cleo"])
def test_pages_of_the_sample_state_that_it_is_invented(client_of: Client, who: str | None) -> None:
    client = client_of(who)
    page = client.get("/vi/interviews/MAU-010").text
    assert INVENTED in page
    assert "hư cấu" in client.get("/vi/interviews?set=samples").text
    cites = client.get("/vi/interviews/MAU-010/cite").get_json()
    assert "hư cấu" in cites["vietnamese"]
    assert all("invented" in cites[style] for style in ("chicago", "bibtex", "ris"))
    assert INVENTED not in client.get(f"/vi/interviews/{OWN}").text


def test_exports_of_the_sample_state_that_it_is_invented(
    toolbox: Toolbox, client_of: Client
) -> None:
    with toolbox.database.reading() as db:
        version = versions.current_version(db, find_interview(toolbox, "MAU-010"))
        assert version is not None
    client = client_of(None)
    for name in ("txt", "vtt", "json"):
        response = client.get(f"/vi/versions/{version.id}/export/{name}")
        assert response.status_code == 200
        assert "hư cấu" in response.text


def test_remove_restores_the_archive_before_loading(
    sample_home: SampleHome, toolbox: Toolbox
) -> None:
    ids = [find_interview(toolbox, accession).id for accession in sample_home.loaded.interviews]
    removed = removing.remove(toolbox, ADA)
    assert (removed.interviews, removed.kept) == (len(ids), [])
    assert archive_snapshot.rows(toolbox) == sample_home.rows_before
    # The office's own recording has the bytes of one of the sample's: it is still there.
    assert archive_snapshot.files(toolbox.settings.vault_dir) == sample_home.vault_before
    with toolbox.database.reading() as db:
        assert audit.verify_chain(db) is None
        kinds = db.scalars(select(Event.kind).where(Event.kind.startswith("sample."))).all()
        assert kinds == ["sample.loaded", "sample.removed"]
    assert removing.remove(toolbox, ADA).interviews == 0


def test_remove_keeps_records_used_by_the_office(toolbox: Toolbox, sample_home: SampleHome) -> None:
    historian = next(a for a in sample_home.loaded.accounts if a.role == "historian")
    with toolbox.database.writing() as db:
        user = accounts.by_email(db, historian.email)
        witness = db.scalars(select(Person).where(Person.full_name == "Lâm Mỹ Hoa")).one()
        assert user is not None
        real = interviews.create(
            db,
            accounts.rights_of(db, user, toolbox.settings),
            Description(
                title="Của kho",
                witnesses=[witness],
                collection=db.scalar(select(Collection).where(Collection.code == "MAU-XOM")),
                place=db.scalar(select(Place).where(Place.code == "MAU-Q5")),
            ),
        )
        accession = real.accession
    removed = removing.remove(toolbox, ADA)
    assert removed.kept == ["MAU-XOM", "Lâm Mỹ Hoa", "MAU-Q5", "MAU-HCM", historian.email]
    with toolbox.database.reading() as db:
        kept = interviews.by_accession(db, accession)
        assert kept is not None
        assert [p.full_name for p in kept.people("witness")] == ["Lâm Mỹ Hoa"]
        assert kept.collection is not None
        assert kept.place is not None
        owned = (kept.people("witness")[0], kept.collection, kept.place)
        assert not any(row.is_sample for row in owned)
        assert db.scalar(select(User.is_active).where(User.email == historian.email)) is False
        assert db.scalar(select(func.count()).select_from(Interview)) == 2


def picture(path: Path) -> Path:
    """Write a PNG of one grey pixel, which the sample lacks."""

    def part(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", head)
        + part(b"IDAT", zlib.compress(b"\x00\x7f"))
        + part(b"IEND", b"")
    )
    return path


def test_remove_keeps_an_interview_with_an_added_file(toolbox: Toolbox, tmp_path: Path) -> None:
    added = local_ingest.ingest_file(toolbox, ADA, "MAU-005", path=picture(tmp_path / "own.png"))
    assert "MAU-005" in removing.remove(toolbox, ADA).kept
    assert find_interview(toolbox, "MAU-005").is_sample
    assert toolbox.vault.check(added.sha256).state == "ok"


def test_remove_during_loading_raises_sample_being_loaded(toolbox: Toolbox) -> None:
    with toolbox.database.writing() as db:
        queue.enqueue(db, first_run.SAMPLE_JOB, priority=99)
    with toolbox.database.writing() as db:
        lease = queue.claim(db, ("light",), worker="test", lease_s=60)
    assert lease is not None
    with pytest.raises(removing.SampleBeingLoaded):
        removing.remove(toolbox, ADA)
    assert find_interview(toolbox, "MAU-001").is_sample


@pytest.fixture(scope="session")
def worked_off(sample_home: SampleHome, tmp_path_factory: pytest.TempPathFactory) -> Toolbox:
    """Return the sample after a worker has run all queued jobs."""
    toolbox = create_toolbox(sample_home.copied_to(tmp_path_factory.mktemp("heard") / "home"))
    Worker(toolbox).run_until_idle()
    return toolbox


@needs_all_jobs
@pytest.mark.parametrize(
    ("accession", "name"),
    [("MAU-001", "hem_binh_thanh"), ("MAU-002", "doi_moi"), ("MAU-003", "pha_rao")],
)
def test_transcription_of_a_sample_has_correct_words_and_times(
    worked_off: Toolbox, accession: str, name: str
) -> None:
    sample: dict[str, Any] = json.loads((SAMPLES_DIR / f"interview_{name}.json").read_text("utf-8"))
    reference_words = [word for segment in sample["segments"] for word in segment["words"]]
    with worked_off.database.reading() as db:
        version = versions.current_version(db, find_interview(worked_off, accession))
        assert version is not None
        words = [word for segment in version.segments for word in segment.words]
        assert (version.kind, version.state) == ("machine", "machine")
        assert (version.model, version.model_sha256) == (DEMO.info.name, DEMO.info.sha256)
        assert version.options["knows_only"] == "demo_sentences"
        files = db.scalars(
            select(MediaFile).where(MediaFile.interview_id == version.interview_id)
        ).all()
    errors, pairs = align(
        [letters(w["word"]) for w in reference_words], [letters(w[2]) for w in words]
    )
    assert errors <= 0.02 * len(reference_words)
    late = sorted(abs(words[j][0] - 1000 * reference_words[i]["start"]) for i, j in pairs)
    assert statistics.median(late) <= 60
    assert late[len(late) * 9 // 10] <= 200
    assert {file.role for file in files} == {"original", "access", "peaks"}
    assert not any(file.problem for file in files)


@needs_all_jobs
def test_hit_in_the_sample_states_that_it_is_invented(worked_off: Toolbox) -> None:
    page = create_app(worked_off.settings).test_client().get("/vi/search?q=nuoc+rong").text
    assert "MAU-010" in page
    assert "hư cấu" in page


@needs_all_jobs
def test_remove_after_all_jobs_leaves_only_real_records(
    worked_off: Toolbox, sample_home: SampleHome
) -> None:
    with worked_off.database.reading() as db:
        real_files = set(
            db.scalars(select(MediaFile.id).join(Interview).where(Interview.accession == OWN))
        )
    before = worked_off.index.health().passages
    removing.remove(worked_off, ADA)
    Worker(worked_off).run_until_idle()
    with worked_off.database.reading() as db:
        assert db.scalars(select(Interview.accession)).all() == [OWN]
        assert set(db.scalars(select(MediaFile.id))) == real_files
        for model in (Person, Place, Collection):
            assert db.scalar(select(func.count()).select_from(model)) == 0
        assert db.scalar(select(func.count()).where(User.is_sample)) == 0
        assert db.scalar(select(func.count()).where(Job.kind == "transcribe")) == 0
        assert audit.verify_chain(db) is None
    assert archive_snapshot.files(worked_off.settings.vault_dir) == sample_home.vault_before
    assert {
        Path(f).parts[0] for f in archive_snapshot.files(worked_off.derivatives_dir)
    } <= real_files
    assert worked_off.index.health().passages < before
    assert worked_off.index.health().passages == 1  # the description of the office's own interview
