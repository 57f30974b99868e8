"""A person is renamed: open versions have the new name everywhere, approved ones the old one.

Every GET route of the route table is read, so that a channel which takes its names from elsewhere
fails here. All people and words are invented.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.access import Rights
from archive.actions.catalogue import interviews, names, people
from archive.actions.catalogue.names import DisplayName
from archive.actions.catalogue.people import PersonFacts
from archive.actions.discovery import rebuilding
from archive.actions.transcripts import speakers, versions
from archive.actions.transcripts.exports import writable_formats
from archive.models import Contribution, Person
from archive.toolbox import Toolbox
from tests.archive.web.core.test_hidden_words import answer
from tests.support.cast import EVERYBODY
from tests.support.cli_runner import CliRunner
from tests.support.rights import rights_of_machine
from tests.support.route_requests import send_request
from tests.support.route_table import rows
from tests.support.shared_archive import SharedArchive, build_shared_archive

MACHINE = rights_of_machine("test")
OLD, NEW, PSEUDONYM = "Lê Thị Xưa", "Lê Thị Nay", "Người bán gạo"
OLD_SHORT, NEW_SHORT = "Bà Xưa", "Bà Nay"
QUOTE = "Hồi đó nhà tôi ở hẻm, sáng nào mấy bà cũng gánh nước ngang cửa tới trưa mới hết."
READ = [(endpoint, about) for method, endpoint, about, _expected in rows() if method == "GET"]
PAGES = {
    ("home.show", "-"),
    ("interviews.show", "open"),
    ("search.show", "-"),
    ("versions.history", "open"),
}
SHOW_APPROVED = PAGES | {
    ("editing.load_transcript", "open"),
    ("editor.show", "open"),
    ("reading.cite", "open"),
    ("versions.export", "open"),
}


def add_witness(tools: Toolbox, accession: str, person: Person | None) -> Person:
    """Let a witness speak every segment; the speakers of LK-OPEN are kept as approved."""
    with tools.database.writing() as db:
        interview = interviews.by_accession(db, accession)
        assert interview is not None
        if person is None:
            person = people.add(db, MACHINE, PersonFacts(full_name=OLD, honorific="Bà"))
        contribution = Contribution(person_id=person.id, role="witness")
        interview.contributions.append(contribution)
        db.flush()
        [version] = versions.list_versions(db, interview)
        for segment in version.segments:
            segment.contribution_id, segment.state = contribution.id, "heard"
            segment.revision = 2
            versions.add_revision(db, segment, kind="speaker")
        if version.state == "approved":
            version.segments[0].text = QUOTE
            speakers.keep_approved(version, interview)
        return person


@pytest.fixture(scope="module")
def renamed(
    tmp_path_factory: pytest.TempPathFactory, empty_database: Path
) -> Iterator[SharedArchive]:
    """The archive in which the witness of both interviews was renamed after an approval."""
    found = build_shared_archive(tmp_path_factory.mktemp("renamed"), empty_database)
    person = add_witness(found.tools, "LK-OPEN", None)
    add_witness(found.tools, "LK-CLOSED", person)
    found.ids["-"]["person_id"] = person.id
    with found.tools.database.writing() as db:
        facts = PersonFacts(full_name=NEW, honorific="Bà")
        people.update(db, MACHINE, db.get_one(Person, person.id), facts)
    rebuilding.rebuild(found.tools)
    yield found
    found.tools.database.dispose()


def page(archive: SharedArchive, member: str | None, endpoint: str, about: str) -> str:
    """Return an answer as a person reads it."""
    if endpoint == "search.show":
        return html.unescape(answer(archive, member, "/en/search?q=h%E1%BA%BBm")[1])
    with send_request(archive, "GET", endpoint, about, member) as response:
        text = response.get_data().decode("utf-8", "replace")
    return html.unescape(
        json.dumps(json.loads(text), ensure_ascii=False) if is_json(text) else text
    )


def is_json(text: str) -> bool:
    return text.startswith(("{", "["))


def routes_with(archive: SharedArchive, member: str | None, *words: str) -> set[tuple[str, str]]:
    return {route for route in READ if any(word in page(archive, member, *route) for word in words)}


def test_every_route_of_an_approved_version_keeps_the_approved_name(renamed: SharedArchive) -> None:
    assert routes_with(renamed, "ada", OLD, OLD_SHORT) == SHOW_APPROVED


def test_every_route_of_an_open_version_has_the_name_of_today(renamed: SharedArchive) -> None:
    found = routes_with(renamed, "ada", NEW, NEW_SHORT)
    of_open_version = {(endpoint, "closed") for endpoint, about in SHOW_APPROVED if about == "open"}
    assert of_open_version <= found


@pytest.mark.parametrize("member", EVERYBODY, ids=str)
def test_no_route_of_an_open_version_has_the_old_name(
    renamed: SharedArchive, member: str | None
) -> None:
    assert routes_with(renamed, member, OLD, OLD_SHORT) <= SHOW_APPROVED


@pytest.mark.parametrize("route", sorted(PAGES))
def test_pages_name_both_where_they_differ(renamed: SharedArchive, route: tuple[str, str]) -> None:
    found = page(renamed, "ada", *route)
    assert f'Bà {NEW} <small class="approved-name">(approved as Bà {OLD})</small>' in found


@pytest.mark.parametrize("name", writable_formats())
def test_exports_keep_the_approved_name_alone(renamed: SharedArchive, name: str) -> None:
    for about, kept, absent in (("open", OLD, NEW), ("closed", NEW, OLD)):
        version = renamed.ids[about]["version_id"]
        status, text = answer(renamed, "ada", f"/en/versions/{version}/export/{name}")
        assert status == 200
        assert kept in text or json.dumps(kept).strip('"') in text, about
        assert absent not in text, about


def test_citations_keep_the_approved_name_alone(renamed: SharedArchive) -> None:
    for about, kept, absent in (("open", OLD, NEW), ("closed", NEW, OLD)):
        accession = renamed.ids[about]["accession"]
        cited = renamed.client("ada").get(f"/en/interviews/{accession}/cite?t=0-1").get_json()
        for style in ("vietnamese", "chicago", "bibtex", "ris"):
            assert kept in cited[style], style
            assert absent not in cited[style], style


def test_search_of_the_command_line_keeps_the_approved_name(renamed: SharedArchive) -> None:
    found = CliRunner(renamed.app).json("search", "hẻm", "--as", "ada@archive.test")["hits"]
    assert {(hit["accession"], hit["speaker"]) for hit in found} == {
        ("LK-OPEN", f"Bà {OLD}"),
        ("LK-CLOSED", f"Bà {NEW}"),
    }


@pytest.mark.parametrize("is_name_of_record", [False, True])
def test_reader_who_is_given_another_name_gets_no_approved_name(
    renamed: SharedArchive, monkeypatch: pytest.MonkeyPatch, is_name_of_record: bool
) -> None:
    """No rule replaces names yet: the gate of names is made to, for readers who are not staff.

    Also where the record has the pseudonym as its name by now.
    """
    real = names.names_for
    given = NEW if is_name_of_record else PSEUDONYM

    def names_for(rights: Rights, persons: list[Person]) -> dict[str, DisplayName]:
        found = real(rights, persons)
        if rights.actor.is_staff:
            return found
        hidden = DisplayName(full=given, titled=given, short=given, is_pseudonym=True)
        return {one: hidden if name.full == NEW else name for one, name in found.items()}

    monkeypatch.setattr(names, "names_for", names_for)
    for member in ("sam", None):
        assert routes_with(renamed, member, OLD, OLD_SHORT) == set()
        if not is_name_of_record:
            assert routes_with(renamed, member, NEW, NEW_SHORT) == set()
        shown = routes_with(renamed, member, given)
        assert {("interviews.show", "open"), ("versions.export", "open")} <= shown
        assert {("home.show", "-"), ("search.show", "-"), ("reading.cite", "open")} <= shown
    assert routes_with(renamed, "ada", OLD, OLD_SHORT) == SHOW_APPROVED
