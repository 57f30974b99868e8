"""The form of a description: what was typed, what it means, and two people typing at once.

`was` travels with the form: the values as they were when it was opened. From them, what
was typed and what a colleague saved meanwhile, `merged` keeps every change that only one
of the two made, and names the fields that both have changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from flask import request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from archive import dates, told_dates
from archive.access import Actor, Refused
from archive.actions import accessions, collections, interviews, people, places
from archive.actions.interviews import FIRST_YEAR, LAST_YEAR, Description
from archive.models import Interview, Person
from archive.web import language, messages
from archive.web.forms import Form, clean

T = TypeVar("T")

LANGUAGES = ("vi", "en", "zh", "km", "fr")
SINGLE = (
    "accession", "title", "collection", "collection_code", "collection_title",
    "other_languages", "held_as_told", "held_edtf", "told_from", "told_to",
    "place_as_told", "place", "abstract", "keywords", "audience", "plate",
)  # fmt: skip
SEVERAL = ("languages", "witness", "interviewer")
MERGED = tuple(n for n in (*SINGLE, *SEVERAL) if not n.startswith("collection_"))
# Longer than anything that is taken, so that what is too long comes back whole with a reason.
MOST = 200_000
FIELD_OF_CODE = {
    "accession_refused": "accession", "accession_taken": "accession", "title_missing": "title",
    "language_refused": "languages", "audience_refused": "audience", "plate_refused": "plate",
    "held_refused": "held_edtf", "years_refused": "told_from",
    "collection_unknown": "collection", "collection_refused": "collection_code",
    "collection_taken": "collection_code", "collection_title_missing": "collection_title",
    "place_unknown": "place",
}  # fmt: skip
PEOPLE_PROBLEMS = ("several_people", "person_name_refused", "person_name_missing")


@dataclass(frozen=True, kw_only=True)
class DateRead:
    """How an EDTF is understood, in words, with the days that it can mean."""

    edtf: str
    words: str
    earliest_on: date | None
    latest_on: date | None

    @property
    def span(self) -> str:
        """The first and the last day that can be meant; empty where the words say as much."""
        first, last = (f"{d:%d-%m-%Y}" if d else "…" for d in (self.earliest_on, self.latest_on))
        is_said = first == last or (first in self.words and last in self.words)
        return "" if is_said else f"{first} – {last}"


def read() -> Form:
    """The form as it was typed; fields with several entries hold one a line."""
    values = {name: clean(request.form.get(name, ""))[:MOST] for name in SINGLE}
    for name in SEVERAL:
        lines = [clean(text)[:MOST].replace("\n", " ") for text in request.form.getlist(name)]
        values[name] = "\n".join(line for line in lines if line)
    values["was"] = request.form.get("was", "")[: 2 * MOST]
    values["revision"] = request.form.get("revision", "")[:12]
    return Form(values)


def fresh() -> Form:
    """The form of an interview that is not there yet: closed until somebody opens it."""
    return Form({"languages": "vi", "audience": "staff", "witness": "", "interviewer": ""})


def of(db: Session, actor: Actor, interview: Interview) -> Form:
    """The form of an interview as it is now."""
    names = people.labels(db, actor, is_sample=interview.is_sample)
    known = [code for code in interview.languages if code in LANGUAGES]
    values = {
        "accession": interview.accession,
        "title": interview.title,
        "collection": interview.collection.code if interview.collection else "",
        "languages": "\n".join(known),
        "other_languages": ", ".join(c for c in interview.languages if c not in LANGUAGES),
        "held_as_told": interview.held_as_told,
        "held_edtf": interview.held_edtf,
        "told_from": str(interview.told_from_year or ""),
        "told_to": str(interview.told_to_year or ""),
        "place_as_told": interview.place_as_told,
        "place": interview.place.code if interview.place else "",
        "abstract": interview.abstract,
        "keywords": "; ".join(interview.keywords),
        "audience": interview.audience,
        "plate": interview.plate,
    }
    for role in interviews.ROLES:
        values[role] = "\n".join(
            names.get(person.id, person.full_name) for person in interview.people(role)
        )
    form = Form(values)
    form.values["was"] = json.dumps(values, ensure_ascii=False)
    form.values["revision"] = str(interview.revision)
    return form


def described(
    db: Session, actor: Actor, form: Form, interview: Interview | None = None
) -> Description:
    """What the form means; `interview` is the one that it describes, if there is one yet.

    `form.problems` says what is wrong with it. People and collections that are named for
    the first time are made.
    """
    values = form.values
    is_sample = interview is not None and interview.is_sample
    if values["accession"]:
        _tried(form, lambda: accessions.free(db, values["accession"], but_for=interview))
    if values["held_as_told"] and not values["held_edtf"]:
        values["held_edtf"] = told_dates.read(values["held_as_told"])
    said = _("A year is four digits, from 1800 to 2100.")

    def year(name: str) -> int | None:
        return form.whole(name, lowest=FIRST_YEAR, highest=LAST_YEAR, sentence=said)

    told = Description(
        title=values["title"],
        collection=_tried(form, lambda: _collection(db, actor, form)),
        witnesses=_people(db, actor, form, "witness", is_sample=is_sample),
        interviewers=_people(db, actor, form, "interviewer", is_sample=is_sample),
        languages=[*form.lines("languages"), *_listed(values["other_languages"])],
        held_as_told=values["held_as_told"],
        held_edtf=values["held_edtf"],
        told_from_year=year("told_from"),
        told_to_year=year("told_to"),
        place_as_told=values["place_as_told"],
        place=_tried(form, lambda: places.chosen(db, values["place"])),
        abstract=values["abstract"],
        keywords=_listed(values["keywords"]),
        audience=values["audience"],
        plate=values["plate"],
    )
    for refused in interviews.faults(told):
        tell(form, refused)
    return told


def tell(form: Form, refused: Refused) -> None:
    """Put the sentence of a refusal beside its field; raises it again when it has none."""
    name = FIELD_OF_CODE.get(refused.code) or str(refused.facts.get("field", ""))
    if not name:
        raise refused
    said = messages.for_code(refused.code, **refused.facts)
    form.problems.setdefault(name, said.beside_field)


def merged(mine: Form, theirs: Form) -> tuple[Form, dict[str, str]]:
    """My form on top of a colleague's saving, and their values of the fields we both changed."""
    was = _was(mine)
    kept, both = dict(mine.values), {}
    for name in MERGED:
        my, their = mine.values.get(name, ""), theirs.values.get(name, "")
        if my == their:
            continue
        if my == was.get(name):
            kept[name] = their
        elif their != was.get(name):
            both[name] = their
    kept["revision"], kept["was"] = theirs.values["revision"], theirs.values["was"]
    return Form(kept, dict(mine.problems)), both


def date_read(edtf: str) -> DateRead | None:
    """The reading of an EDTF for the eye; None for an empty or a wrong one."""
    try:
        span = dates.parse(edtf)
    except dates.NotADate:
        return None
    words = dates.in_words(span.edtf, language.chosen())
    return DateRead(
        edtf=span.edtf, words=words, earliest_on=span.earliest_on, latest_on=span.latest_on
    )


def _was(form: Form) -> dict[str, Any]:
    try:
        found = json.loads(form.values.get("was", ""))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _collection(db: Session, actor: Actor, form: Form) -> Any:
    code, title = form.values["collection_code"], form.values["collection_title"]
    if code or title:
        return collections.add(db, actor, code=code, title=title)
    return collections.chosen(db, form.values["collection"])


def _people(
    db: Session, actor: Actor, form: Form, role: str, *, is_sample: bool
) -> Sequence[Person]:
    found = []
    for name in form.values[role].split("\n"):
        if not name.strip():
            continue
        try:
            found.append(people.meant(db, actor, name, is_sample=is_sample))
        except Refused as refused:
            if refused.code not in PEOPLE_PROBLEMS:
                raise
            said = messages.for_code(refused.code, **refused.facts)
            form.problems[role] = said.beside_field
    return found


def _tried(form: Form, find: Callable[[], T]) -> T | None:
    try:
        return find()
    except Refused as refused:
        tell(form, refused)
        return None


def _listed(text: str) -> list[str]:
    parts = text.replace(";", "\n").replace(",", "\n").split("\n")
    return [part.strip() for part in parts if part.strip()]
