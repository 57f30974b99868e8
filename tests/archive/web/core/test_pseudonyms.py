"""A reader who gets a pseudonym finds, sorts and reads under that name alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from flask.testing import FlaskClient

from archive.access import Rights
from archive.actions.catalogue import names
from archive.actions.catalogue.names import DisplayName
from archive.models import Person, PersonName
from archive.text.vietnamese_names import person_key, split_name
from archive.toolbox import Toolbox
from tests.support import sample_transcript
from tests.support.rights import rights_of_machine, rights_of_role

ClientOf = Callable[[str | None], FlaskClient]
OWN_NAMES = {"LK-1": "Nguyễn Thị Ánh", "LK-2": "Trần Minh", "LK-3": "Lê Văn Út"}
HIDDEN = OWN_NAMES["LK-1"]
PSEUDONYM, OTHER_NAME = "Hoàng Yến", "Chín Lúa"
LABEL = "Bà Ánh Nguyễn"


@pytest.fixture(autouse=True)
def _pseudonym(toolbox: Toolbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three interviews; readers who are not staff get a pseudonym of the first witness."""
    with toolbox.database.writing() as db:
        for accession, full_name in OWN_NAMES.items():
            interview = sample_transcript.add_interview(db, accession)
            parts = split_name(full_name)
            [witness] = [one for one in interview.contributions if one.role == "witness"]
            witness.person.full_name, witness.person.given_name = full_name, parts.given
            witness.person.sort_key = person_key(parts)
            if full_name == HIDDEN:
                witness.speaker_label = LABEL
                witness.person.other_names = [PersonName(name=OTHER_NAME, kind="alias")]
            db.flush()
            sample_transcript.add_approved_version(db, interview)
    real = names.names_for

    def names_for(rights: Rights, people: Iterable[Person]) -> dict[str, DisplayName]:
        people = list(people)
        found = real(rights, people)
        hidden = DisplayName(PSEUDONYM, PSEUDONYM, PSEUDONYM, is_pseudonym=True)
        if not rights.actor.is_staff:
            found |= {one.id: hidden for one in people if one.full_name == HIDDEN}
        return found

    monkeypatch.setattr(names, "names_for", names_for)


def accessions(client: FlaskClient, query: str) -> list[str]:
    page = client.get(f"/en/interviews?{query}").text
    places = {one: page.find(f"/en/interviews/{one}") for one in OWN_NAMES}
    return sorted((one for one in places if places[one] >= 0), key=lambda one: places[one])


@pytest.mark.parametrize(("member", "own", "given"), [(None, [], ["LK-1"]), ("ada", ["LK-1"], [])])
def test_catalogue_is_searched_by_the_names_that_the_reader_has(
    client_of: ClientOf, member: str | None, own: list[str], given: list[str]
) -> None:
    client = client_of(member)
    assert accessions(client, "q=giếng") != []
    assert accessions(client, f"q={HIDDEN}") == own
    assert accessions(client, f"q={PSEUDONYM}") == given


@pytest.mark.parametrize(
    ("member", "order"), [(None, ["LK-2", "LK-3", "LK-1"]), ("ada", ["LK-1", "LK-2", "LK-3"])]
)
def test_catalogue_is_sorted_by_the_names_that_the_reader_has(
    client_of: ClientOf, member: str | None, order: list[str]
) -> None:
    assert accessions(client_of(member), "sort=witness") == order


def test_label_of_a_speaker_does_not_stand_before_the_pseudonym(client_of: ClientOf) -> None:
    page = "/en/interviews/LK-1"
    assert LABEL in client_of("ada").get(page).text
    read = client_of(None).get(page).text
    assert PSEUDONYM in read
    for hidden in (LABEL, HIDDEN, OTHER_NAME):
        assert hidden not in read


def test_other_names_are_not_given_beside_a_pseudonym(toolbox: Toolbox) -> None:
    with toolbox.database.reading() as db:
        person = db.query(Person).filter_by(full_name=HIDDEN).one()
        assert names.other_names_for(rights_of_machine("test"), person) == [OTHER_NAME]
        assert names.other_names_for(rights_of_role(""), person) == []
