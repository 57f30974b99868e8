"""Revision 0009: what a file brought is no longer stored as heard; what a person heard is."""

from __future__ import annotations

from sqlalchemy import insert

from archive import migrations
from archive.db import make_engine
from tests.migrations.filled_database import (
    ON_BOTH_DATABASES,
    change,
    fill,
    reflect_tables,
    rows,
    upgrade_to,
)


@ON_BOTH_DATABASES
def test_imported_words_are_unheard_until_a_person_changed_and_heard_them(url: str) -> None:
    upgrade_to(url, "0008")
    filled = fill(url)
    tables = reflect_tables(url).tables
    change(url, "DELETE FROM segment_draft", "DELETE FROM segment_revision", "DELETE FROM segment")
    change(url, "UPDATE transcript_version SET based_on_id = NULL, kind = 'imported'")
    first = {**filled["transcript_version"], "kind": "imported", "based_on_id": None}
    versions = [
        {**first, "id": "copy", "number": 8, "kind": "corrected", "based_on_id": first["id"]},
        {**first, "id": "machine", "number": 9, "kind": "machine"},
    ]
    segments, revisions = [], []

    def add(name: str, version: str, position: str, *history: tuple[str, str]) -> None:
        """Add a segment that is heard, with the kind and the text of each revision."""
        shared: dict[str, str | None] = {
            "version_id": version,
            "state": "heard",
            "text": history[-1][1],
        }
        blank = {"recording_id": None, "contribution_id": None, "ended_at": None}
        segments.append({**filled["segment"], **blank, **shared, "id": name, "position": position})
        for number, (kind, text) in enumerate(history, start=1):
            revisions.append(
                {
                    **filled["segment_revision"],
                    **{**shared, "text": text, "contribution_id": None},
                    "id": f"{name}{number}",
                    "segment_id": name,
                    "revision": number,
                    "kind": kind,
                }
            )

    for version, prefix in ((first["id"], ""), ("copy", "copied ")):
        add(f"{prefix}untouched", version, "a", ("made", "Ừ."))
        add(f"{prefix}named", version, "b", ("made", "Ừ."), ("speaker", "Ừ."))
    add("changed", first["id"], "c", ("made", "Ừ."), ("edit", "Ừ, phải."))
    add("copied changed", "copy", "c", ("made", "Ừ, phải."))
    add("by machine", "machine", "a", ("made", "Ừ."))
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(insert(tables["transcript_version"]), versions)
        connection.execute(insert(tables["segment"]), segments)
        connection.execute(insert(tables["segment_revision"]), revisions)
    engine.dispose()
    migrations.upgrade(url)
    heard = {"changed", "copied changed", "by machine"}
    after = reflect_tables(url).tables
    assert {r["id"] for r in rows(after["segment"], url) if r["state"] == "heard"} == heard
    stored = rows(after["segment_revision"], url)
    assert {r["segment_id"] for r in stored if r["state"] == "heard"} == heard
    assert len(stored) == len(revisions)
