from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access import Actor, NotAllowed, Refused, machine
from archive.actions import interviews, people
from archive.actions.interviews import Description
from archive.actions.people import OtherName, PersonFacts
from archive.models import Outbox, Person
from tests.cast import CAST

ActorOf = Callable[[str | None], Actor]
MACHINE = machine("test")


def add(db: Session, full_name: str, **facts: str) -> Person:
    return people.add(db, MACHINE, PersonFacts(full_name=full_name, **facts))  # type: ignore[arg-type]


def names(found: list[Person]) -> list[str]:
    return [person.full_name for person in found]


def test_the_parts_are_guessed_and_can_be_corrected(db: Session) -> None:
    person = add(db, "  Nguyễn  Thị Mười ")
    assert (person.full_name, person.family_name, person.middle_name, person.given_name) == (
        "Nguyễn Thị Mười", "Nguyễn", "Thị", "Mười",
    )  # fmt: skip
    other = add(db, "Nguyễn Thị Minh Khai", family_name="Nguyễn Thị", given_name="Minh Khai")
    assert (other.family_name, other.middle_name, other.given_name) == (
        "Nguyễn Thị", "", "Minh Khai",
    )  # fmt: skip


def test_people_stand_by_given_name_in_vietnamese_order(db: Session) -> None:
    for name in ("Lê Văn Út", "Trần Đức", "Nguyễn Ánh", "Phạm An", "Võ Dương", "Lê An", "Bùi Ân"):
        add(db, name)
    assert names(people.listed(db, MACHINE)) == [
        "Lê An", "Phạm An", "Nguyễn Ánh", "Bùi Ân", "Võ Dương", "Trần Đức", "Lê Văn Út",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hoa", ["Lâm Vĩnh Hòa", "Trần Thị Hoa"]),
        ("hòa", ["Lâm Vĩnh Hòa"]),
        ("hoà", ["Lâm Vĩnh Hòa"]),
        ("VINH hoa", ["Lâm Vĩnh Hòa"]),
        ("ho", ["Lâm Vĩnh Hòa", "Trần Thị Hoa"]),
        ("duc", ["Nguyễn Đức"]),
        ("tu lua", ["Nguyễn Đức"]),
        ("xyz", []),
        ("", ["Nguyễn Đức", "Lâm Vĩnh Hòa", "Trần Thị Hoa"]),
        ("x" * 100_000, []),
        ("%", ["Nguyễn Đức", "Lâm Vĩnh Hòa", "Trần Thị Hoa"]),
    ],
)
def test_people_are_found_without_marks(db: Session, text: str, found: list[str]) -> None:
    add(db, "Lâm Vĩnh Hòa")
    add(db, "Trần Thị Hoa")
    people.add(
        db, MACHINE, PersonFacts(full_name="Nguyễn Đức", other_names=[OtherName(name="Tư Lúa")])
    )
    assert sorted(names(people.listed(db, MACHINE, text))) == sorted(found)


def test_a_typed_name_finds_its_bearer_or_makes_one(db: Session) -> None:
    made = people.meant(db, MACHINE, "Bùi Công Trực")
    assert people.meant(db, MACHINE, " bùi  công trực ") is made
    assert people.meant(db, MACHINE, "Bùi Công Trục") is not made


def test_two_people_may_have_one_name(db: Session) -> None:
    farmer = add(db, "Nguyễn Văn Ba", occupation="nông dân")
    driver = add(db, "Nguyễn Văn Ba", born_as_told="1946")
    with pytest.raises(people.SeveralPeople) as refused:
        people.meant(db, MACHINE, "Nguyễn Văn Ba")
    assert refused.value.facts["choices"] == [
        "Nguyễn Văn Ba (nông dân)", "Nguyễn Văn Ba (1946)",
    ]  # fmt: skip
    assert people.meant(db, MACHINE, "Nguyễn Văn Ba (nông dân)") is farmer
    assert people.meant(db, MACHINE, "Nguyễn Văn Ba (1946)") is driver
    assert set(people.labels(db, MACHINE, is_sample=False).values()) == set(
        refused.value.facts["choices"]
    )


def test_namesakes_of_whom_nothing_is_known_are_told_apart(db: Session) -> None:
    both = [add(db, "Nguyễn Văn Ba"), add(db, "Nguyễn Văn Ba")]
    labels = people.labels(db, MACHINE, is_sample=False)
    assert len(set(labels.values())) == 2
    assert [people.meant(db, MACHINE, labels[person.id]) for person in both] == both


def test_namesakes_with_the_same_facts_are_told_apart(db: Session) -> None:
    both = [add(db, "Nguyễn Văn Ba", born_as_told="1946") for _ in range(2)]
    labels = people.labels(db, MACHINE, is_sample=False)
    assert len(set(labels.values())) == 2
    assert [people.meant(db, MACHINE, labels[person.id]) for person in both] == both


def test_real_and_invented_people_never_meet(db: Session) -> None:
    invented = people.add(db, MACHINE, PersonFacts(full_name="Lê An"), is_sample=True)
    real = people.meant(db, MACHINE, "Lê An")
    assert real is not invented
    assert people.meant(db, MACHINE, "Lê An", is_sample=True) is invented
    assert people.labels(db, MACHINE, is_sample=False) == {real.id: "Lê An"}


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"full_name": " \u200b"}, "person_name_missing"),
        ({"full_name": "x" * 100_000}, "person_name_refused"),
        ({"full_name": "A", "born_edtf": "hồi xưa"}, "birth_refused"),
        ({"full_name": "A", "biography": "x" * 100_000}, "person_too_long"),
        ({"full_name": "A", "honorific": "x" * 41}, "person_too_long"),
    ],
)
def test_what_is_wrong_is_refused(db: Session, facts: dict[str, str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        people.add(db, MACHINE, PersonFacts(**facts))  # type: ignore[arg-type]
    assert refused.value.code == code


def test_signs_that_turn_a_line_are_taken_out(db: Session) -> None:
    assert add(db, "Lê\u202e An\x00").full_name == "Lê An"


def test_a_record_is_changed_and_the_index_told(db: Session) -> None:
    person = add(db, "Lê An")
    made = interviews.create(db, MACHINE, Description(title="Một", witnesses=[person]))
    seen = people.fingerprint(person)
    told = PersonFacts(
        full_name="Lê Văn An", honorific="Ông", born_as_told="khoảng 1946", born_edtf="1946~",
        other_names=[OtherName(name="Tư An", kind="order", period="từ 1980"), OtherName(name=" ")],
    )  # fmt: skip
    people.describe(db, MACHINE, person, told, seen=seen)
    assert (person.full_name, person.middle_name) == ("Lê Văn An", "Văn")
    assert [(n.name, n.kind, n.period) for n in person.other_names] == [
        ("Tư An", "order", "từ 1980"),
    ]  # fmt: skip
    told_of = db.execute(select(Outbox.interview_id, Outbox.reason)).all()
    assert (made.id, "person.described") in [tuple(row) for row in told_of]


def test_whoever_saves_second_is_told(db: Session) -> None:
    person = add(db, "Lê An")
    seen = people.fingerprint(person)
    people.describe(db, MACHINE, person, PersonFacts(full_name="Lê Bình"), seen=seen)
    with pytest.raises(people.PersonChanged):
        people.describe(db, MACHINE, person, PersonFacts(full_name="Lê Cường"), seen=seen)
    assert person.full_name == "Lê Bình"


@pytest.mark.parametrize("member", [*CAST, None])
def test_who_keeps_records(db: Session, actor_of: ActorOf, member: str | None) -> None:
    person = add(db, "Lê An")
    actor, told = actor_of(member), PersonFacts(full_name="Lê Bình")
    if member in ("ada", "ben", "hoa"):
        people.describe(db, actor, person, told)
        assert names(people.listed(db, actor)) == ["Lê Bình"]
        return
    for refused in (
        lambda: people.listed(db, actor),
        lambda: people.add(db, actor, told),
        lambda: people.meant(db, actor, "Lê An"),
        lambda: people.describe(db, actor, person, told),
    ):
        with pytest.raises(NotAllowed):
            refused()


def test_what_a_person_has_part_in_is_seen_with_the_readers_rights(
    db: Session, actor_of: ActorOf
) -> None:
    person = add(db, "Lê An")
    for audience in ("public", "registered", "staff"):
        told = Description(title=audience, audience=audience, witnesses=[person])
        interviews.create(db, MACHINE, told)
    seen = {
        name: sorted(c.interview.title for c in people.told_in(db, actor_of(name), person))
        for name in ("hoa", "sam", None)
    }
    assert seen == {
        "hoa": ["public", "registered", "staff"],
        "sam": ["public", "registered"],
        None: ["public"],
    }
    assert people.counted(db, actor_of("sam")) == {person.id: 2}
