"""What the index is told of an interview, and what it is not told."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date

import pytest

from archive import audit
from archive.access import Actor, machine
from archive.actions import indexing
from archive.models import Collection, Interview, Outbox, Segment, TranscriptVersion
from archive.models.interview import AUDIENCES
from archive.models.transcript import VERSION_STATES
from archive.toolbox import Toolbox
from search.backends.base import IndexedInterview
from search.passages import PassageDocument
from tests import spoken
from tests.told import told

APPROVED = frozenset({"approved"})


def indexed(
    toolbox: Toolbox, interview_id: str, states: frozenset[str] = APPROVED
) -> IndexedInterview:
    with toolbox.database.reading() as db:
        found = indexing.indexed(db, interview_id, number=7, public_states=states)
    assert found is not None
    return found


def of_kind(found: IndexedInterview, kind: str) -> list[PassageDocument]:
    return [d for d in found.documents if d.fields["kind"] == kind]


@pytest.mark.parametrize("states", [APPROVED, frozenset({"approved", "corrected"}), frozenset()])
def test_each_passage_carries_the_widest_audience_that_may_read_it(
    toolbox: Toolbox, states: frozenset[str]
) -> None:
    interview_id = told(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    for audience, state in itertools.product(AUDIENCES, VERSION_STATES):
        with toolbox.database.writing() as db:
            db.query(Interview).update({"audience": audience})
            db.query(TranscriptVersion).update({"state": state})
        found = indexed(toolbox, interview_id, states)
        may_public = audience == "public" and state in states
        term = audience if audience != "public" else "public" if may_public else "registered"
        assert [d.access for d in of_kind(found, "passage")] == [{term}]
        assert [d.access for d in of_kind(found, "description")] == [{audience}]
        assert [d.fields["state"] for d in of_kind(found, "passage")] == [state]


def test_an_interview_without_text_is_known_by_its_description(toolbox: Toolbox) -> None:
    found = indexed(toolbox, told(toolbox, "LK-1", title="Chợ Bến Thành ngày ấy"))
    assert [d.fields["kind"] for d in found.documents] == ["description"]
    assert "Chợ Bến Thành ngày ấy" in found.documents[0].text
    assert (found.interview, found.version) == (found.documents[0].interview, 7)


def test_a_description_holds_names_places_and_keywords(toolbox: Toolbox) -> None:
    with toolbox.database.writing() as db:
        interview = spoken.interview(db)
        interview.keywords, interview.abstract = ["nước máy"], "Kể về cái giếng chung."
        interview_id = interview.id
    [description] = indexed(toolbox, interview_id).documents
    for words in ("LK-1", "Nguyễn Thị Sen", "Trần Minh", "quận Bình Thạnh", "nước máy", "giếng"):
        assert words in description.text, words


def test_fields_for_the_filters(toolbox: Toolbox) -> None:
    with toolbox.database.writing() as db:
        interview = spoken.interview(db)
        collection = Collection(code="DM", title="Đổi mới")
        db.add(collection)
        db.flush()
        interview.collection_id = collection.id
        interview.told_from_year, interview.told_to_year = 1978, 1980
        interview.held_earliest_on = date(2020, 3, 12)
        spoken.version(db, interview)
        interview_id = interview.id
    passages = of_kind(indexed(toolbox, interview_id), "passage")
    assert {d.fields["role"] for d in passages} == {"witness", "interviewer"}
    for passage in passages:
        assert passage.fields["collection"] == "DM"
        assert list(passage.values("year")) == ["1978", "1979", "1980"]
        assert passage.fields["language"] == "vi"


@pytest.mark.parametrize(
    ("years", "expected"),
    [
        ((None, None), []),
        ((1975, None), ["1975"]),
        ((1975, 1970), []),
        ((1, 9999), [str(year) for year in range(1, 202)]),  # a slip of the keyboard
    ],
)
def test_years_of_the_talk(
    toolbox: Toolbox, years: tuple[int | None, int | None], expected: list[str]
) -> None:
    interview_id = told(toolbox, "LK-1", told_from_year=years[0], told_to_year=years[1])
    [description] = indexed(toolbox, interview_id).documents
    assert sorted(description.values("year")) == sorted(expected)


def test_without_years_of_the_talk_the_day_of_the_talk_counts(toolbox: Toolbox) -> None:
    interview_id = told(toolbox, "LK-1", held_earliest_on=date(2019, 5, 1))
    assert list(indexed(toolbox, interview_id).documents[0].values("year")) == ["2019"]


def test_passages_are_named_by_their_words_and_keep_their_name(toolbox: Toolbox) -> None:
    interview_id = told(toolbox, "LK-1", "Tôi bán gạo ở chợ.", "Rồi về nhà.")
    before = [d.pid for d in of_kind(indexed(toolbox, interview_id), "passage")]
    with toolbox.database.writing() as db:
        first = db.query(Segment).order_by(Segment.start_ms).first()
        assert first is not None
        first.text, first.words = "Tôi bán vải ở chợ.", []
    after = [d.pid for d in of_kind(indexed(toolbox, interview_id), "passage")]
    assert after == before
    assert len(set(after)) == 2


def test_what_is_gone_is_told_as_gone(toolbox: Toolbox) -> None:
    with toolbox.database.reading() as db:
        assert indexing.indexed(db, "01NOBODY", number=1, public_states=APPROVED) is None


def test_the_outbox_is_taken_in_order_and_forgotten_only_as_far_as_it_was_told(
    toolbox: Toolbox, actor_of: Callable[[str | None], Actor]
) -> None:
    first, second = (told(toolbox, f"LK-{n}") for n in (1, 2))

    def change(interview_id: str) -> None:
        with toolbox.database.writing() as db:
            interview = db.get_one(Interview, interview_id)
            audit.record(db, machine("test"), "interview.described", interview)

    for interview_id in (second, first, second):
        change(interview_id)
    with toolbox.database.writing() as db:
        taken = indexing.waiting(db)
        assert list(taken) == [second, first]
    change(first)  # while the others are being told
    with toolbox.database.writing() as db:
        indexing.done(db, taken)
        assert [row.interview_id for row in db.query(Outbox)] == [first]
        assert indexing.last_change(db) == indexing.waiting(db)[first] > taken[first]
