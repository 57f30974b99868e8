"""Form of an interview's description: parsing, validation, merging of concurrent edits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from flask import request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from archive import messages
from archive.access import Refused, Rights
from archive.actions.catalogue import accessions, collections, interviews, people, places
from archive.actions.catalogue.contributions import PARTICIPANT_ROLES
from archive.actions.catalogue.interviews import FIRST_YEAR, LAST_YEAR, Description
from archive.models import Interview, Person, Place
from archive.time import date_phrases, dates
from archive.web.catalogue import namesake_questions
from archive.web.catalogue.namesake_questions import FormPeople
from archive.web.core import form_merge, language
from archive.web.core.forms import Form, clean_field

T = TypeVar("T")

CHECKBOX_LANGUAGES = ("vi", "en", "zh", "km", "fr")
SINGLE_FIELDS = (
    "accession",
    "title",
    "collection",
    "collection_code",
    "collection_title",
    "other_languages",
    "held_as_told",
    "held_edtf",
    "told_from",
    "told_to",
    "place_as_told",
    "place",
    "abstract",
    "keywords",
    "audience",
    "plate",
)
LIST_FIELDS = ("languages", "witness", "interviewer")
MERGED_INTERVIEW_FIELDS = tuple(
    n for n in (*SINGLE_FIELDS, *LIST_FIELDS) if not n.startswith("collection_")
)
# Above all limits of the actions, so that too long values are returned whole with a problem.
MAX_FORM_LENGTH = 200_000
FIELD_OF_CODE = {
    "accession_refused": "accession",
    "accession_taken": "accession",
    "title_missing": "title",
    "language_refused": "languages",
    "audience_refused": "audience",
    "opening_refused": "audience",
    "plate_refused": "plate",
    "held_refused": "held_edtf",
    "years_refused": "told_from",
    "collection_unknown": "collection",
    "collection_refused": "collection_code",
    "collection_taken": "collection_code",
    "collection_title_missing": "collection_title",
    "place_unknown": "place",
}
PEOPLE_PROBLEMS = ("person_name_refused", "person_name_missing")


@dataclass(frozen=True, kw_only=True)
class ParsedDate:
    """A parsed EDTF date in words, with the first and last day that it may mean."""

    edtf: str
    words: str
    earliest_on: date | None
    latest_on: date | None

    @property
    def span(self) -> str:
        """Return first and last day; empty if the words already contain them."""
        first, last = (
            dates.day_in_words(day, language.code()) if day else "…"
            for day in (self.earliest_on, self.latest_on)
        )
        is_redundant = first == last or (first in self.words and last in self.words)
        return "" if is_redundant else f"{first} – {last}"


def from_request() -> Form:
    """Return the submitted form; fields with several entries have one per line."""
    values = {
        name: clean_field(request.form.get(name, ""))[:MAX_FORM_LENGTH] for name in SINGLE_FIELDS
    }
    for name in LIST_FIELDS:
        lines = [
            clean_field(text)[:MAX_FORM_LENGTH].replace("\n", " ")
            for text in request.form.getlist(name)
        ]
        values[name] = "\n".join(line for line in lines if line)
    values[namesake_questions.FIELD] = namesake_questions.answers_from_request()
    values["was"] = request.form.get("was", "")[: 2 * MAX_FORM_LENGTH]
    values["revision"] = request.form.get("revision", "")[:12]
    return Form(values)


def empty() -> Form:
    """Return the form of a new interview; audience staff until changed."""
    return Form({"languages": "vi", "audience": "staff", "witness": "", "interviewer": ""})


def from_interview(db: Session, rights: Rights, interview: Interview) -> Form:
    """Return the form with the current values of an interview."""
    names = people.form_labels(db, rights, is_sample=interview.is_sample)
    with_checkbox = [code for code in interview.languages if code in CHECKBOX_LANGUAGES]
    values = {
        "accession": interview.accession,
        "title": interview.title,
        "collection": interview.collection.code if interview.collection else "",
        "languages": "\n".join(with_checkbox),
        "other_languages": ", ".join(c for c in interview.languages if c not in CHECKBOX_LANGUAGES),
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
    for role in PARTICIPANT_ROLES:
        values[role] = "\n".join(
            names.get(person.id, person.full_name) for person in interview.people(role)
        )
    form = Form(values)
    form.values["was"] = form_merge.snapshot(values)
    form.values["revision"] = str(interview.revision)
    return form


def to_description(
    db: Session,
    rights: Rights,
    form: Form,
    people_of_form: FormPeople,
    interview: Interview | None = None,
) -> Description:
    """Convert the form to a Description; errors are added to `form.problems`.

    People and collections named for the first time are created.
    """
    values = form.values
    if values["accession"]:
        _value_or_problem(
            form, lambda: accessions.require_free(db, values["accession"], except_for=interview)
        )
    if values["held_as_told"] and not values["held_edtf"]:
        values["held_edtf"] = date_phrases.to_edtf(values["held_as_told"])
    year_message = _("A year is four digits, from 1800 to 2100.")

    def year(name: str) -> int | None:
        return form.whole_number(name, lowest=FIRST_YEAR, highest=LAST_YEAR, message=year_message)

    description = Description(
        title=values["title"],
        collection=_value_or_problem(form, lambda: _collection(db, rights, form)),
        witnesses=_people(form, "witness", people_of_form),
        interviewers=_people(form, "interviewer", people_of_form),
        languages=[*form.lines("languages"), *_split_list(values["other_languages"])],
        held_as_told=values["held_as_told"],
        held_edtf=values["held_edtf"],
        told_from_year=year("told_from"),
        told_to_year=year("told_to"),
        place_as_told=values["place_as_told"],
        place=_value_or_problem(form, lambda: _place(db, form, interview)),
        abstract=values["abstract"],
        keywords=_split_list(values["keywords"]),
        audience=values["audience"],
        plate=values["plate"],
    )
    for refused in interviews.validate(description):
        form.add_refusal(refused, FIELD_OF_CODE)
    return description


def merge_saved(mine: Form, theirs: Form) -> tuple[Form, dict[str, str]]:
    """Merge a submitted form with a colleague's save; also return their conflicting values."""
    form, conflicts = form_merge.merge(mine, theirs, MERGED_INTERVIEW_FIELDS)
    form.values["revision"] = theirs.values["revision"]
    return form, conflicts


def parse_date(edtf: str) -> ParsedDate | None:
    """Parse an EDTF date for display; None if empty or invalid."""
    try:
        span = dates.parse(edtf)
    except dates.NotADate:
        return None
    words = dates.in_words(span.edtf, language.code())
    return ParsedDate(
        edtf=span.edtf, words=words, earliest_on=span.earliest_on, latest_on=span.latest_on
    )


def _collection(db: Session, rights: Rights, form: Form) -> Any:
    code, title = form.values["collection_code"], form.values["collection_title"]
    if code or title:
        return collections.add(db, rights, code=code, title=title)
    return collections.by_optional_code(db, form.values["collection"])


def _place(db: Session, form: Form, interview: Interview | None) -> Place | None:
    return places.by_optional_code(
        db,
        form.values["place"],
        is_sample=interview is not None and interview.is_sample,
        current=interview.place if interview is not None else None,
    )


def _people(form: Form, role: str, people_of_form: FormPeople) -> Sequence[Person]:
    """Return the people of a role; a name for which the user has to choose is a problem."""
    persons = []
    for name in form.values[role].split("\n"):
        if not name.strip():
            continue
        try:
            person = people_of_form.person(role, name)
        except Refused as refused:
            if refused.code not in PEOPLE_PROBLEMS:
                raise
            message = messages.for_code(refused.code, **refused.facts)
            form.problems[role] = message.beside_field
            continue
        if person is not None:
            persons.append(person)
        else:
            unanswered = messages.for_code(people.NamesakeExists.code, name=name)
            form.problems.setdefault(role, unanswered.beside_field)
    return persons


def _value_or_problem(form: Form, load: Callable[[], T]) -> T | None:
    try:
        return load()
    except Refused as refused:
        form.add_refusal(refused, FIELD_OF_CODE)
        return None


def _split_list(text: str) -> list[str]:
    parts = text.replace(";", "\n").replace(",", "\n").split("\n")
    return [part.strip() for part in parts if part.strip()]
