from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access import NotAllowed, Refused, Rights
from archive.actions.catalogue import interviews, people
from archive.actions.catalogue.interviews import Description
from archive.actions.catalogue.people import OtherName, PersonFacts
from archive.models import Outbox, Person
from tests.support.cast import CAST
from tests.support.rights import rights_of_machine

RightsOf = Callable[[str | None], Rights]
MACHINE = rights_of_machine("test")


def add_person(db: Session, full_name: str, **facts: str) -> Person:
    return people.add(db, MACHINE, PersonFacts(full_name=full_name, **facts))  # type: ignore[arg-type]


def names(found: list[Person]) -> list[str]:
    return [person.full_name for person in found]


def test_add_splits_name_unless_parts_are_given(db: Session) -> None:
    person = add_person(db, "  Nguyễn  Thị Mười ")
    assert (person.full_name, person.family_name, person.middle_name, person.given_name) == (
        "Nguyễn Thị Mười",
        "Nguyễn",
        "Thị",
        "Mười",
    )
    other = add_person(db, "Nguyễn Thị Minh Khai", family_name="Nguyễn Thị", given_name="Minh Khai")
    assert (other.family_name, other.middle_name, other.given_name) == (
        "Nguyễn Thị",
        "",
        "Minh Khai",
    )


def test_list_people_sorts_by_given_name(db: Session) -> None:
    for name in ("Lê Văn Út", "Trần Đức", "Nguyễn Ánh", "Phạm An", "Võ Dương", "Lê An", "Bùi Ân"):
        add_person(db, name)
    assert names(people.list_people(db, MACHINE)) == [
        "Lê An",
        "Phạm An",
        "Nguyễn Ánh",
        "Bùi Ân",
        "Võ Dương",
        "Trần Đức",
        "Lê Văn Út",
    ]


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
def test_list_people_matches_words_without_marks(db: Session, text: str, found: list[str]) -> None:
    add_person(db, "Lâm Vĩnh Hòa")
    add_person(db, "Trần Thị Hoa")
    people.add(
        db, MACHINE, PersonFacts(full_name="Nguyễn Đức", other_names=[OtherName(name="Tư Lúa")])
    )
    assert sorted(names(people.list_people(db, MACHINE, text))) == sorted(found)


def test_find_or_create_ignores_case_but_not_marks(db: Session) -> None:
    made = people.find_or_create(db, MACHINE, "Bùi Công Trực")
    assert people.find_or_create(db, MACHINE, " bùi  công trực ") is made
    assert people.find_or_create(db, MACHINE, "Bùi Công Trục") is not made


def test_find_or_create_with_shared_name_needs_label(db: Session) -> None:
    farmer = add_person(db, "Nguyễn Văn Ba", occupation="nông dân")
    driver = add_person(db, "Nguyễn Văn Ba", born_as_told="1946")
    with pytest.raises(people.SeveralPeople) as refused:
        people.find_or_create(db, MACHINE, "Nguyễn Văn Ba")
    assert refused.value.facts["choices"] == [
        "Nguyễn Văn Ba (nông dân)",
        "Nguyễn Văn Ba (1946)",
    ]
    assert people.find_or_create(db, MACHINE, "Nguyễn Văn Ba (nông dân)") is farmer
    assert people.find_or_create(db, MACHINE, "Nguyễn Văn Ba (1946)") is driver
    assert set(people.form_labels(db, MACHINE, is_sample=False).values()) == set(
        refused.value.facts["choices"]
    )


def test_form_labels_of_bare_namesakes_are_distinct(db: Session) -> None:
    both = [add_person(db, "Nguyễn Văn Ba"), add_person(db, "Nguyễn Văn Ba")]
    labels = people.form_labels(db, MACHINE, is_sample=False)
    assert len(set(labels.values())) == 2
    assert [people.find_or_create(db, MACHINE, labels[person.id]) for person in both] == both


def test_form_labels_of_namesakes_with_same_facts_are_distinct(db: Session) -> None:
    both = [add_person(db, "Nguyễn Văn Ba", born_as_told="1946") for _ in range(2)]
    labels = people.form_labels(db, MACHINE, is_sample=False)
    assert len(set(labels.values())) == 2
    assert [people.find_or_create(db, MACHINE, labels[person.id]) for person in both] == both


def test_find_or_create_separates_samples_from_real_people(db: Session) -> None:
    invented = people.add(db, MACHINE, PersonFacts(full_name="Lê An"), is_sample=True)
    real = people.find_or_create(db, MACHINE, "Lê An")
    assert real is not invented
    assert people.find_or_create(db, MACHINE, "Lê An", is_sample=True) is invented
    assert people.form_labels(db, MACHINE, is_sample=False) == {real.id: "Lê An"}


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
def test_add_with_invalid_field_is_refused(db: Session, facts: dict[str, str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        people.add(db, MACHINE, PersonFacts(**facts))  # type: ignore[arg-type]
    assert refused.value.code == code


def test_add_removes_bidirectional_controls_from_name(db: Session) -> None:
    assert add_person(db, "Lê\u202e An\x00").full_name == "Lê An"


def test_update_writes_record_and_outbox_rows(db: Session) -> None:
    person = add_person(db, "Lê An")
    made = interviews.create(db, MACHINE, Description(title="Một", witnesses=[person]))
    opened = people.fingerprint(person)
    facts = PersonFacts(
        full_name="Lê Văn An",
        honorific="Ông",
        born_as_told="khoảng 1946",
        born_edtf="1946~",
        other_names=[OtherName(name="Tư An", kind="order", period="từ 1980"), OtherName(name=" ")],
    )
    people.update(db, MACHINE, person, facts, opened_fingerprint=opened)
    assert (person.full_name, person.middle_name) == ("Lê Văn An", "Văn")
    assert [(n.name, n.kind, n.period) for n in person.other_names] == [
        ("Tư An", "order", "từ 1980"),
    ]
    outbox_rows = db.execute(select(Outbox.interview_id, Outbox.reason)).all()
    assert (made.id, "person.described") in [tuple(row) for row in outbox_rows]


def test_update_with_old_fingerprint_is_refused(db: Session) -> None:
    person = add_person(db, "Lê An")
    opened = people.fingerprint(person)
    people.update(db, MACHINE, person, PersonFacts(full_name="Lê Bình"), opened_fingerprint=opened)
    with pytest.raises(people.PersonChanged):
        people.update(
            db, MACHINE, person, PersonFacts(full_name="Lê Cường"), opened_fingerprint=opened
        )
    assert person.full_name == "Lê Bình"


@pytest.mark.parametrize("member", [*CAST, None])
def test_people_actions_are_allowed_by_role(
    db: Session, rights_of: RightsOf, member: str | None
) -> None:
    person = add_person(db, "Lê An")
    rights, facts = rights_of(member), PersonFacts(full_name="Lê Bình")
    if member in ("ada", "ben", "hoa"):
        people.update(db, rights, person, facts)
        assert names(people.list_people(db, rights)) == ["Lê Bình"]
        return
    for refused in (
        lambda: people.list_people(db, rights),
        lambda: people.add(db, rights, facts),
        lambda: people.find_or_create(db, rights, "Lê An"),
        lambda: people.update(db, rights, person, facts),
    ):
        with pytest.raises(NotAllowed):
            refused()


def test_appearances_contain_visible_interviews_only(db: Session, rights_of: RightsOf) -> None:
    person = add_person(db, "Lê An")
    for audience in ("public", "registered", "staff"):
        description = Description(title=audience, audience=audience, witnesses=[person])
        interviews.create(db, MACHINE, description)
    by_actor = {
        name: sorted(c.interview.title for c in people.appearances(db, rights_of(name), person))
        for name in ("hoa", "sam", None)
    }
    assert by_actor == {
        "hoa": ["public", "registered", "staff"],
        "sam": ["public", "registered"],
        None: ["public"],
    }
    assert people.interview_counts(db, rights_of("sam")) == {person.id: 2}
