from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from archive.access import Rights
from archive.actions.catalogue import collections, interviews, listing, people
from archive.actions.catalogue.interviews import Description
from archive.actions.catalogue.listing import NO_TEXT, CatalogueFilter, CataloguePage
from archive.models import Interview, TranscriptVersion
from tests.support.rights import rights_of_machine

RightsOf = Callable[[str | None], Rights]
MACHINE = rights_of_machine("test")


def add_interview(
    db: Session,
    title: str,
    *,
    witness: str = "",
    state: str = "",
    is_sample: bool = False,
    **fields: Any,
) -> Interview:
    witnesses = [people.find_or_create(db, MACHINE, witness)] if witness else []
    fields = {"audience": "public", "witnesses": witnesses, **fields}
    made = interviews.create(db, MACHINE, Description(title=title, **fields), is_sample=is_sample)
    if state:
        db.add(
            TranscriptVersion(
                interview_id=made.id, number=1, language="vi", kind="machine", state=state
            )
        )
        db.flush()
    return made


def titles(found: CataloguePage) -> list[str]:
    return [interview.title for interview in found.interviews]


def load(db: Session, rights: Rights = MACHINE, **criteria: Any) -> CataloguePage:
    return listing.load_page(db, rights, CatalogueFilter(**criteria))


@pytest.mark.parametrize(
    ("member", "seen"),
    [("ada", 3), ("hoa", 3), ("cleo", 3), ("rob", 3), ("sam", 2), (None, 1)],
)
def test_page_lists_and_counts_visible_interviews_only(
    db: Session, rights_of: RightsOf, member: str | None, seen: int
) -> None:
    for audience in ("public", "registered", "staff"):
        closed = collections.add(db, MACHINE, code=audience, title=f"Sưu tập {audience}")
        add_interview(
            db,
            audience,
            audience=audience,
            collection=closed,
            languages=["vi", "zh"],
            told_from_year=1975,
            told_to_year=1976,
        )
    found = load(db, rights_of(member))
    assert len(found.interviews) == found.total == found.archive_total == seen
    assert dict(found.facets["language"]) == {"vi": seen, "zh": seen}
    assert sum(count for _value, count in found.facets["collection"]) == seen
    assert found.years == {1975: seen, 1976: seen}
    assert len(found.collections) == seen
    assert ("audience" in found.facets) == (member not in ("sam", None))


def test_page_ignores_facet_hidden_from_actor(db: Session, rights_of: RightsOf) -> None:
    add_interview(db, "public")
    found = load(db, rights_of("sam"), selected={"audience": frozenset({"staff"})})
    assert titles(found) == ["public"]


@pytest.mark.parametrize(("member", "state"), [("sam", "machine"), (None, NO_TEXT)])
def test_page_shows_version_state_to_readers_only(
    db: Session, rights_of: RightsOf, member: str | None, state: str
) -> None:
    made = add_interview(db, "Một", state="machine")
    found = load(db, rights_of(member))
    assert dict(found.facets["state"]) == {state: 1}
    assert found.version_ids.keys() == (set() if state == NO_TEXT else {made.id})


def test_page_separates_samples_from_archive(db: Session) -> None:
    add_interview(db, "Bịa", is_sample=True, told_from_year=1980)
    alone = load(db)
    assert (alone.archive_total, alone.sample_total) == (0, 1)
    assert (alone.shows_samples, titles(alone)) == (True, ["Bịa"])
    add_interview(db, "Thật", told_from_year=1990)
    both = load(db)
    assert (both.archive_total, both.sample_total) == (1, 1)
    assert (both.shows_samples, titles(both)) == (False, ["Thật"])
    assert (both.total, both.years) == (1, {1990: 1})
    assert titles(load(db, shows_samples=True)) == ["Bịa"]
    assert load(db, shows_samples=True).years == {1980: 1}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ghe hang", {"Ghe hàng bến Bình Đông"}),
        ("hàng", {"Ghe hàng bến Bình Đông"}),
        ("sau", {"Ghe hàng bến Bình Đông", "Lớp học ca ba"}),
        ("Trương Thị Sáu", {"Ghe hàng bến Bình Đông"}),
        ("quan 4", {"Lớp học ca ba"}),
        ("LK-A-1", {"Ghe hàng bến Bình Đông"}),
        ("khong co", set()),
        ("%_'\"\\", {"Ghe hàng bến Bình Đông", "Lớp học ca ba"}),
    ],
)
def test_page_matches_words_without_marks(db: Session, text: str, found: set[str]) -> None:
    first = add_interview(db, "Ghe hàng bến Bình Đông", witness="Trương Thị Sáu")
    first.accession = "LK-A-1"
    add_interview(db, "Lớp học ca ba", witness="Võ Sậu", place_as_told="Quận 4")
    db.flush()
    assert set(titles(load(db, text=text))) == found


def test_facet_counts_apply_the_other_filters(db: Session) -> None:
    trade = collections.add(db, MACHINE, code="NGHE", title="Nghề")
    add_interview(db, "a", collection=trade, state="approved")
    add_interview(db, "b", collection=trade, state="machine")
    add_interview(db, "c", state="approved")
    found = load(db, selected={"state": frozenset({"approved"})})
    assert titles(found) == ["c", "a"]
    assert dict(found.facets["state"]) == {"approved": 2, "machine": 1}
    assert dict(found.facets["collection"]) == {"NGHE": 1}
    both = load(db, selected={"state": frozenset({"machine", "approved"})})
    assert both.total == 3
    none = load(db, selected={"collection": frozenset({"NGHE"}), "state": frozenset({"corrected"})})
    assert none.total == 0


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (1975, 1975, {"a"}),
        (1980, None, {"a", "b"}),
        (None, 1976, {"a"}),
        (1990, 1995, set()),
        (1985, 1985, {"a", "b"}),
        (2000, 1900, set()),
    ],
)
def test_page_filters_by_years_covered(
    db: Session, first: int | None, last: int | None, found: set[str]
) -> None:
    add_interview(db, "a", told_from_year=1975, told_to_year=1985)
    add_interview(db, "b", told_from_year=1985)
    add_interview(db, "undated")
    assert set(titles(load(db, first_year=first, last_year=last))) == found


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("newest", ["Ấp Một", "Dòng sông", "Đò ngang"]),
        ("title", ["Ấp Một", "Dòng sông", "Đò ngang"]),
        ("witness", ["Dòng sông", "Đò ngang", "Ấp Một"]),
        ("held", ["Đò ngang", "Ấp Một", "Dòng sông"]),
        ("accession", ["Dòng sông", "Đò ngang", "Ấp Một"]),
        ("x; drop", ["Ấp Một", "Dòng sông", "Đò ngang"]),
    ],
)
def test_page_is_sorted_as_requested(db: Session, sort: str, order: list[str]) -> None:
    for title, witness, held, accession in (
        ("Đò ngang", "Phạm Ánh", "2020", "LK-10"),
        ("Dòng sông", "Bùi An", "", "LK-2"),
        ("Ấp Một", "", "2019", "LK-x"),
    ):
        made = add_interview(db, title, witness=witness, held_edtf=held)
        made.accession = accession
    db.flush()
    assert titles(load(db, sort=sort)) == order


def test_page_number_is_clamped_to_range(db: Session) -> None:
    for number in range(listing.INTERVIEWS_PER_PAGE + 3):
        add_interview(db, f"{number:02d}")
    first, second = load(db, sort="title"), load(db, sort="title", page=2)
    assert len(first.interviews) == listing.INTERVIEWS_PER_PAGE
    assert titles(second) == ["20", "21", "22"]
    assert (second.total, second.pages) == (23, 2)
    assert load(db, page=10**9).number == 2
    assert load(db, page=-4).number == 1
