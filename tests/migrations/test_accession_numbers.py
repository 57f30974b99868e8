"""Revision 0013: present numbers and those of the creation are kept for ever."""

from __future__ import annotations

from datetime import UTC, datetime

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

PRESENT = [
    ("moved", "VP-7", 1),  # was LK-1, then a number that no event holds
    ("given again", "LK-2", 3),  # its number had been that of another one
    ("older", "LK-3", 4),
    ("case", "lk-3", 5),
    ("lost", "LK-2-b", 2),  # was LK-2
]
CREATED: list[tuple[str, dict[str, object]]] = [
    ("moved", {"accession": "LK-1", "audience": "staff"}),
    ("lost", {"accession": "lk-2", "audience": "staff"}),
    ("given again", {"accession": "LK-2", "audience": "staff"}),
    ("older", {"accession": "LK-3", "audience": "staff"}),
    ("removed", {"accession": "LK-9", "audience": "staff"}),
    ("case", {"dates": []}),
]


@ON_BOTH_DATABASES
def test_numbers_before_the_revision_lead_to_their_interviews(url: str) -> None:
    upgrade_to(url, "0012")
    filled = fill(url)
    tables = reflect_tables(url).tables
    change(url, "DELETE FROM outbox")
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(
            insert(tables["interview"]),
            [
                {
                    **filled["interview"],
                    "id": name,
                    "accession": number,
                    "created_at": datetime(2026, 1, day, tzinfo=UTC),
                }
                for name, number, day in PRESENT
            ],
        )
        connection.execute(
            insert(tables["event"]),
            [
                {
                    **filled["event"],
                    "number": 100 + number,
                    "id": f"event {number}",
                    "kind": "interview.created",
                    "subject_id": name,
                    "detail": detail,
                }
                for number, (name, detail) in enumerate(CREATED)
            ],
        )
    engine.dispose()
    migrations.upgrade(url)
    after = reflect_tables(url).tables
    kept = {
        r["key"]: (r["number"], r["interview_id"]) for r in rows(after["accession_number"], url)
    }
    other = filled["interview"]
    assert kept.pop(other["accession"].lower()) == (other["accession"], other["id"])
    assert kept == {
        "vp-7": ("VP-7", "moved"),
        "lk-1": ("LK-1", "moved"),
        "lk-2": ("LK-2", "given again"),
        "lk-2-b": ("LK-2-b", "lost"),
        "lk-3": ("LK-3", "older"),
    }
    assert {(r["interview_id"], r["reason"]) for r in rows(after["outbox"], url)} == {
        ("moved", "renumbered")
    }
