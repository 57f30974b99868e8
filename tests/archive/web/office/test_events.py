"""The history of an interview, a person, an account and the archive, in words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale

from archive.access import Rights, machine
from archive.actions.accounts import accounts
from archive.actions.office import event_history
from archive.messages.events import EVENT_WORDS, event_label
from archive.models import Interview, Person, User
from archive.models.vocabulary import EVENT_KINDS, EventKind
from archive.toolbox import Toolbox
from tests.support import sample_transcript
from tests.support.events import bare_event, details_of, record_event

ClientOf = Callable[[str | None], FlaskClient]
RightsOf = Callable[[str | None], Rights]
PAGE = "/en/interviews/LK-1"


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_every_kind_has_words_in_both_languages(app: Flask, kind: EventKind) -> None:
    event = bare_event({**details_of(kind), "state": "ok", "recipe": "peaks"})
    event.kind = kind
    labels = []
    for language in ("en", "vi"):
        with app.test_request_context(), force_locale(language):
            labels.append(event_label(event))
    assert kind in EVENT_WORDS
    assert kind not in labels
    assert labels[0] != labels[1]


def test_events_of_an_earlier_version_keep_their_kind(app: Flask) -> None:
    old = bare_event({"witnesss": ["x"]})
    old.kind = "transcript.made"  # without its number
    with app.test_request_context():
        assert event_label(old) == "transcript.made"


def test_history_stands_on_the_page_for_staff_only(toolbox: Toolbox, client_of: ClientOf) -> None:
    with toolbox.database.writing() as db:
        interview = sample_transcript.add_interview(db)
        version = sample_transcript.add_approved_version(db, interview)
        record_event(db, machine("Lan <b>"), "contents.added", version, interview=interview)
    staff, public = client_of("cleo").get(PAGE).text, client_of(None).get(PAGE).text
    assert "version 1 approved" in staff
    assert "Lan &lt;b&gt;" in staff
    assert "version 1 approved" not in public
    assert client_of("sam").get(f"{PAGE}/history").status_code == 403


def test_corrections_that_follow_each_other_are_one_entry(
    toolbox: Toolbox, client_of: ClientOf
) -> None:
    with toolbox.database.writing() as db:
        interview = sample_transcript.add_interview(db)
        version = sample_transcript.add_version(db, interview)
        for name, count in (("Lan", 3), ("Minh", 1), ("Lan", 2)):
            for _ in range(count):
                record_event(db, machine(name), "transcript.edited", version, interview=interview)
    assert "transcript corrected" not in client_of("cleo").get(PAGE).text  # thousands of them
    page = client_of("cleo").get(f"{PAGE}/history").text
    assert page.count("transcript corrected") == 3
    assert ("(3 changes, since " in page, "(2 changes, since " in page) == (True, True)


def test_pages_of_a_history_hold_each_event_once(toolbox: Toolbox, client_of: ClientOf) -> None:
    with toolbox.database.writing() as db:
        interview = sample_transcript.add_interview(db)
        for number in range(120):
            record_event(db, machine(f"N{number}."), "contents.added", interview)
    address, found = f"{PAGE}/history", []
    while address:
        page = client_of("ben").get(address).text
        found += [n for n in range(120) if f"N{n}." in page]
        _, _, rest = page.partition('rel="next" href="')
        address = rest.partition('"')[0]
    assert sorted(found) == list(range(120))


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "0"])
def test_odd_page_arguments_are_no_error(
    toolbox: Toolbox, client_of: ClientOf, before: str
) -> None:
    with toolbox.database.writing() as db:
        sample_transcript.add_interview(db)
    assert client_of("ada").get(f"{PAGE}/history?before={before}").status_code == 200


def test_names_of_accounts_and_archive_are_kept_before_and_after(
    toolbox: Toolbox, client_of: ClientOf, rights_of: RightsOf
) -> None:
    ada = client_of("ada")
    with toolbox.database.writing() as db:
        user = db.query(User).filter_by(name="Cleo").one()
        accounts.update(
            db, rights_of("ada"), user, name="Cleo Đỗ", role="reviewer", is_active=False
        )
        user_id = user.id
    page = ada.get(f"/en/accounts/{user_id}/history").text
    assert "name changed from “Cleo” to “Cleo Đỗ”; Reviewer; account closed" in page
    form = {"site_name": "Kho lời kể", "language": "vi", "accession_prefix": "LK"}
    assert ada.post("/en/office", data=form).status_code == 303
    assert "to “Kho lời kể”" in ada.get("/en/office/history").text


def test_history_of_a_person_is_on_its_form(toolbox: Toolbox, client_of: ClientOf) -> None:
    with toolbox.database.writing() as db:
        sample_transcript.add_interview(db)
        person = db.query(Person).first()
        assert person is not None
        for _ in range(7):
            record_event(db, machine("Lan"), "person.described", person)
        person_id = person.id
    page = client_of("hoa").get(f"/en/people/{person_id}").text
    assert page.count("record changed") == 5
    assert client_of("hoa").get(f"/en/people/{person_id}/history").text.count("record changed") == 7


def test_checks_that_went_well_stand_on_the_receipt_only(
    toolbox: Toolbox, rights_of: RightsOf
) -> None:
    with toolbox.database.writing() as db:
        interview = sample_transcript.add_interview(db)
        for outcome in ("success", "failure"):
            event = record_event(db, machine("w"), "fixity.checked", interview)
            event.outcome = outcome
        db.flush()
        history = event_history.interview_events(db, rights_of("ben"), db.query(Interview).one())
    assert [entry.event.outcome for entry in history.entries] == ["failure"]
