from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy.orm import Session

from archive import access, queue
from archive.access import Actor, machine
from archive.actions import front_page, indexing, office, transcripts, work
from archive.models import Interview, Recording, Segment, TranscriptVersion
from search.backends.base import IndexDamaged
from search.backends.in_memory import InMemory
from search.results import Results, SearchRequest
from tests import spoken
from tests.cast import CAST, EVERYBODY

ActorOf = Callable[[str | None], Actor]
DAY = date(2026, 11, 24)
TOLD = "Hồi đó hẻm tôi có cái giếng chung, sáng nào mấy bà cũng ra gánh nước từ sớm."
LINES = (
    ("interviewer", 0, 4_000, "Thưa bà, hồi đó con hẻm mình ra sao, có đông như bây giờ không ạ?"),
    ("witness", 4_000, 12_000, TOLD),
    ("witness", 12_000, 20_000, "Ngắn."),
    ("witness", 20_000, 50_000, "Dài " * 200),
)  # fmt: skip


def approved(db: Session, accession: str, *, audience: str = "public") -> Interview:
    interview = spoken.interview(db, accession, audience=audience)
    version = spoken.version(db, interview, lines=LINES)
    spoken.approve(db, interview, version)
    return interview


def page(db: Session, actor: Actor, day: date = DAY) -> front_page.FrontPage:
    return front_page.gather(db, InMemory(), actor, day=day)


def test_an_archive_without_interviews_is_empty_for_everybody(
    db: Session, actor_of: ActorOf
) -> None:
    for name in EVERYBODY:
        found = page(db, actor_of(name))
        assert found.is_empty
        assert (found.quotes, found.latest, found.words) == ([], [], [])
        assert (found.waiting is not None) is (name not in ("sam", None))


def test_the_passage_is_a_whole_one_of_the_witness(db: Session, actor_of: ActorOf) -> None:
    approved(db, "LK-1")
    (quote,) = page(db, actor_of(None)).quotes
    assert quote.segment.text == TOLD
    assert quote.speaker.role == "witness"
    assert quote.witness.full_name == "Nguyễn Thị Sen"


def test_the_passage_stays_all_day_and_changes_with_the_days(
    db: Session, actor_of: ActorOf
) -> None:
    for number in range(5):
        approved(db, f"LK-{number}")
    days = [DAY + timedelta(days=n) for n in range(8)]
    first = [page(db, actor_of(None), day).quotes[0].interview.accession for day in days]
    again = [page(db, actor_of(None), day).quotes[0].interview.accession for day in days]
    assert first == again
    assert len(set(first)) > 1
    of_today = page(db, actor_of(None)).quotes
    assert len({quote.interview.id for quote in of_today}) == front_page.PASSAGES


def test_nothing_is_shown_or_counted_that_the_reader_may_not_know(
    db: Session, actor_of: ActorOf
) -> None:
    interview = approved(db, "LK-1")
    for audience in ("public", "registered", "staff"):
        interview.audience = audience
        db.flush()
        for name in EVERYBODY:
            found = page(db, actor_of(name))
            knows = int(bool(access.may(actor_of(name), "view", interview)))
            assert found.is_empty is not bool(knows)
            assert len(found.quotes) == len(found.latest) == knows
            counts = (found.counts.interviews, found.counts.witnesses, found.counts.approved)
            assert counts == (knows, knows, knows)
            assert found.counts.recorded_ms == knows * spoken.LENGTH_MS


def test_text_that_nobody_approved_is_no_passage_of_the_day(db: Session, actor_of: ActorOf) -> None:
    version = spoken.version(db, spoken.interview(db, "LK-1"), lines=LINES)
    for state in ("machine", "editing", "corrected"):
        version.state = state
        db.flush()
        for name in ("ada", "sam", None):
            found = page(db, actor_of(name))
            assert found.quotes == []
            assert found.counts.approved == 0
        assert page(db, actor_of(None)).latest[0].version is None
        assert page(db, actor_of("sam")).latest[0].version is version


def test_a_flagged_passage_is_never_chosen(db: Session, actor_of: ActorOf) -> None:
    interview = approved(db, "LK-1")
    for segment in db.query(Segment).filter_by(text=TOLD):
        segment.flags = ["loop"]
    db.flush()
    assert page(db, actor_of(None)).quotes == []
    assert page(db, actor_of(None)).latest[0].interview is interview


def test_samples_stand_in_for_what_is_real_and_are_never_counted(
    db: Session, actor_of: ActorOf
) -> None:
    sample = approved(db, "MAU-1")
    sample.is_sample = True
    db.flush()
    found = page(db, actor_of(None))
    assert found.counts == front_page.Counts(samples=1)
    assert not found.is_empty
    assert [quote.interview for quote in found.quotes] == [sample]
    real = approved(db, "LK-1")
    for day in range(3):
        found = page(db, actor_of(None), DAY + timedelta(days=day))
        assert [quote.interview for quote in found.quotes] == [real]
    assert [card.interview for card in found.latest] == [real, sample]
    assert (found.counts.interviews, found.counts.samples) == (1, 1)
    assert found.counts.recorded_ms == spoken.LENGTH_MS


def test_what_waits_is_shown_to_who_may_do_it(db: Session, actor_of: ActorOf) -> None:
    heard = spoken.interview(db, "LK-1")
    spoken.version(db, heard)
    handed_in = spoken.interview(db, "LK-2")
    spoken.hand_in(db, handed_in, spoken.version(db, handed_in))
    approved(db, "LK-3")
    sample = spoken.interview(db, "MAU-1")
    sample.is_sample = True
    spoken.version(db, sample)
    db.flush()
    for name in CAST:
        actor, waiting = actor_of(name), page(db, actor_of(name)).waiting
        if waiting is None:
            assert name == "sam"
            continue
        may_correct, may_approve = access.may(actor, "correct"), access.may(actor, "approve")
        to_correct = [interview for interview, _version in waiting.to_correct.rows]
        assert to_correct == ([heard, sample] if may_correct else [])
        assert waiting.to_correct.total == int(bool(may_correct))
        to_approve = [interview for interview, _version in waiting.to_approve.rows]
        assert to_approve == ([handed_in] if may_approve else [])


def test_only_the_newest_version_of_a_text_waits(db: Session, actor_of: ActorOf) -> None:
    interview = approved(db, "LK-1")
    first = db.query(TranscriptVersion).filter_by(interview_id=interview.id).one()
    transcripts.open_next(db, machine("test"), interview, first, reason="a name")
    waiting = page(db, actor_of("ada")).waiting
    assert waiting is not None
    assert [version.number for _interview, version in waiting.to_correct.rows] == [2]


def test_failed_work_is_told_to_staff_for_a_week(db: Session, actor_of: ActorOf) -> None:
    job = queue.enqueue(db, "check_fixity")
    waiting = page(db, actor_of("cleo")).waiting
    assert waiting is not None
    assert (waiting.failed, waiting.is_empty) == (0, waiting.under_way == 0)
    before = waiting.under_way
    job.state = "failed"
    db.flush()
    waiting = page(db, actor_of("cleo")).waiting
    assert waiting is not None
    assert (waiting.failed, waiting.under_way) == (1, before - 1)
    job.created_at -= work.SHOWN_FOR
    db.flush()
    waiting = page(db, actor_of("cleo")).waiting
    assert waiting is not None
    assert waiting.failed == 0


def test_the_loading_of_the_sample_is_shown_to_the_administrator(
    db: Session, actor_of: ActorOf
) -> None:
    assert page(db, actor_of("ada")).sample_job is None
    job = queue.enqueue(db, office.SAMPLE_JOB)
    assert page(db, actor_of("ada")).sample_job is job
    assert page(db, actor_of("ben")).sample_job is None
    job.state = "done"
    db.flush()
    assert page(db, actor_of("ada")).sample_job is None


def test_a_card_knows_how_long_all_its_parts_are(db: Session, actor_of: ActorOf) -> None:
    interview = approved(db, "LK-1")
    db.add(Recording(interview_id=interview.id, part=2, duration_ms=5_000))
    db.flush()
    db.expire(interview)
    (card,) = page(db, actor_of(None)).latest
    assert card.duration_ms == spoken.LENGTH_MS + 5_000


def test_words_to_try_are_those_that_this_reader_will_find(db: Session, actor_of: ActorOf) -> None:
    index = InMemory()
    for accession, audience, keywords in (
        ("LK-1", "public", ["giếng", "không có trong lời"]),
        ("LK-2", "staff", ["gánh nước"]),
    ):
        interview = approved(db, accession, audience=audience)
        interview.keywords = keywords
        db.flush()
        found = indexing.indexed(db, interview.id, number=1, public_states=frozenset({"approved"}))
        assert found is not None
        index.put_many([found])

    def words(name: str | None) -> set[str]:
        return set(front_page.gather(db, index, actor_of(name), day=DAY).words)

    assert words(None) == words("sam") == {"giếng"}
    assert words("cleo") == {"giếng", "gánh nước"}


def test_an_index_that_is_away_takes_only_the_words_to_try(db: Session, actor_of: ActorOf) -> None:
    class Away(InMemory):
        def find(self, request: SearchRequest) -> Results:
            raise IndexDamaged("gone")

    approved(db, "LK-1").keywords = ["giếng"]
    db.flush()
    found = front_page.gather(db, Away(), actor_of(None), day=DAY)
    assert found.words == []
    assert len(found.quotes) == 1
