"""Rules and grants hold in hits, counts, facets and suggestions, though no index has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from archive.access import Grant, ReaderAction, Rights
from archive.actions.discovery import home
from archive.actions.discovery.search import SearchResponse
from archive.models import Interview, Recording, Segment
from archive.toolbox import Toolbox
from tests.support.rights import ClosedUntil
from tests.support.searchable_interviews import (
    add_interview_with_text,
    hit_texts,
    index_all,
    search_as,
)

RightsOf = Callable[[str | None], Rights]
CLOSED = "LK-CLOSED"


def closing(rights: Rights, about: str, *actions: ReaderAction) -> Rights:
    """Return the rights under a rule that closes something to all but staff."""
    rule = ClosedUntil(
        about=about, admits="staff", actions=frozenset(actions), opens=date(2027, 1, 1)
    )
    return replace(rights, rules=(rule,))


def shown(answer: SearchResponse) -> list[object]:
    """Return everything that a reader is shown of an answer."""
    facets = {name: dict(counts) for name, counts in answer.facets.items()}
    described = [interview.accession for interview in answer.described]
    return [
        answer.total,
        answer.interviews,
        hit_texts(answer),
        facets,
        answer.suggestions,
        described,
    ]


def add_open(toolbox: Toolbox) -> None:
    add_interview_with_text(toolbox, "LK-1", "Sau giải phóng tôi về chợ.", told_from_year=1975)


def add_closed(toolbox: Toolbox) -> str:
    return add_interview_with_text(
        toolbox, CLOSED, "Giải phóng rồi.", "Nhà máy dệt.", told_from_year=1980, title="Chợ"
    )


@pytest.mark.parametrize("grouped", [True, False])
@pytest.mark.parametrize("text", ["giai phong", "dệt", "dệp", "giau phong", "cho", "nha*"])
@pytest.mark.parametrize("reader", [None, "sam"])
def test_an_interview_that_a_rule_closes_is_as_if_it_were_not_indexed(
    toolbox: Toolbox, rights_of: RightsOf, reader: str | None, text: str, grouped: bool
) -> None:
    add_open(toolbox)
    index_all(toolbox)
    rights = rights_of(reader)
    before = search_as(toolbox, rights, text, grouped=grouped)
    closed = add_closed(toolbox)
    index_all(toolbox)
    ruled = closing(rights, closed, "know")
    assert shown(search_as(toolbox, ruled, text, grouped=grouped)) == shown(before)
    opened = replace(ruled, on=date(2027, 1, 1))
    assert shown(search_as(toolbox, opened, text, grouped=grouped)) == shown(
        search_as(toolbox, rights, text, grouped=grouped)
    )
    assert search_as(toolbox, closing(rights_of("cleo"), closed, "know"), "dệt").total == 1


def test_a_rule_that_closes_reading_leaves_the_description(
    toolbox: Toolbox, rights_of: RightsOf
) -> None:
    closed = add_closed(toolbox)
    index_all(toolbox)
    rights = closing(rights_of(None), closed, "read")
    assert search_as(toolbox, rights, "giai phong").total == 0
    assert [i.accession for i in search_as(toolbox, rights, "cho").described] == [CLOSED]


def test_a_closed_recording_is_as_if_it_were_not_indexed(
    toolbox: Toolbox, rights_of: RightsOf
) -> None:
    """The other recording is found, and counts and suggestions are of it alone."""
    interview_id = add_closed(toolbox)
    with toolbox.database.writing() as db:
        parts = [Recording(interview_id=interview_id, part=part) for part in (1, 2)]
        db.add_all(parts)
        db.flush()
        for segment, part in zip(
            db.scalars(select(Segment).order_by(Segment.start_ms)), parts, strict=True
        ):
            segment.recording_id = part.id
        closed = parts[1].id
    index_all(toolbox)
    rights = closing(rights_of(None), closed, "read")
    assert search_as(toolbox, rights_of(None), "dệt").total == 1
    for text in ("dệt", "dệp", "nha may"):
        answer = search_as(toolbox, rights, text)
        assert (answer.total, answer.suggestions, dict(answer.facets["year"])) == (0, (), {})
    assert hit_texts(search_as(toolbox, rights, "giai phong")) == ["Giải phóng rồi."]


def test_a_text_without_a_recording_is_closed_with_any_recording(
    toolbox: Toolbox, rights_of: RightsOf
) -> None:
    """As on its page: its words may be of the closed one."""
    interview_id = add_closed(toolbox)
    with toolbox.database.writing() as db:
        part = Recording(interview_id=interview_id, part=1)
        db.add(part)
        db.flush()
        closed = part.id
    index_all(toolbox)
    assert search_as(toolbox, closing(rights_of(None), closed, "read"), "dệt").total == 0


def test_a_grant_opens_an_interview_to_search(toolbox: Toolbox, rights_of: RightsOf) -> None:
    granted = add_interview_with_text(
        toolbox, "LK-2", "Nhà máy dệt.", audience="staff", title="Sợi", told_from_year=1980
    )
    add_interview_with_text(toolbox, "LK-3", "Nhà máy dệt.", audience="staff", title="Sợi")
    index_all(toolbox)
    sam = rights_of("sam")
    last_day = sam.on
    grant = Grant(interview_id=granted, actions=frozenset({"read"}), last_day=last_day)
    holder = replace(sam, grants=frozenset({grant}))
    answer = search_as(toolbox, holder, "dệt")
    assert (answer.total, answer.interviews, dict(answer.facets["year"])) == (1, 1, {"1980": 1})
    assert [i.accession for i in search_as(toolbox, holder, "sợi").described] == ["LK-2"]
    assert search_as(toolbox, holder, "dệp").suggestions == ("dệt",)
    assert search_as(toolbox, sam, "dệt").total == 0
    late = replace(holder, on=date(last_day.year + 1, 1, 1))
    assert search_as(toolbox, late, "dệt").total == 0


def test_the_front_page_suggests_no_keyword_of_closed_text(
    toolbox: Toolbox, rights_of: RightsOf
) -> None:
    closed = add_closed(toolbox)
    with toolbox.database.writing() as db:
        db.get_one(Interview, closed).keywords = ["dệt"]
    index_all(toolbox)
    public = rights_of(None)
    with toolbox.database.reading() as db:
        interviews = [db.get_one(Interview, closed)]
        assert home.suggest_keywords(db, toolbox.index, public, interviews) == ["dệt"]
        ruled = closing(public, closed, "read")
        assert home.suggest_keywords(db, toolbox.index, ruled, interviews) == []
