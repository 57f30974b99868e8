"""The form of an interview: its submitted values, and what is stored."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy import select

from archive.actions.catalogue import interviews
from archive.actions.catalogue.interviews import Description
from archive.db import Database
from archive.models import Interview
from tests.support.html_pages import hidden_field
from tests.support.rights import rights_of_machine


def add_interview(database: Database, **values: object) -> str:
    """Add a public interview with these values; return its accession number."""
    with database.writing() as db:
        facts: dict[str, object] = {"title": "Một", "audience": "public", **values}
        description = Description(**facts)  # type: ignore[arg-type]
        return interviews.create(db, rights_of_machine("test"), description).accession


def stored_interview(database: Database, accession: str) -> Interview:
    """Return the interview with its people and collection loaded."""
    with database.reading() as db:
        found = db.scalars(select(Interview).where(Interview.accession == accession)).one()
        assert all(c.person.full_name for c in found.contributions)
        assert found.collection is None or found.collection.code
        return found


def form_state(client: FlaskClient, accession: str) -> dict[str, str]:
    """Return the hidden values of the open form."""
    page = client.get(f"/en/interviews/{accession}/edit").get_data(as_text=True)
    return {"revision": hidden_field(page, "revision"), "was": hidden_field(page, "was")}


def form_values(**typed: object) -> dict[str, object]:
    """Return the fields of a complete form, with these values."""
    return {"title": "Một", "audience": "staff", "languages": ["vi"], **typed}
