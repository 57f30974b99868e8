from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from archive.access import Actor, machine
from archive.actions import catalogue, collections, interviews, people
from archive.actions.catalogue import NO_TEXT, Page, Wish
from archive.actions.interviews import Description
from archive.models import Interview, TranscriptVersion

ActorOf = Callable[[str | None], Actor]
MACHINE = machine("test")


def add(
    db: Session, title: str, *, witness: str = "", state: str = "", is_sample: bool = False,
    **told: Any,
) -> Interview:  # fmt: skip
    witnesses = [people.meant(db, MACHINE, witness)] if witness else []
    told = {"audience": "public", "witnesses": witnesses, **told}
    made = interviews.create(db, MACHINE, Description(title=title, **told), is_sample=is_sample)
    if state:
        db.add(
            TranscriptVersion(
                interview_id=made.id, number=1, language="vi", kind="machine", state=state
            )
        )
        db.flush()
    return made


def titles(found: Page) -> list[str]:
    return [interview.title for interview in found.interviews]


def ask(db: Session, actor: Actor = MACHINE, **wish: Any) -> Page:
    return catalogue.page(db, actor, Wish(**wish))


@pytest.mark.parametrize(
    ("member", "seen"),
    [("ada", 3), ("hoa", 3), ("cleo", 3), ("rob", 3), ("sam", 2), (None, 1)],
)
def test_only_what_the_reader_may_know_is_listed_and_counted(
    db: Session, actor_of: ActorOf, member: str | None, seen: int
) -> None:
    for audience in ("public", "registered", "staff"):
        closed = collections.add(db, MACHINE, code=audience, title=f"Sưu tập {audience}")
        add(db, audience, audience=audience, collection=closed, languages=["vi", "zh"],
            told_from_year=1975, told_to_year=1976)  # fmt: skip
    found = ask(db, actor_of(member))
    assert len(found.interviews) == found.total == found.archive == seen
    assert dict(found.facets["language"]) == {"vi": seen, "zh": seen}
    assert sum(count for _value, count in found.facets["collection"]) == seen
    assert found.years == {1975: seen, 1976: seen}
    assert len(found.collections) == seen
    assert ("audience" in found.facets) == (member not in ("sam", None))


def test_a_facet_that_is_not_the_readers_narrows_nothing(db: Session, actor_of: ActorOf) -> None:
    add(db, "public")
    found = ask(db, actor_of("sam"), chosen={"audience": frozenset({"staff"})})
    assert titles(found) == ["public"]


@pytest.mark.parametrize(("member", "state"), [("sam", "machine"), (None, NO_TEXT)])
def test_the_state_of_a_text_is_told_to_whoever_may_read_it(
    db: Session, actor_of: ActorOf, member: str | None, state: str
) -> None:
    made = add(db, "Một", state="machine")
    found = ask(db, actor_of(member))
    assert dict(found.facets["state"]) == {state: 1}
    assert found.states == ({} if state == NO_TEXT else {made.id: "machine"})


def test_samples_are_a_catalogue_of_their_own(db: Session) -> None:
    add(db, "Bịa", is_sample=True, told_from_year=1980)
    alone = ask(db)
    assert (alone.samples, alone.archive, alone.sample, titles(alone)) == (True, 0, 1, ["Bịa"])
    add(db, "Thật", told_from_year=1990)
    both = ask(db)
    assert (both.samples, both.archive, both.sample, titles(both)) == (False, 1, 1, ["Thật"])
    assert (both.total, both.years) == (1, {1990: 1})
    assert titles(ask(db, samples=True)) == ["Bịa"]
    assert ask(db, samples=True).years == {1980: 1}


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
def test_words_are_found_without_marks(db: Session, text: str, found: set[str]) -> None:
    first = add(db, "Ghe hàng bến Bình Đông", witness="Trương Thị Sáu")
    first.accession = "LK-A-1"
    add(db, "Lớp học ca ba", witness="Võ Sậu", place_as_told="Quận 4")
    db.flush()
    assert set(titles(ask(db, text=text))) == found


def test_a_facet_is_counted_under_the_other_filters(db: Session) -> None:
    trade = collections.add(db, MACHINE, code="NGHE", title="Nghề")
    add(db, "a", collection=trade, state="approved")
    add(db, "b", collection=trade, state="machine")
    add(db, "c", state="approved")
    found = ask(db, chosen={"state": frozenset({"approved"})})
    assert titles(found) == ["c", "a"]
    assert dict(found.facets["state"]) == {"approved": 2, "machine": 1}
    assert dict(found.facets["collection"]) == {"NGHE": 1}
    both = ask(db, chosen={"state": frozenset({"machine", "approved"})})
    assert both.total == 3
    none = ask(db, chosen={"collection": frozenset({"NGHE"}), "state": frozenset({"corrected"})})
    assert none.total == 0


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [(1975, 1975, {"a"}), (1980, None, {"a", "b"}), (None, 1976, {"a"}), (1990, 1995, set()),
     (1985, 1985, {"a", "b"}), (2000, 1900, set())],
)  # fmt: skip
def test_years_told_about(
    db: Session, first: int | None, last: int | None, found: set[str]
) -> None:
    add(db, "a", told_from_year=1975, told_to_year=1985)
    add(db, "b", told_from_year=1985)
    add(db, "undated")
    assert set(titles(ask(db, first_year=first, last_year=last))) == found


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
def test_orders(db: Session, sort: str, order: list[str]) -> None:
    for title, witness, held, accession in (
        ("Đò ngang", "Phạm Ánh", "2020", "LK-10"), ("Dòng sông", "Bùi An", "", "LK-2"),
        ("Ấp Một", "", "2019", "LK-x"),
    ):  # fmt: skip
        made = add(db, title, witness=witness, held_edtf=held)
        made.accession = accession
    db.flush()
    assert titles(ask(db, sort=sort)) == order


def test_pages(db: Session) -> None:
    for number in range(catalogue.PER_PAGE + 3):
        add(db, f"{number:02d}")
    first, second = ask(db, sort="title"), ask(db, sort="title", page=2)
    assert len(first.interviews) == catalogue.PER_PAGE
    assert titles(second) == ["20", "21", "22"]
    assert (second.total, second.pages) == (23, 2)
    assert ask(db, page=10**9).number == 2
    assert ask(db, page=-4).number == 1
