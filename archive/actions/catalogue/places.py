"""Places: administrative units with their periods, predecessors and successors.

Names and numbers were used again, so a place is a unit in one period: "Quận 2" until
1976 and "Quận 2" from 1997 to 2020 are two. What a witness called the place is stored
beside it, word for word.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from archive.access import Refused
from archive.models import Place, PlaceSuccession
from archive.text import text_input
from archive.text.vietnamese_names import collation_key
from archive.time import dates

SEED = Path(__file__).parents[2] / "seeds" / "places.csv"


class PlaceUnknown(Refused):
    """There is no place with the code `place`."""

    code = "place_unknown"


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """Predecessors and successors of a place, and the unit that contains it."""

    predecessors: Sequence[Place]
    successors: Sequence[Place]
    parent: Place | None


def seed(db: Session) -> int:
    """Insert the missing units of the seed file and return their number; existing rows stay."""
    with SEED.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["type"] != "event"]
    if db.get_bind().dialect.name == "postgresql":
        # Two servers may seed at once; SQLite has one writer at a time anyway.
        db.execute(text("LOCK TABLE place IN SHARE ROW EXCLUSIVE MODE"))
    known = {place.code: place for place in db.scalars(select(Place))}
    added = [row for row in rows if row["id"] not in known]
    for row in added:
        known[row["id"]] = _place_from_row(row)
        db.add(known[row["id"]])
    db.flush()
    pairs = set()
    for row in added:
        place = known[row["id"]]
        if row["parent"] in known:
            place.within_id = known[row["parent"]].id
        pairs |= {(code, row["id"]) for code in row["from_units"].split("|")}
        pairs |= {(row["id"], code) for code in row["to_units"].split("|")}
    for earlier, later in sorted(pairs):
        if earlier in known and later in known:
            db.merge(PlaceSuccession(before_id=known[earlier].id, after_id=known[later].id))
    db.flush()
    return len(added)


def list_places(db: Session, *, is_sample: bool = False) -> list[Place]:
    """Return the places of real records, or of samples, by name, the oldest period first."""
    return sorted(
        db.scalars(select(Place).where(Place.is_sample.is_(is_sample))),
        key=lambda p: (collation_key(_name_without_period(p)), p.valid_from),
    )


def by_optional_code(
    db: Session, code: str, *, is_sample: bool = False, current: Place | None = None
) -> Place | None:
    """Return the place with this code, None for an empty code; raises PlaceUnknown.

    Sample and real records are never linked; `current` is the place that a record has already.
    """
    if not code.strip():
        return None
    found = db.scalar(select(Place).where(Place.code == code.strip()))
    if found is None or (found.is_sample != is_sample and found is not current):
        raise PlaceUnknown(place=text_input.single_line(code)[:40])
    return found


def lineage(db: Session, place: Place) -> Lineage:
    """Load the predecessors, successors and parent of a place."""
    predecessors = (
        select(Place)
        .join(PlaceSuccession, PlaceSuccession.before_id == Place.id)
        .where(PlaceSuccession.after_id == place.id)
    )
    successors = (
        select(Place)
        .join(PlaceSuccession, PlaceSuccession.after_id == Place.id)
        .where(PlaceSuccession.before_id == place.id)
    )
    return Lineage(
        predecessors=db.scalars(predecessors.order_by(Place.code)).all(),
        successors=db.scalars(successors.order_by(Place.code)).all(),
        parent=db.get(Place, place.within_id) if place.within_id else None,
    )


def name_with_years(place: Place) -> str:
    """Return the name with its years, since names are reused: "Quận 2 (1997–2020)"."""
    first, last = _years(place)
    if first is None and last is None:
        return place.name
    return f"{_name_without_period(place)} ({first or ''}–{last or ''})"


def existed_in(place: Place, first: int | None, last: int | None) -> bool:
    """Return whether the unit existed in any of these years; True if its period is unknown."""
    begun, ended = _years(place)
    return not (
        (last is not None and begun is not None and last < begun)
        or (first is not None and ended is not None and first > ended)
    )


def _years(place: Place) -> tuple[int | None, int | None]:
    """Return the years as written: approximate dates are not widened here."""
    first = dates.year_span(place.valid_from.rstrip("~?%"))[0] if place.valid_from else None
    last = dates.year_span(place.valid_to.rstrip("~?%"))[1] if place.valid_to else None
    return first, last


def _name_without_period(place: Place) -> str:
    return place.name.partition(" (trước ")[0]


def _place_from_row(row: dict[str, str]) -> Place:
    unlisted = row["from_units"] if " " in row["from_units"] else ""
    return Place(
        code=row["id"],
        name=row["name_vi"],
        other_names=row["aliases"].replace("|", "; "),
        kind=row["type"],
        valid_from=row["valid_from"],
        valid_to="" if row["valid_to"] == ".." else row["valid_to"],
        note="; ".join(part for part in (unlisted, row["instrument"], row["note"]) if part),
    )
