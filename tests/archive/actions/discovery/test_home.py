from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy.orm import Session

from archive import access, queue
from archive.access import Rights
from archive.actions.discovery import home, indexing
from archive.actions.office import first_run, jobs
from archive.actions.transcripts import versions
from archive.models import Annotation, Interview, Recording, Segment, TranscriptVersion
from archive.models.base import utc_now
from search.backends.base import IndexDamaged
from search.backends.in_memory import InMemory
from search.results import SearchRequest, SearchResults
from tests.support import sample_transcript
from tests.support.cast import CAST, EVERYBODY
from tests.support.rights import ClosedUntil, rights_of_machine

RightsOf = Callable[[str | None], Rights]
DAY = date(2026, 11, 24)
QUOTE = "Hồi đó hẻm tôi có cái giếng chung, sáng nào mấy bà cũng ra gánh nước từ sớm."
LINES = (
    ("interviewer", 0, 4_000, "Thưa bà, hồi đó con hẻm mình ra sao, có đông như bây giờ không ạ?"),
    ("witness", 4_000, 12_000, QUOTE),
    ("witness", 12_000, 20_000, "Ngắn."),
    ("witness", 20_000, 50_000, "Dài " * 200),
)


def approved(db: Session, accession: str, *, audience: str = "public") -> Interview:
    interview = sample_transcript.add_interview(db, accession, audience=audience)
    version = sample_transcript.add_version(db, interview, lines=LINES)
    sample_transcript.approve(db, interview, version)
    return interview


def page(db: Session, rights: Rights, day: date = DAY) -> home.HomePage:
    return home.load_page(db, InMemory(), rights, day=day)


def test_load_page_empty_archive_is_empty(db: Session, rights_of: RightsOf) -> None:
    for name in EVERYBODY:
        loaded = page(db, rights_of(name))
        assert loaded.is_empty
        assert (loaded.quotes, loaded.latest, loaded.words) == ([], [], [])
        assert (loaded.work_queue is not None) is (name not in ("sam", None))


def test_quote_is_whole_segment_of_witness(db: Session, rights_of: RightsOf) -> None:
    approved(db, "LK-1")
    (quote,) = page(db, rights_of(None)).quotes
    assert quote.turn.text == QUOTE
    assert quote.turn.speaker.role == "witness"
    assert quote.witness.full_name == "Nguyễn Thị Sen"


def test_daily_quotes_are_stable_within_a_day(db: Session, rights_of: RightsOf) -> None:
    for number in range(5):
        approved(db, f"LK-{number}")
    days = [DAY + timedelta(days=n) for n in range(8)]
    first = [page(db, rights_of(None), day).quotes[0].interview.accession for day in days]
    again = [page(db, rights_of(None), day).quotes[0].interview.accession for day in days]
    assert first == again
    assert len(set(first)) > 1
    of_today = page(db, rights_of(None)).quotes
    assert len({quote.interview.id for quote in of_today}) == home.MAX_QUOTES


def test_load_page_excludes_invisible_interviews(db: Session, rights_of: RightsOf) -> None:
    interview = approved(db, "LK-1")
    for audience in ("public", "registered", "staff"):
        interview.audience = audience
        db.flush()
        for name in EVERYBODY:
            loaded = page(db, rights_of(name))
            expected = int(bool(access.may(rights_of(name), "know", access.Scope(interview))))
            assert loaded.is_empty is not bool(expected)
            assert len(loaded.quotes) == len(loaded.latest) == expected
            counts = (loaded.counts.interviews, loaded.counts.witnesses, loaded.counts.approved)
            assert counts == (expected, expected, expected)
            assert loaded.counts.recorded_ms == expected * sample_transcript.LENGTH_MS


def test_daily_quotes_exclude_unapproved_text(db: Session, rights_of: RightsOf) -> None:
    version = sample_transcript.add_version(
        db, sample_transcript.add_interview(db, "LK-1"), lines=LINES
    )
    for state in ("machine", "editing", "corrected"):
        version.state = state
        db.flush()
        for name in ("ada", "sam", None):
            loaded = page(db, rights_of(name))
            assert loaded.quotes == []
            assert loaded.counts.approved == 0
        assert page(db, rights_of(None)).latest[0].version is None
        assert page(db, rights_of("sam")).latest[0].version is version


def test_daily_quotes_exclude_flagged_segments(db: Session, rights_of: RightsOf) -> None:
    interview = approved(db, "LK-1")
    for segment in db.query(Segment).filter_by(text=QUOTE):
        segment.flags = ["loop"]
    db.flush()
    assert page(db, rights_of(None)).quotes == []
    assert page(db, rights_of(None)).latest[0].interview is interview


def test_a_segment_without_hidden_words_is_quoted_instead(db: Session, rights_of: RightsOf) -> None:
    interview = sample_transcript.add_interview(db, "LK-1")
    lines = tuple(
        ("witness", n * 10_000, n * 10_000 + 9_000, f"{QUOTE} Lần {n}.") for n in range(4)
    )
    version = sample_transcript.add_version(db, interview, lines=lines)
    sample_transcript.approve(db, interview, version)
    db.add(
        Annotation(interview_id=interview.id, kind="redaction", start_ms=0, end_ms=29_000, title="")
    )
    db.flush()
    for day in range(6):
        (quote,) = page(db, rights_of(None), DAY + timedelta(days=day)).quotes
        assert quote.turn.text == f"{QUOTE} Lần 3."


def test_what_may_not_be_quoted_is_not_on_the_front_page(db: Session, rights_of: RightsOf) -> None:
    closed, other = approved(db, "LK-1"), approved(db, "LK-2")
    for about in (closed.id, closed.recordings[0].id):
        rule = ClosedUntil(
            about=about, admits="staff", actions=frozenset({"quote"}), opens=date.max
        )
        ruled = replace(rights_of(None), rules=(rule,))
        assert [quote.interview for quote in page(db, ruled).quotes] == [other]


def test_samples_are_quoted_only_without_real_interviews(db: Session, rights_of: RightsOf) -> None:
    sample = approved(db, "MAU-1")
    sample.is_sample = True
    db.flush()
    loaded = page(db, rights_of(None))
    assert loaded.counts == home.ArchiveCounts(samples=1)
    assert not loaded.is_empty
    assert [quote.interview for quote in loaded.quotes] == [sample]
    real = approved(db, "LK-1")
    for day in range(3):
        loaded = page(db, rights_of(None), DAY + timedelta(days=day))
        assert [quote.interview for quote in loaded.quotes] == [real]
    assert [card.interview for card in loaded.latest] == [real, sample]
    assert (loaded.counts.interviews, loaded.counts.samples) == (1, 1)
    assert loaded.counts.recorded_ms == sample_transcript.LENGTH_MS


def test_work_queue_depends_on_role(db: Session, rights_of: RightsOf) -> None:
    heard = sample_transcript.add_interview(db, "LK-1")
    sample_transcript.add_version(db, heard)
    handed_in = sample_transcript.add_interview(db, "LK-2")
    sample_transcript.submit(db, handed_in, sample_transcript.add_version(db, handed_in))
    approved(db, "LK-3")
    sample = sample_transcript.add_interview(db, "MAU-1")
    sample.is_sample = True
    sample_transcript.add_version(db, sample)
    db.flush()
    for name in CAST:
        rights, waiting = rights_of(name), page(db, rights_of(name)).work_queue
        if waiting is None:
            assert name == "sam"
            continue
        may_correct, may_approve = access.may(rights, "correct"), access.may(rights, "approve")
        to_correct = [interview for interview, _version in waiting.to_correct.rows]
        assert to_correct == ([heard, sample] if may_correct else [])
        assert waiting.to_correct.total == int(bool(may_correct))
        to_approve = [interview for interview, _version in waiting.to_approve.rows]
        assert to_approve == ([handed_in] if may_approve else [])


def test_work_queue_contains_newest_version_only(db: Session, rights_of: RightsOf) -> None:
    interview = approved(db, "LK-1")
    first = db.query(TranscriptVersion).filter_by(interview_id=interview.id).one()
    versions.open_next(db, rights_of_machine("test"), interview, first, reason="a name")
    waiting = page(db, rights_of("ada")).work_queue
    assert waiting is not None
    assert [version.number for _interview, version in waiting.to_correct.rows] == [2]


def test_work_queue_counts_failed_jobs_for_a_week(db: Session, rights_of: RightsOf) -> None:
    job = queue.enqueue(db, "check_fixity")
    waiting = page(db, rights_of("cleo")).work_queue
    assert waiting is not None
    before = waiting.jobs
    assert (before.failed, waiting.is_empty) == (0, before.is_empty)
    job.state, job.finished_at = "failed", utc_now()
    db.flush()
    waiting = page(db, rights_of("cleo")).work_queue
    assert waiting is not None
    assert waiting.jobs == replace(before, queued=before.queued - 1, failed=1)
    job.finished_at -= jobs.SHOWN_PERIOD
    db.flush()
    waiting = page(db, rights_of("cleo")).work_queue
    assert waiting is not None
    assert waiting.jobs.failed == 0


def test_sample_job_is_returned_to_administrators(db: Session, rights_of: RightsOf) -> None:
    assert page(db, rights_of("ada")).sample_job is None
    job = queue.enqueue(db, first_run.SAMPLE_JOB)
    assert page(db, rights_of("ada")).sample_job is job
    assert page(db, rights_of("ben")).sample_job is None
    job.state = "done"
    db.flush()
    assert page(db, rights_of("ada")).sample_job is None


def test_card_duration_is_sum_of_parts(db: Session, rights_of: RightsOf) -> None:
    interview = approved(db, "LK-1")
    db.add(Recording(interview_id=interview.id, part=2, duration_ms=5_000))
    db.flush()
    db.expire(interview)
    (card,) = page(db, rights_of(None)).latest
    assert card.duration_ms == sample_transcript.LENGTH_MS + 5_000


def test_suggest_keywords_returns_words_with_hits_for_reader(
    db: Session, rights_of: RightsOf
) -> None:
    index = InMemory()
    for accession, audience, keywords in (
        ("LK-1", "public", ["giếng", "không có trong lời"]),
        ("LK-2", "staff", ["gánh nước"]),
    ):
        interview = approved(db, accession, audience=audience)
        interview.keywords = keywords
        db.flush()
        loaded = indexing.build_documents(
            db, interview.id, number=1, public_states=frozenset({"approved"})
        )
        assert loaded is not None
        index.put_many([loaded])

    def words(name: str | None) -> set[str]:
        return set(home.load_page(db, index, rights_of(name), day=DAY).words)

    assert words(None) == words("sam") == {"giếng"}
    assert words("cleo") == {"giếng", "gánh nước"}


def test_load_page_without_index_has_no_keywords(db: Session, rights_of: RightsOf) -> None:
    class Away(InMemory):
        def find(self, request: SearchRequest) -> SearchResults:
            raise IndexDamaged("gone")

    approved(db, "LK-1").keywords = ["giếng"]
    db.flush()
    loaded = home.load_page(db, Away(), rights_of(None), day=DAY)
    assert loaded.words == []
    assert len(loaded.quotes) == 1
