"""Search results per reader; closed text is revealed by no hit, count or suggestion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from archive.access import Rights, machine
from archive.actions.discovery.search import SearchResponse
from archive.models import Interview, Segment, TranscriptVersion
from archive.models.vocabulary import AUDIENCES, VERSION_STATES, VersionState
from archive.toolbox import Toolbox
from search.query import QueryProblem
from tests.support.events import record_event
from tests.support.searchable_interviews import (
    add_interview_with_text,
    add_version,
    hit_texts,
    index_all,
    search_as,
)

RightsOf = Callable[[str | None], Rights]
READERS: dict[str | None, set[str]] = {
    None: {"public"},
    "sam": {"public", "registered"},
    "cleo": set(AUDIENCES),
}


def accessions(answer: SearchResponse) -> set[str]:
    return {group.interview.accession for group in answer.groups}


def visible_facts(answer: SearchResponse) -> dict[str, Any]:
    """Everything that a reader is shown, except the hits themselves."""
    return {
        "total": answer.total,
        "interviews": answer.interviews,
        "facets": {name: dict(counts) for name, counts in answer.facets.items()},
        "suggestions": answer.suggestions,
        "described": [interview.accession for interview in answer.described],
        "scores": [hit.score for group in answer.groups for hit in group.hits],
    }


def with_public_states(toolbox: Toolbox, states: frozenset[VersionState]) -> Toolbox:
    return replace(toolbox, settings=replace(toolbox.settings, public_states=states))


def set_state(toolbox: Toolbox, state: str) -> None:
    with toolbox.database.writing() as db:
        db.query(TranscriptVersion).update({"state": state})


@pytest.mark.parametrize("state", VERSION_STATES)
def test_search_finds_exactly_readable_text(
    toolbox: Toolbox, rights_of: RightsOf, state: str
) -> None:
    for audience in AUDIENCES:
        add_interview_with_text(
            toolbox, f"LK-{audience}", "Sau ngày giải phóng tôi về lại chợ.", audience=audience
        )
    set_state(toolbox, state)
    index_all(toolbox)
    for reader, audiences in READERS.items():
        readable = audiences if reader or state == "approved" else set()
        answer = search_as(toolbox, rights_of(reader), "giai phong")
        assert accessions(answer) == {f"LK-{audience}" for audience in readable}, reader
        assert (answer.total, answer.interviews) == (len(readable), len(readable))
        assert sum(answer.facets["state"].values()) == len(readable)


def test_search_finds_corrected_text_if_public_state(toolbox: Toolbox, rights_of: RightsOf) -> None:
    add_interview_with_text(toolbox, "LK-1", "Sau ngày giải phóng.", state="corrected")
    opened = replace(rights_of(None), public_states=frozenset({"approved", "corrected"}))
    index_all(toolbox)
    assert search_as(toolbox, opened, "giai phong").total == 0  # indexed by the other rule
    index_all(with_public_states(toolbox, opened.public_states))
    assert search_as(toolbox, opened, "giai phong").total == 1


def test_search_after_closing_a_state_reveals_nothing(
    toolbox: Toolbox, rights_of: RightsOf
) -> None:
    add_interview_with_text(toolbox, "LK-1", "Sau ngày giải phóng.", state="corrected")
    index_all(with_public_states(toolbox, frozenset({"approved", "corrected"})))
    for text in ("giai phong", "giau phong"):  # as written, and as it would be suggested
        for filters in ({}, {"state": frozenset({"corrected"})}):
            answer = visible_facts(search_as(toolbox, rights_of(None), text, filters=filters))
            assert (answer["total"], answer["interviews"], answer["suggestions"]) == (0, 0, ())
            assert not any(answer["facets"].values())
    assert search_as(toolbox, rights_of("sam"), "giai phong").total == 1


@pytest.fixture
def closed_beside_open(toolbox: Toolbox) -> Callable[[], None]:
    """Add a public interview; the returned function adds closed text with the same words."""
    add_interview_with_text(
        toolbox,
        "LK-1",
        "Sau ngày giải phóng tôi về lại chợ.",
        "Chợ đông lắm.",
        told_from_year=1975,
        title="Chuyện chợ",
    )
    silent = add_interview_with_text(toolbox, "LK-2", told_from_year=1980)  # public, without text
    index_all(toolbox)

    def close_beside() -> None:
        closed = ("Giải phóng rồi, chợ giải phóng.", "Nhà máy dệt.")
        for audience in ("staff", "registered"):
            add_interview_with_text(
                toolbox,
                f"LK-{audience}",
                *closed,
                audience=audience,
                told_from_year=1980,
                told_to_year=1985,
                title="Chuyện chợ giải phóng",
            )
        with toolbox.database.writing() as db:
            add_version(db, db.get_one(Interview, silent), closed, state="machine")
        index_all(toolbox)

    return close_beside


@pytest.mark.parametrize("text", ["giai phong", "chợ", "dệt", "giau phong", "dệp", "cho*", "nhà"])
def test_search_closed_text_changes_no_public_result(
    toolbox: Toolbox, rights_of: RightsOf, closed_beside_open: Callable[[], None], text: str
) -> None:
    before = visible_facts(search_as(toolbox, rights_of(None), text))
    closed_beside_open()
    assert visible_facts(search_as(toolbox, rights_of(None), text)) == before
    staff = search_as(toolbox, rights_of("cleo"), text)
    assert staff.total > before["total"] or staff.suggestions


def test_search_filters_reveal_no_closed_text(
    toolbox: Toolbox, rights_of: RightsOf, closed_beside_open: Callable[[], None]
) -> None:
    closed_beside_open()
    with toolbox.database.reading() as db:
        ids = frozenset(interview.id for interview in db.query(Interview))
    for filters in ({"interview": ids}, {"state": frozenset({"machine"})}, {"year": {"1982"}}):
        filters_set = {name: frozenset(values) for name, values in filters.items()}
        assert accessions(
            search_as(toolbox, rights_of(None), "giai phong", filters=filters_set)
        ) <= {"LK-1"}


def _reopen(db: Session, interview: Interview) -> None:
    db.query(TranscriptVersion).filter_by(interview_id=interview.id).update({"state": "editing"})


@pytest.mark.parametrize(
    "tighten",
    [
        lambda db, interview: setattr(interview, "audience", "staff"),
        lambda db, interview: _reopen(db, interview),
        lambda db, interview: db.delete(interview),
    ],
    ids=["audience", "state", "removed"],
)
def test_search_respects_tightened_rights_before_reindexing(
    toolbox: Toolbox, rights_of: RightsOf, tighten: Callable[[Any, Interview], Any]
) -> None:
    kept = "Hoà bình rồi ai cũng mừng."
    add_interview_with_text(toolbox, "LK-1", kept, told_from_year=1976)
    add_interview_with_text(
        toolbox, "LK-2", "Hòa bình, rồi nhà máy dệt mở lại.", told_from_year=1979
    )
    index_all(toolbox)
    public = rights_of(None)
    assert search_as(toolbox, public, "hoa binh").total == 2
    with toolbox.database.writing() as db:
        interview = db.query(Interview).filter_by(accession="LK-2").one()
        record_event(db, machine("test"), "interview.described", interview)
        tighten(db, interview)
    answer = search_as(toolbox, public, "hoa binh")
    assert (accessions(answer), hit_texts(answer)) == ({"LK-1"}, [kept])
    assert (answer.total, answer.interviews) == (1, 1)
    assert answer.facets["year"] == {"1976": 1}
    assert search_as(toolbox, public, "hoa binh", grouped=False).total == 1
    assert search_as(toolbox, public, "dẹt").suggestions == ()
    assert search_as(toolbox, public, "dệt").total == 0


def test_search_hides_description_closed_after_indexing(
    toolbox: Toolbox, rights_of: RightsOf
) -> None:
    add_interview_with_text(toolbox, "LK-1", title="Chợ Bến Thành ngày ấy")
    index_all(toolbox)
    assert [i.accession for i in search_as(toolbox, rights_of(None), "ben thanh").described] == [
        "LK-1"
    ]
    with toolbox.database.writing() as db:
        db.query(Interview).update({"audience": "registered"})
    assert search_as(toolbox, rights_of(None), "ben thanh").described == []
    assert len(search_as(toolbox, rights_of("sam"), "ben thanh").described) == 1


def record_change(toolbox: Toolbox, accession: str, **values: Any) -> None:
    """Change an interview, with the event that the index has not followed yet."""
    with toolbox.database.writing() as db:
        interview = db.query(Interview).filter_by(accession=accession).one()
        for name, value in values.items():
            setattr(interview, name, value)
        record_event(db, machine("test"), "interview.described", interview)


@pytest.mark.parametrize("audience", ["registered", "staff"])
def test_descriptions_closed_since_indexing_leave_their_places_to_open_ones(
    toolbox: Toolbox, rights_of: RightsOf, audience: str
) -> None:
    """The page shows five: closed ones must not be among the five that are then left out."""
    for number in range(5):
        add_interview_with_text(toolbox, f"LK-{number}", title="Bến Thành")
    add_interview_with_text(
        toolbox, "LK-5", title="Một buổi sáng ở chợ gần bến xe, về phía Bến Thành ngày ấy"
    )
    index_all(toolbox)
    public = rights_of(None)
    before = search_as(toolbox, public, "ben thanh").described
    assert "LK-5" not in [interview.accession for interview in before]
    for number in range(5):
        record_change(toolbox, f"LK-{number}", audience=audience)
    after = search_as(toolbox, public, "ben thanh").described
    assert [interview.accession for interview in after] == ["LK-5"]


def test_description_without_text_is_found_after_a_change(
    toolbox: Toolbox, rights_of: RightsOf
) -> None:
    """Its description may be seen although there is no text that may be read."""
    add_interview_with_text(toolbox, "LK-1", title="Chợ Bến Thành ngày ấy")
    index_all(toolbox)
    record_change(toolbox, "LK-1", told_from_year=1975)
    described = search_as(toolbox, rights_of(None), "ben thanh").described
    assert [interview.accession for interview in described] == ["LK-1"]


def test_search_finds_current_version_only(toolbox: Toolbox, rights_of: RightsOf) -> None:
    interview_id = add_interview_with_text(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    with toolbox.database.writing() as db:
        add_version(
            db, db.get_one(Interview, interview_id), ["Tôi bán vải ở chợ."], state="machine"
        )
    index_all(toolbox)
    assert search_as(toolbox, rights_of("cleo"), "gạo").total == 1
    assert search_as(toolbox, rights_of("cleo"), "vải").total == 0


def test_search_outdated_index_returns_no_removed_words(
    toolbox: Toolbox, rights_of: RightsOf
) -> None:
    add_interview_with_text(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    index_all(toolbox)
    with toolbox.database.writing() as db:
        db.query(Segment).update({"text": "Tôi bán vải ở chợ.", "words": []})
    answer = search_as(toolbox, rights_of(None), "gạo")
    assert (answer.total, answer.groups) == (0, [])
    assert hit_texts(search_as(toolbox, rights_of(None), "chợ")) == ["Tôi bán vải ở chợ."]


SENTENCES = [
    "Má tôi bán ở chợ Bến Thành.",
    "Cái mả của ông nội ở Cần Giờ.",
    "Ngoai toi vo hop tac xa.",
    "Ngày ba mươi tháng tư năm bảy lăm.",
    "Ở TP.HCM lúc ấy xếp hàng mua gạo.",
    "Hoà bình rồi ai cũng mừng.",
    "Đường về phong ba.",
    "Con mà đi thì mẹ ở lại.",
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("má", [0, 1, 7]),  # these marks first; other marks last, shown all the same
        ('"má"', [0]),
        ("ma", [0, 1, 7]),
        ("hòa bình", [5]),
        ("hoà bình", [5]),
        ("hoa binh", [5]),
        ("duong", [6]),
        ("đường", [6]),
        ("Ðường", [6]),  # with the Icelandic letter that some keyboards send
        ('"cho ben thanh"', [0]),
        ('"bến chợ thành"', []),
        ("bến chợ thành", [0]),
        ("30/4/1975", [3]),
        ("ngày 30 tháng 4 năm 1975", [3]),
        ("30-4-1975", [3]),
        ("thành phố Hồ Chí Minh", [4]),
        ("HTX", [2]),
        ("hợp tác xã", [2]),
        ("ngoại", [2]),  # a passage without marks answers a query with marks
        ("can gio", [1]),
        ("xyzzy", []),
    ],
)
def test_search_matches_vietnamese_spellings(
    toolbox: Toolbox, rights_of: RightsOf, text: str, expected: list[int]
) -> None:
    add_interview_with_text(toolbox, "LK-1", *SENTENCES)
    index_all(toolbox)
    answer = search_as(toolbox, rights_of(None), text, grouped=False, per_page=50)
    numbers = [SENTENCES.index(hit.turn.text) for hit in answer.hits]
    assert sorted(numbers) == expected
    assert numbers[:1] == expected[:1]
    assert answer.total == len(expected)


def test_search_hit_has_segment_marks_and_times(toolbox: Toolbox, rights_of: RightsOf) -> None:
    add_interview_with_text(
        toolbox, "LK-1", "Dạ.", "Sau ngày giải phóng tôi về lại chợ.", "Chợ đông lắm."
    )
    index_all(toolbox)
    [hit] = search_as(toolbox, rights_of(None), "giai phong", grouped=False).hits
    assert [hit.turn.text[a:b] for a, b in hit.marks] == ["giải", "phóng"]
    assert (hit.turn.start_ms, hit.turn.end_ms) == (10_000, 19_000)
    words = {word[2]: word[0] for word in hit.turn.packed_words}
    assert hit.word_ms == words["giải"] > hit.turn.start_ms
    assert hit.turn.speaker.full == "Giọng 1"
    assert hit.version.state == "approved"
    assert hit.score > 0


def test_search_groups_hits_with_exact_counts(toolbox: Toolbox, rights_of: RightsOf) -> None:
    add_interview_with_text(toolbox, "LK-1", *["Chợ đông lắm."] * 5)
    add_interview_with_text(toolbox, "LK-2", "Chợ vắng.")
    index_all(toolbox)
    answer = search_as(toolbox, rights_of(None), "chợ")
    assert {g.interview.accession: (g.total, len(g.hits)) for g in answer.groups} == {
        "LK-1": (5, 3),
        "LK-2": (1, 1),
    }
    assert (answer.total, answer.interviews) == (6, 2)
    first, second = (
        search_as(toolbox, rights_of(None), "chợ", grouped=False, per_page=4, page=page)
        for page in (1, 2)
    )
    ids = [hit.turn.id for hit in (*first.hits, *second.hits)]
    assert len(set(ids)) == 6


def test_search_hit_has_rest_of_passage_as_context(toolbox: Toolbox, rights_of: RightsOf) -> None:
    add_interview_with_text(toolbox, "LK-1", "Tôi ra chợ.", "Mua gạo.", "Rồi về.")
    with toolbox.database.writing() as db:
        for number, segment in enumerate(db.query(Segment).order_by(Segment.start_ms)):
            segment.speaker_label = "Bà Tư"  # one voice: one passage
            segment.start_ms, segment.end_ms = number * 2000, number * 2000 + 1900
    index_all(toolbox)
    [hit] = search_as(toolbox, rights_of(None), "gạo", grouped=False).hits
    assert (hit.before, hit.turn.text, hit.after) == ("Tôi ra chợ.", "Mua gạo.", "Rồi về.")


@pytest.mark.parametrize("text", ["", "  ", "?!", "một " * 33, "x" * 1001, "n*"])
def test_search_invalid_query_raises_query_problem(
    toolbox: Toolbox, rights_of: RightsOf, text: str
) -> None:
    with pytest.raises(QueryProblem):
        search_as(toolbox, rights_of(None), text)


def test_search_never_mixes_samples_and_real_interviews(
    toolbox: Toolbox, rights_of: RightsOf
) -> None:
    add_interview_with_text(
        toolbox, "LK-1", "Hồi đó hẻm tôi có cái giếng.", title="Giếng", told_from_year=1978
    )
    add_interview_with_text(
        toolbox,
        "MAU-1",
        "Cái giếng của hẻm.",
        title="Giếng mẫu",
        told_from_year=1990,
        is_sample=True,
    )
    index_all(toolbox)
    sam = rights_of("sam")
    own, sample = (search_as(toolbox, sam, "gieng", samples=samples) for samples in (False, True))
    assert (own.total, own.interviews, accessions(own)) == (1, 1, {"LK-1"})
    assert (sample.total, sample.interviews, accessions(sample)) == (1, 1, {"MAU-1"})
    assert dict(own.facets["year"]) == {"1978": 1}
    assert [i.accession for i in own.described] == ["LK-1"]
    assert [i.accession for i in sample.described] == ["MAU-1"]
    assert search_as(toolbox, sam, "gieng").total == 2
