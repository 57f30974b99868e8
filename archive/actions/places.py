"""Places: the units of the city in their times, and which came out of which.

Names and numbers were used again, so a place is a unit in one period: "Quận 2" until
1976 and "Quận 2" from 1997 to 2020 are two. What a witness called the place is kept
beside it, word for word.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from archive import dates
from archive.access import Refused
from archive.actions import typed
from archive.models import Place, PlaceSuccession
from archive.names import collation_key

SEED = Path(__file__).parent.parent / "seeds" / "places.csv"


class PlaceUnknown(Refused):
    """There is no place of this `place` code."""

    code = "place_unknown"


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """What a unit came out of, what came out of it, and what it lies in."""

    before: Sequence[Place]
    after: Sequence[Place]
    within: Place | None


def seed(db: Session) -> int:
    """Add the known units that are not there yet; changes nothing that is. How many were added."""
    with SEED.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["type"] != "event"]
    if db.get_bind().dialect.name == "postgresql":
        # Two machines may be set up at once; SQLite has one writer at a time anyway.
        db.execute(text("LOCK TABLE place IN SHARE ROW EXCLUSIVE MODE"))
    known = {place.code: place for place in db.scalars(select(Place))}
    fresh = [row for row in rows if row["id"] not in known]
    for row in fresh:
        known[row["id"]] = _place(row)
        db.add(known[row["id"]])
    db.flush()
    pairs = set()
    for row in fresh:
        place = known[row["id"]]
        if row["parent"] in known:
            place.within_id = known[row["parent"]].id
        pairs |= {(code, row["id"]) for code in row["from_units"].split("|")}
        pairs |= {(row["id"], code) for code in row["to_units"].split("|")}
    for before, after in sorted(pairs):
        if before in known and after in known:
            db.merge(PlaceSuccession(before_id=known[before].id, after_id=known[after].id))
    db.flush()
    return len(fresh)


def listed(db: Session) -> list[Place]:
    """Every place by name, the oldest period first."""
    return sorted(db.scalars(select(Place)), key=lambda p: (collation_key(_bare(p)), p.valid_from))


def chosen(db: Session, code: str) -> Place | None:
    """The place that a form names; None for an empty code."""
    if not code.strip():
        return None
    found = db.scalar(select(Place).where(Place.code == code.strip()))
    if found is None:
        raise PlaceUnknown(place=typed.line(code)[:40])
    return found


def lineage(db: Session, place: Place) -> Lineage:
    """The neighbours of a unit in time, and the one around it."""
    before = (
        select(Place)
        .join(PlaceSuccession, PlaceSuccession.before_id == Place.id)
        .where(PlaceSuccession.after_id == place.id)
    )
    after = (
        select(Place)
        .join(PlaceSuccession, PlaceSuccession.after_id == Place.id)
        .where(PlaceSuccession.before_id == place.id)
    )
    return Lineage(
        before=db.scalars(before.order_by(Place.code)).all(),
        after=db.scalars(after.order_by(Place.code)).all(),
        within=db.get(Place, place.within_id) if place.within_id else None,
    )


def label(place: Place) -> str:
    """The name with its years, since the name alone may be several units: Quận 2 (1997–2020)."""
    first, last = _years(place)
    if first is None and last is None:
        return place.name
    return f"{_bare(place)} ({first or ''}–{last or ''})"


def stood(place: Place, first: int | None, last: int | None) -> bool:
    """Whether the unit stood in any of these years; True where nothing is known."""
    begun, ended = _years(place)
    return not (
        (last is not None and begun is not None and last < begun)
        or (first is not None and ended is not None and first > ended)
    )


def _years(place: Place) -> tuple[int | None, int | None]:
    """Years as they are written: an approximate day is not widened here."""
    first = dates.year_span(place.valid_from.rstrip("~?%"))[0] if place.valid_from else None
    last = dates.year_span(place.valid_to.rstrip("~?%"))[1] if place.valid_to else None
    return first, last


def _bare(place: Place) -> str:
    return place.name.partition(" (trước ")[0]


def _place(row: dict[str, str]) -> Place:
    unlisted = row["from_units"] if " " in row["from_units"] else ""
    return Place(
        code=row["id"], name=row["name_vi"], other_names=row["aliases"].replace("|", "; "),
        kind=row["type"], valid_from=row["valid_from"],
        valid_to="" if row["valid_to"] == ".." else row["valid_to"],
        note="; ".join(part for part in (unlisted, row["instrument"], row["note"]) if part),
    )  # fmt: skip
