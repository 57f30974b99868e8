"""Revision 0010: versions approved before keep the names that their speakers have then."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from sqlalchemy import insert, update

from archive import migrations
from archive.db import make_engine
from tests.migrations.filled_database import (
    ON_BOTH_DATABASES,
    Rows,
    assert_rows_kept,
    fill,
    reflect_tables,
    rows,
    upgrade_to,
)

NAMED = {"full_name": "Nguyễn Thị Mười", "given_name": "Mười", "honorific": "Bà"}
LABELLED = {"role": "witness", "speaker_label": "Má Sáu"}
ASKING = {"role": "interviewer", "speaker_label": ""}
STATES = (("V2", "approved"), ("V3", "corrected"), ("V4", "approved"))


def add_people_and_versions(url: str, filled: Rows) -> None:
    """Add an interviewer, an interview of other people, and three versions of the first one."""
    witness, version = filled["contribution"], filled["transcript_version"]
    added: dict[str, list[dict[str, Any]]] = {
        "person": [{**filled["person"], **NAMED, "id": "P2"}],
        "interview": [{**filled["interview"], "id": "I2", "accession": "LK-2"}],
        "contribution": [
            {**witness, **ASKING, "id": "C2", "person_id": "P2"},
            {**witness, "id": "C3", "interview_id": "I2"},
        ],
        "transcript_version": [
            {**version, "id": name, "number": number, "state": state, "based_on_id": None}
            for number, (name, state) in enumerate(STATES, start=20)
        ],
    }
    tables, engine = reflect_tables(url).tables, make_engine(url)
    with engine.begin() as connection:
        for name, new_rows in added.items():
            connection.execute(insert(tables[name]), new_rows)
        connection.execute(
            update(tables["contribution"])
            .where(tables["contribution"].c.id == witness["id"])
            .values(LABELLED)
        )
    engine.dispose()
    filled["contribution"] = witness | LABELLED


@ON_BOTH_DATABASES
def test_upgrade_keeps_names_and_roles_of_approved_versions(url: str) -> None:
    upgrade_to(url, "0009")
    filled = fill(url)
    add_people_and_versions(url, filled)
    migrations.upgrade(url)
    kept = rows(reflect_tables(url).tables["approved_speaker"], url)
    witness, person = filled["contribution"], filled["person"]
    named = [
        {"contribution_id": witness["id"], "person_id": person["id"], **LABELLED}
        | {name: person[name] for name in NAMED},
        {"contribution_id": "C2", "person_id": "P2", **ASKING, **NAMED},
    ]
    expected = [{"version_id": one, **speaker} for one in ("V2", "V4") for speaker in named]
    key = itemgetter("version_id", "contribution_id")
    assert sorted(kept, key=key) == sorted(expected, key=key)
    assert_rows_kept(filled, url)
