"""Who finds what, and that nobody learns of what is closed: not by a count, not by a hint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from archive import audit
from archive.access import Actor, machine
from archive.actions import indexing
from archive.actions.discovery import Answer
from archive.models import Interview, Segment, TranscriptVersion
from archive.models.interview import AUDIENCES
from archive.models.transcript import VERSION_STATES
from archive.toolbox import Toolbox
from search.query import QueryProblem
from tests.told import ask, index_all, tell, texts, told

ActorOf = Callable[[str | None], Actor]
READERS = {None: {"public"}, "sam": {"public", "registered"}, "cleo": set(AUDIENCES)}


def found(answer: Answer) -> set[str]:
    return {group.interview.accession for group in answer.groups}


def told_of(answer: Answer) -> dict[str, Any]:
    """Everything that a reader is shown, except the hits themselves."""
    return {
        "total": answer.total,
        "interviews": answer.interviews,
        "facets": {name: dict(counts) for name, counts in answer.facets.items()},
        "suggestions": answer.suggestions,
        "described": [interview.accession for interview in answer.described],
        "scores": [hit.score for group in answer.groups for hit in group.hits],
    }


def set_state(toolbox: Toolbox, state: str) -> None:
    with toolbox.database.writing() as db:
        db.query(TranscriptVersion).update({"state": state})


@pytest.mark.parametrize("state", VERSION_STATES)
def test_everybody_finds_exactly_what_they_may_read(
    toolbox: Toolbox, actor_of: ActorOf, state: str
) -> None:
    for audience in AUDIENCES:
        told(toolbox, f"LK-{audience}", "Sau ngày giải phóng tôi về lại chợ.", audience=audience)
    set_state(toolbox, state)
    index_all(toolbox)
    for reader, audiences in READERS.items():
        readable = audiences if reader or state == "approved" else set()
        answer = ask(toolbox, actor_of(reader), "giai phong")
        assert found(answer) == {f"LK-{audience}" for audience in readable}, reader
        assert (answer.total, answer.interviews) == (len(readable), len(readable))
        assert sum(answer.facets["state"].values()) == len(readable)


def test_the_office_may_show_corrected_text_too(toolbox: Toolbox, actor_of: ActorOf) -> None:
    told(toolbox, "LK-1", "Sau ngày giải phóng.", state="corrected")
    opened = Actor(public_states=frozenset({"approved", "corrected"}))
    index_all(toolbox)
    assert ask(toolbox, opened, "giai phong").total == 0  # indexed by the other rule
    with toolbox.database.reading() as db:
        toolbox.index.rebuild(indexing.everything(db, opened.public_states))
    assert ask(toolbox, opened, "giai phong").total == 1


def test_a_state_that_the_office_closed_again_leaves_no_trace(
    toolbox: Toolbox, actor_of: ActorOf
) -> None:
    told(toolbox, "LK-1", "Sau ngày giải phóng.", state="corrected")
    index_all(toolbox)  # so that nothing waits to be told to the index
    with toolbox.database.reading() as db:
        toolbox.index.rebuild(indexing.everything(db, frozenset({"approved", "corrected"})))
    for text in ("giai phong", "giau phong"):  # as written, and as it would be suggested
        for filters in ({}, {"state": frozenset({"corrected"})}):
            answer = told_of(ask(toolbox, actor_of(None), text, filters=filters))
            assert (answer["total"], answer["interviews"], answer["suggestions"]) == (0, 0, ())
            assert not any(answer["facets"].values())
    assert ask(toolbox, actor_of("sam"), "giai phong").total == 1


@pytest.fixture
def closed_beside_open(toolbox: Toolbox) -> Callable[[], None]:
    """An open interview; calling it puts closed text beside it that says more of the same."""
    told(
        toolbox, "LK-1", "Sau ngày giải phóng tôi về lại chợ.", "Chợ đông lắm.",
        told_from_year=1975, title="Chuyện chợ",
    )  # fmt: skip
    silent = told(toolbox, "LK-2", told_from_year=1980)  # known to all, its text to nobody yet
    index_all(toolbox)

    def close_beside() -> None:
        closed = ("Giải phóng rồi, chợ giải phóng.", "Nhà máy dệt.")
        for audience in ("staff", "registered"):
            told(
                toolbox, f"LK-{audience}", *closed, audience=audience,
                told_from_year=1980, told_to_year=1985, title="Chuyện chợ giải phóng",
            )  # fmt: skip
        with toolbox.database.writing() as db:
            tell(db, db.get_one(Interview, silent), closed, state="machine")
        index_all(toolbox)

    return close_beside


@pytest.mark.parametrize("text", ["giai phong", "chợ", "dệt", "giau phong", "dệp", "cho*", "nhà"])
def test_what_is_closed_changes_nothing_that_the_public_is_told(
    toolbox: Toolbox, actor_of: ActorOf, closed_beside_open: Callable[[], None], text: str
) -> None:
    before = told_of(ask(toolbox, actor_of(None), text))
    closed_beside_open()
    assert told_of(ask(toolbox, actor_of(None), text)) == before
    staff = ask(toolbox, actor_of("cleo"), text)
    assert staff.total > before["total"] or staff.suggestions


def test_a_filter_does_not_open_what_is_closed(
    toolbox: Toolbox, actor_of: ActorOf, closed_beside_open: Callable[[], None]
) -> None:
    closed_beside_open()
    with toolbox.database.reading() as db:
        ids = frozenset(interview.id for interview in db.query(Interview))
    for filters in ({"interview": ids}, {"state": frozenset({"machine"})}, {"year": {"1982"}}):
        wanted = {name: frozenset(values) for name, values in filters.items()}
        assert found(ask(toolbox, actor_of(None), "giai phong", filters=wanted)) <= {"LK-1"}


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
def test_rights_that_are_tightened_count_before_the_index_follows(
    toolbox: Toolbox, actor_of: ActorOf, tighten: Callable[[Any, Interview], Any]
) -> None:
    kept = "Hoà bình rồi ai cũng mừng."
    told(toolbox, "LK-1", kept, told_from_year=1976)
    told(toolbox, "LK-2", "Hòa bình, rồi nhà máy dệt mở lại.", told_from_year=1979)
    index_all(toolbox)
    public = actor_of(None)
    assert ask(toolbox, public, "hoa binh").total == 2
    with toolbox.database.writing() as db:
        interview = db.query(Interview).filter_by(accession="LK-2").one()
        audit.record(db, machine("test"), "interview.described", interview)
        tighten(db, interview)
    answer = ask(toolbox, public, "hoa binh")
    assert (found(answer), texts(answer)) == ({"LK-1"}, [kept])
    assert (answer.total, answer.interviews) == (1, 1)
    assert answer.facets["year"] == {"1976": 1}
    assert ask(toolbox, public, "hoa binh", grouped=False).total == 1
    assert ask(toolbox, public, "dẹt").suggestions == ()
    assert ask(toolbox, public, "dệt").total == 0


def test_a_description_of_what_was_closed_is_not_shown_either(
    toolbox: Toolbox, actor_of: ActorOf
) -> None:
    told(toolbox, "LK-1", title="Chợ Bến Thành ngày ấy")
    index_all(toolbox)
    assert [i.accession for i in ask(toolbox, actor_of(None), "ben thanh").described] == ["LK-1"]
    with toolbox.database.writing() as db:
        db.query(Interview).update({"audience": "registered"})
    assert ask(toolbox, actor_of(None), "ben thanh").described == []
    assert len(ask(toolbox, actor_of("sam"), "ben thanh").described) == 1


def test_only_the_version_that_readers_are_shown_is_found(
    toolbox: Toolbox, actor_of: ActorOf
) -> None:
    interview_id = told(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    with toolbox.database.writing() as db:
        tell(db, db.get_one(Interview, interview_id), ["Tôi bán vải ở chợ."], state="machine")
    index_all(toolbox)
    assert ask(toolbox, actor_of("cleo"), "gạo").total == 1
    assert ask(toolbox, actor_of("cleo"), "vải").total == 0


def test_a_word_that_was_corrected_away_is_not_shown_from_an_old_index(
    toolbox: Toolbox, actor_of: ActorOf
) -> None:
    told(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    index_all(toolbox)
    with toolbox.database.writing() as db:
        db.query(Segment).update({"text": "Tôi bán vải ở chợ.", "words": []})
    answer = ask(toolbox, actor_of(None), "gạo")
    assert (answer.total, answer.groups) == (0, [])
    assert texts(ask(toolbox, actor_of(None), "chợ")) == ["Tôi bán vải ở chợ."]


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
def test_vietnamese_is_found_as_people_type_it(
    toolbox: Toolbox, actor_of: ActorOf, text: str, expected: list[int]
) -> None:
    told(toolbox, "LK-1", *SENTENCES)
    index_all(toolbox)
    answer = ask(toolbox, actor_of(None), text, grouped=False, per_page=50)
    numbers = [SENTENCES.index(hit.text) for hit in answer.hits]
    assert sorted(numbers) == expected
    assert numbers[:1] == expected[:1]
    assert answer.total == len(expected)


def test_a_hit_says_where_and_when(toolbox: Toolbox, actor_of: ActorOf) -> None:
    told(toolbox, "LK-1", "Dạ.", "Sau ngày giải phóng tôi về lại chợ.", "Chợ đông lắm.")
    index_all(toolbox)
    [hit] = ask(toolbox, actor_of(None), "giai phong", grouped=False).hits
    assert [hit.text[a:b] for a, b in hit.marks] == ["giải", "phóng"]
    assert (hit.segment.start_ms, hit.segment.end_ms) == (10_000, 19_000)
    words = {word[2]: word[0] for word in hit.segment.words}
    assert hit.word_ms == words["giải"] > hit.segment.start_ms
    assert hit.speaker.full == "Giọng 1"
    assert hit.version.state == "approved"
    assert hit.score > 0


def test_hits_are_grouped_by_interview_with_exact_counts(
    toolbox: Toolbox, actor_of: ActorOf
) -> None:
    told(toolbox, "LK-1", *["Chợ đông lắm."] * 5)
    told(toolbox, "LK-2", "Chợ vắng.")
    index_all(toolbox)
    answer = ask(toolbox, actor_of(None), "chợ")
    assert {g.interview.accession: (g.total, len(g.hits)) for g in answer.groups} == {
        "LK-1": (5, 3), "LK-2": (1, 1),
    }  # fmt: skip
    assert (answer.total, answer.interviews) == (6, 2)
    first, second = (
        ask(toolbox, actor_of(None), "chợ", grouped=False, per_page=4, page=page) for page in (1, 2)
    )
    ids = [hit.segment.id for hit in (*first.hits, *second.hits)]
    assert len(set(ids)) == 6


def test_the_parts_of_a_passage_around_a_hit_are_its_context(
    toolbox: Toolbox, actor_of: ActorOf
) -> None:
    told(toolbox, "LK-1", "Tôi ra chợ.", "Mua gạo.", "Rồi về.")
    with toolbox.database.writing() as db:
        for number, segment in enumerate(db.query(Segment).order_by(Segment.start_ms)):
            segment.speaker_label = "Bà Tư"  # one voice: one passage
            segment.start_ms, segment.end_ms = number * 2000, number * 2000 + 1900
    index_all(toolbox)
    [hit] = ask(toolbox, actor_of(None), "gạo", grouped=False).hits
    assert (hit.before, hit.text, hit.after) == ("Tôi ra chợ.", "Mua gạo.", "Rồi về.")


@pytest.mark.parametrize("text", ["", "  ", "?!", "một " * 33, "x" * 1001, "n*"])
def test_what_cannot_be_asked_is_a_problem_of_the_query(
    toolbox: Toolbox, actor_of: ActorOf, text: str
) -> None:
    with pytest.raises(QueryProblem):
        ask(toolbox, actor_of(None), text)


def test_no_number_holds_both_the_sample_and_the_office_s_own(
    toolbox: Toolbox, actor_of: ActorOf
) -> None:
    told(toolbox, "LK-1", "Hồi đó hẻm tôi có cái giếng.", title="Giếng", told_from_year=1978)
    told(toolbox, "MAU-1", "Cái giếng của hẻm.", title="Giếng mẫu", told_from_year=1990,
         is_sample=True)  # fmt: skip
    index_all(toolbox)
    sam = actor_of("sam")
    own, sample = (ask(toolbox, sam, "gieng", samples=samples) for samples in (False, True))
    assert (own.total, own.interviews, found(own)) == (1, 1, {"LK-1"})
    assert (sample.total, sample.interviews, found(sample)) == (1, 1, {"MAU-1"})
    assert dict(own.facets["year"]) == {"1978": 1}
    assert [i.accession for i in own.described] == ["LK-1"]
    assert [i.accession for i in sample.described] == ["MAU-1"]
    assert ask(toolbox, sam, "gieng").total == 2
