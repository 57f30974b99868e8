"""Concurrent edits of the description of an interview."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from archive.actions.catalogue import places
from archive.db import Database
from tests.support.html_pages import hidden_field, page_text
from tests.support.interview_form import (
    add_interview,
    form_state,
    form_values,
    stored_interview,
)
from tests.support.rights import rights_of_machine

ClientOf = Callable[[str | None], FlaskClient]
MACHINE = rights_of_machine("test")


def test_changes_of_different_fields_are_merged(client_of: ClientOf, database: Database) -> None:
    accession = add_interview(database)
    hoa, ben = client_of("hoa"), client_of("ben")
    first, second = form_state(hoa, accession), form_state(ben, accession)
    hoa.post(f"/en/interviews/{accession}/edit", data=form_values(abstract="của Hoa", **first))
    sent = ben.post(
        f"/en/interviews/{accession}/edit", data=form_values(keywords="của Ben", **second)
    )
    assert sent.status_code == 303
    found = stored_interview(database, accession)
    assert (found.abstract, found.keywords) == ("của Hoa", ["của Ben"])
    assert "together with what a colleague changed" in page_text(ben.get("/en/interviews"))


def test_conflict_on_the_same_field_shows_both_values(
    client_of: ClientOf, database: Database
) -> None:
    accession = add_interview(database)
    hoa, ben = client_of("hoa"), client_of("ben")
    first, second = form_state(hoa, accession), form_state(ben, accession)
    hoa.post(f"/en/interviews/{accession}/edit", data=form_values(title="Của Hoa", **first))
    conflict = ben.post(
        f"/en/interviews/{accession}/edit",
        data=form_values(title="Của Ben", abstract="cũng của Ben", **second),
    )
    assert conflict.status_code == 409
    page = page_text(conflict)
    assert "A colleague saved this description while you were writing." in page
    assert 'value="Của Ben"' in page
    assert "Saved meanwhile by a colleague:</b> Của Hoa" in page
    assert "cũng của Ben" in page
    assert stored_interview(database, accession).title == "Của Hoa"
    raw = conflict.get_data(as_text=True)
    again = {"revision": hidden_field(raw, "revision"), "was": hidden_field(raw, "was")}
    sent = ben.post(
        f"/en/interviews/{accession}/edit", data=form_values(title="Của cả hai", **again)
    )
    assert sent.status_code == 303
    assert stored_interview(database, accession).title == "Của cả hai"


def test_conflict_shows_labels_of_selected_values(client_of: ClientOf, database: Database) -> None:
    with database.writing() as db:
        places.seed(db)
    accession = add_interview(database)
    address = f"/en/interviews/{accession}/edit"
    hoa, ben = client_of("hoa"), client_of("ben")
    first, second = form_state(hoa, accession), form_state(ben, accession)
    hoa.post(address, data=form_values(languages=["en"], plate="boat", place="q2", **first))
    page = page_text(
        ben.post(address, data=form_values(languages=["fr"], plate="bike", place="q4", **second))
    )
    for words in ("English", "Cargo boat", "Quận 2 (1997–2020)"):
        assert f"Saved meanwhile by a colleague:</b> {words}" in page
