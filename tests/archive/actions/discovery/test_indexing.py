"""Index documents of an interview, and the outbox."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date

import pytest

from archive.access import Rights, machine
from archive.actions.discovery import indexing
from archive.models import Collection, Interview, Outbox, Segment, TranscriptVersion
from archive.models.vocabulary import AUDIENCES, VERSION_STATES
from archive.toolbox import Toolbox
from search.backends.base import IndexedInterview
from search.passages import PassageDocument
from tests.support import sample_transcript
from tests.support.events import record_event
from tests.support.searchable_interviews import add_interview_with_text

APPROVED = frozenset({"approved"})


def build(
    toolbox: Toolbox, interview_id: str, states: frozenset[str] = APPROVED
) -> IndexedInterview:
    with toolbox.database.reading() as db:
        found = indexing.build_documents(db, interview_id, number=7, public_states=states)
    assert found is not None
    return found


def of_kind(found: IndexedInterview, kind: str) -> list[PassageDocument]:
    return [d for d in found.documents if d.fields["kind"] == kind]


@pytest.mark.parametrize("states", [APPROVED, frozenset({"approved", "corrected"}), frozenset()])
def test_build_documents_sets_widest_access_term(toolbox: Toolbox, states: frozenset[str]) -> None:
    interview_id = add_interview_with_text(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    for audience, state in itertools.product(AUDIENCES, VERSION_STATES):
        with toolbox.database.writing() as db:
            db.query(Interview).update({"audience": audience})
            db.query(TranscriptVersion).update({"state": state})
        found = build(toolbox, interview_id, states)
        may_public = audience == "public" and state in states
        term = audience if audience != "public" else "public" if may_public else "registered"
        assert [d.access for d in of_kind(found, "passage")] == [{term}]
        assert [d.access for d in of_kind(found, "description")] == [{audience}]
        assert [d.fields["state"] for d in of_kind(found, "passage")] == [state]


def test_build_documents_without_text_has_description_only(toolbox: Toolbox) -> None:
    found = build(toolbox, add_interview_with_text(toolbox, "LK-1", title="Chợ Bến Thành ngày ấy"))
    assert [d.fields["kind"] for d in found.documents] == ["description"]
    assert "Chợ Bến Thành ngày ấy" in found.documents[0].text
    assert (found.interview, found.version) == (found.documents[0].interview, 7)


def test_description_contains_names_places_and_keywords(toolbox: Toolbox) -> None:
    with toolbox.database.writing() as db:
        interview = sample_transcript.add_interview(db)
        interview.keywords, interview.abstract = ["nước máy"], "Kể về cái giếng chung."
        interview_id = interview.id
    [description] = build(toolbox, interview_id).documents
    for words in ("LK-1", "Nguyễn Thị Sen", "Trần Minh", "quận Bình Thạnh", "nước máy", "giếng"):
        assert words in description.text, words


def test_build_documents_sets_filter_fields(toolbox: Toolbox) -> None:
    with toolbox.database.writing() as db:
        interview = sample_transcript.add_interview(db)
        collection = Collection(code="DM", title="Đổi mới")
        db.add(collection)
        db.flush()
        interview.collection_id = collection.id
        interview.told_from_year, interview.told_to_year = 1978, 1980
        interview.held_earliest_on = date(2020, 3, 12)
        sample_transcript.add_version(db, interview)
        interview_id = interview.id
    passages = of_kind(build(toolbox, interview_id), "passage")
    assert {d.fields["role"] for d in passages} == {"witness", "interviewer"}
    for passage in passages:
        assert passage.fields["collection"] == "DM"
        assert list(passage.field_values("year")) == ["1978", "1979", "1980"]
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
def test_years_of_interview_are_bounded(
    toolbox: Toolbox, years: tuple[int | None, int | None], expected: list[str]
) -> None:
    interview_id = add_interview_with_text(
        toolbox, "LK-1", told_from_year=years[0], told_to_year=years[1]
    )
    [description] = build(toolbox, interview_id).documents
    assert sorted(description.field_values("year")) == sorted(expected)


def test_years_default_to_interview_date(toolbox: Toolbox) -> None:
    interview_id = add_interview_with_text(toolbox, "LK-1", held_earliest_on=date(2019, 5, 1))
    assert list(build(toolbox, interview_id).documents[0].field_values("year")) == ["2019"]


def test_passage_ids_survive_a_save(toolbox: Toolbox) -> None:
    interview_id = add_interview_with_text(toolbox, "LK-1", "Tôi bán gạo ở chợ.", "Rồi về nhà.")
    before = [d.pid for d in of_kind(build(toolbox, interview_id), "passage")]
    with toolbox.database.writing() as db:
        first = db.query(Segment).order_by(Segment.start_ms).first()
        assert first is not None
        first.text, first.words = "Tôi bán vải ở chợ.", []
    after = [d.pid for d in of_kind(build(toolbox, interview_id), "passage")]
    assert after == before
    assert len(set(after)) == 2


def test_build_documents_of_deleted_interview_returns_none(toolbox: Toolbox) -> None:
    with toolbox.database.reading() as db:
        assert indexing.build_documents(db, "01NOBODY", number=1, public_states=APPROVED) is None


def test_acknowledge_deletes_indexed_changes_only(
    toolbox: Toolbox, rights_of: Callable[[str | None], Rights]
) -> None:
    first, second = (add_interview_with_text(toolbox, f"LK-{n}") for n in (1, 2))

    def change(interview_id: str) -> None:
        with toolbox.database.writing() as db:
            interview = db.get_one(Interview, interview_id)
            record_event(db, machine("test"), "interview.described", interview)

    for interview_id in (second, first, second):
        change(interview_id)
    with toolbox.database.writing() as db:
        pending = indexing.pending(db)
        assert list(pending) == [second, first]
    change(first)  # while the others are indexed
    with toolbox.database.writing() as db:
        indexing.acknowledge(db, pending)
        assert [row.interview_id for row in db.query(Outbox)] == [first]
        assert indexing.last_change_number(db) == indexing.pending(db)[first] > pending[first]
