"""The sample archive as it lies in an archive, and what is left when it is gone."""

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

from app import create_app
from archive import access, audit, queue
from archive.access import Actor, machine
from archive.actions import accounts, ingest, interviews, office, transcription, transcripts
from archive.actions.interviews import Description
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
from tests import snapshots
from tests.archive.conftest import OWN, SampleHome, open_toolbox
from tests.transcription.sounds import matched
from transcription.engines.demo import DEMO, SAMPLES_DIR
from transcription.tokens import spoken

Client = Callable[[str | None], FlaskClient]
ActorOf = Callable[[str | None], Actor]
ADA = machine("test")
INVENTED = "nhân vật và lời kể đều hư cấu"


def heard_by_a_worker(test: Callable[..., None]) -> Callable[..., None]:
    """Needs the worker to do everything that the sample calls for: minutes on a busy machine."""
    marked: Callable[..., None] = pytest.mark.slow(pytest.mark.timeout(1200)(test))
    return marked


@pytest.fixture
def settings(with_sample: Settings) -> Settings:
    return with_sample


def found(toolbox: Toolbox, accession: str) -> Interview:
    with toolbox.database.reading() as db:
        row = interviews.by_accession(db, accession)
        assert row is not None
        return row


def test_whoever_looks_sees_what_their_role_sees(toolbox: Toolbox, actor_of: ActorOf) -> None:
    def seen(name: str | None) -> set[str]:
        query = select(Interview.accession).where(Interview.is_sample)
        with toolbox.database.reading() as db:
            return set(db.scalars(access.visible(query, actor_of(name))))

    public, reader, staff = seen(None), seen("sam"), seen("cleo")
    assert public < reader < staff
    assert (reader - public, staff - reader) == ({"MAU-006"}, {"MAU-012"})


def test_each_account_is_a_sample_and_its_fresh_password_opens_it(
    sample_home: SampleHome, toolbox: Toolbox
) -> None:
    told = sample_home.loaded.accounts
    assert len({account.password for account in told}) == 6
    with toolbox.database.writing() as db:
        for account in told:
            entered = accounts.sign_in(
                db,
                accounts.prove(db, email=account.email, password=account.password, address="here"),
            )
            assert (entered.user.role, entered.user.is_sample) == (account.role, True)


def test_loading_twice_is_loading_once(sample_home: SampleHome, toolbox: Toolbox) -> None:
    before = snapshots.rows(toolbox)
    vault = snapshots.files(toolbox.settings.vault_dir)
    again = loading.load(toolbox, ADA)
    assert again.added == 0
    assert {a.password for a in again.accounts}.isdisjoint(
        {a.password for a in sample_home.loaded.accounts}
    )
    after = snapshots.rows(toolbox)
    assert after.pop("user") != before.pop("user")  # the passwords are new
    assert after == before
    assert snapshots.files(toolbox.settings.vault_dir) == vault


def test_an_account_that_was_closed_is_opened_again(toolbox: Toolbox) -> None:
    with toolbox.database.writing() as db:
        user = db.scalars(select(User).where(User.is_sample, User.role == "editor")).one()
        accounts.change(db, ADA, user, name=user.name, role=user.role, is_active=False)
    told = next(a for a in loading.load(toolbox, ADA).accounts if a.role == "editor")
    with toolbox.database.writing() as db:
        entered = accounts.sign_in(
            db, accounts.prove(db, email=told.email, password=told.password, address="here")
        )
        assert entered.user.is_active


def test_a_typed_text_never_says_that_it_was_heard_by_a_machine(toolbox: Toolbox) -> None:
    with toolbox.database.reading() as db:
        typed = found(toolbox, "MAU-005")
        version = transcripts.shown(db, typed)
        assert version is not None
        assert (version.kind, version.engine, version.model) == ("imported", "", "")
        assert {word[4] for segment in version.segments for word in segment.words} <= {
            "import", "edit", "interp"
        }  # fmt: skip
        assert transcription.sounds(db, typed) == []


def test_the_history_is_one_that_people_made(toolbox: Toolbox) -> None:
    with toolbox.database.reading() as db:
        second, first = transcripts.versions(db, found(toolbox, "MAU-004"))
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
def test_pages_say_that_it_is_invented(client_of: Client, who: str | None) -> None:
    client = client_of(who)
    page = client.get("/vi/interviews/MAU-010").text
    assert INVENTED in page
    assert "hư cấu" in client.get("/vi/interviews?set=samples").text
    cites = client.get("/vi/interviews/MAU-010/cite").get_json()
    assert "hư cấu" in cites["vietnamese"]
    assert all("invented" in cites[style] for style in ("chicago", "bibtex", "ris"))
    assert INVENTED not in client.get(f"/vi/interviews/{OWN}").text


def test_an_export_says_that_it_is_invented(toolbox: Toolbox, client_of: Client) -> None:
    with toolbox.database.reading() as db:
        version = transcripts.shown(db, found(toolbox, "MAU-010"))
        assert version is not None
    client = client_of(None)
    for name in ("txt", "vtt", "json"):
        told = client.get(f"/vi/versions/{version.id}/export/{name}")
        assert told.status_code == 200
        assert "hư cấu" in told.text


def test_it_goes_without_trace(sample_home: SampleHome, toolbox: Toolbox) -> None:
    ids = [found(toolbox, accession).id for accession in sample_home.loaded.interviews]
    removed = removing.remove(toolbox, ADA)
    assert (removed.interviews, removed.kept) == (len(ids), [])
    assert snapshots.rows(toolbox) == sample_home.rows_before
    # The office's own recording has the bytes of one of the sample's: it is still there.
    assert snapshots.files(toolbox.settings.vault_dir) == sample_home.vault_before
    with toolbox.database.reading() as db:
        assert audit.first_broken_link(db) is None
        told = db.scalars(select(Event.kind).where(Event.kind.startswith("sample."))).all()
        assert told == ["sample.loaded", "sample.removed"]
    assert removing.remove(toolbox, ADA).interviews == 0


def test_what_the_office_made_with_it_stays(toolbox: Toolbox, sample_home: SampleHome) -> None:
    historian = next(a for a in sample_home.loaded.accounts if a.role == "historian")
    with toolbox.database.writing() as db:
        user = accounts.by_email(db, historian.email)
        witness = db.scalars(select(Person).where(Person.full_name == "Lâm Mỹ Hoa")).one()
        assert user is not None
        own = interviews.create(
            db, accounts.actor_of(user, toolbox.settings),
            Description(
                title="Của kho", witnesses=[witness],
                collection=db.scalar(select(Collection).where(Collection.code == "MAU-XOM")),
                place=db.scalar(select(Place).where(Place.code == "MAU-Q5")),
            ),
        )  # fmt: skip
        accession = own.accession
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
    """A PNG of one grey pixel, which the sample has not."""

    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(
            ">I", zlib.crc32(kind + data)
        )  # fmt: skip

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head)
        + part(b"IDAT", zlib.compress(b"\x00\x7f")) + part(b"IEND", b"")
    )  # fmt: skip
    return path


def test_a_file_that_somebody_put_into_it_is_never_thrown_away(
    toolbox: Toolbox, tmp_path: Path
) -> None:
    own = ingest.ingest_file(toolbox, ADA, "MAU-005", path=picture(tmp_path / "own.png"))
    assert "MAU-005" in removing.remove(toolbox, ADA).kept
    assert found(toolbox, "MAU-005").is_sample
    assert toolbox.vault.check(own.sha256).state == "ok"


def test_while_it_is_being_loaded_it_is_not_removed(toolbox: Toolbox) -> None:
    with toolbox.database.writing() as db:
        queue.enqueue(db, office.SAMPLE_JOB, priority=99)
    with toolbox.database.writing() as db:
        lease = queue.claim(db, ("light",), worker="test", lease_s=60)
    assert lease is not None
    with pytest.raises(removing.SampleBeingLoaded):
        removing.remove(toolbox, ADA)
    assert found(toolbox, "MAU-001").is_sample


@pytest.fixture(scope="session")
def heard(sample_home: SampleHome, tmp_path_factory: pytest.TempPathFactory) -> Toolbox:
    """The sample after a worker has done everything that was queued."""
    toolbox = open_toolbox(sample_home.copied_to(tmp_path_factory.mktemp("heard") / "home"))
    Worker(toolbox).run_until_idle()
    return toolbox


@heard_by_a_worker
@pytest.mark.parametrize(
    ("accession", "name"),
    [("MAU-001", "hem_binh_thanh"), ("MAU-002", "doi_moi"), ("MAU-003", "pha_rao")],
)
def test_the_worker_hears_every_word_in_its_time(heard: Toolbox, accession: str, name: str) -> None:
    told: dict[str, Any] = json.loads((SAMPLES_DIR / f"interview_{name}.json").read_text("utf-8"))
    wanted = [word for segment in told["segments"] for word in segment["words"]]
    with heard.database.reading() as db:
        version = transcripts.shown(db, found(heard, accession))
        assert version is not None
        words = [word for segment in version.segments for word in segment.words]
        assert (version.kind, version.state) == ("machine", "machine")
        assert (version.model, version.model_sha256) == (DEMO.info.name, DEMO.info.sha256)
        assert version.options["knows_only"] == "demo_sentences"
        files = db.scalars(
            select(MediaFile).where(MediaFile.interview_id == version.interview_id)
        ).all()
    errors, pairs = matched([spoken(w["word"]) for w in wanted], [spoken(w[2]) for w in words])
    assert errors <= 0.02 * len(wanted)
    late = sorted(abs(words[j][0] - 1000 * wanted[i]["start"]) for i, j in pairs)
    assert statistics.median(late) <= 60
    assert late[len(late) * 9 // 10] <= 200
    assert {file.role for file in files} == {"original", "access", "peaks"}
    assert not any(file.problem for file in files)


@heard_by_a_worker
def test_a_hit_says_that_it_is_invented(heard: Toolbox) -> None:
    page = create_app(heard.settings).test_client().get("/vi/search?q=nuoc+rong").text
    assert "MAU-010" in page
    assert "hư cấu" in page


@heard_by_a_worker
def test_after_the_work_it_goes_without_trace_too(heard: Toolbox, sample_home: SampleHome) -> None:
    with heard.database.reading() as db:
        own = set(
            db.scalars(select(MediaFile.id).join(Interview).where(Interview.accession == OWN))
        )
    before = heard.index.health().passages
    removing.remove(heard, ADA)
    Worker(heard).run_until_idle()
    with heard.database.reading() as db:
        assert db.scalars(select(Interview.accession)).all() == [OWN]
        assert set(db.scalars(select(MediaFile.id))) == own
        for model in (Person, Place, Collection):
            assert db.scalar(select(func.count()).select_from(model)) == 0
        assert db.scalar(select(func.count()).where(User.is_sample)) == 0
        assert db.scalar(select(func.count()).where(Job.kind == "transcribe")) == 0
        assert audit.first_broken_link(db) is None
    assert snapshots.files(heard.settings.vault_dir) == sample_home.vault_before
    assert {Path(f).parts[0] for f in snapshots.files(heard.derivatives_dir)} <= own
    assert heard.index.health().passages < before
    assert heard.index.health().passages == 1  # the description of the office's own interview
