"""Which person a name of the interview's form means, where people of this name are known.

A witness is never linked to a record by the name alone, since another person may have it. Of
interviewers, who are few and come again, there is a question only where several have the name.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from flask import request
from sqlalchemy.orm import Session

from archive.access import Rights
from archive.actions.catalogue import people
from archive.actions.catalogue.contributions import PARTICIPANT_ROLES
from archive.actions.catalogue.people import PersonFacts
from archive.models import Interview, Person
from archive.text import text_input
from archive.web.core.forms import Form, clean_field

ANOTHER = "another"
FIELD = "namesake_answers"
MOST_QUESTIONS = 60  # as many as a form can name people


@dataclass(frozen=True, kw_only=True)
class NamesakeQuestion:
    """A name with the people who have it; `answer` is an id, ANOTHER or empty."""

    name: str
    answer: str
    choices: Sequence[tuple[Person, Sequence[Interview]]]


def answers_from_request() -> str:
    """Return the answers of the submitted form as the value of FIELD."""
    named = request.form.getlist("namesake")[:MOST_QUESTIONS]
    answers = {
        _key(clean_field(name)): request.form.get(f"namesake_{number}", "")[:40]
        for number, name in enumerate(named)
    }
    return json.dumps(answers)


class FormPeople:
    """Finds the people whom the names of one form mean, and creates those of new names.

    `questions` are those about the names, each name once, with the answer so far.
    """

    def __init__(
        self, db: Session, rights: Rights, form: Form, interview: Interview | None
    ) -> None:
        self._db = db
        self._rights = rights
        self._answers: dict[str, str] = json.loads(form.values.get(FIELD) or "{}")
        self._is_sample = interview is not None and interview.is_sample
        contributions = interview.contributions if interview is not None else []
        self._of_interview = {contribution.person_id for contribution in contributions}
        self._created: dict[str, Person] = {}  # one person, also where both roles name them
        self._names: dict[str, str] = {}
        # Before any is created: a name that this form brings is no question when it comes back.
        self.questions = self._questions(form)

    def name_in_form(self, person: Person) -> str:
        """Return the name or label by which the form names a person that it found."""
        return self._names.get(person.id, "")

    def person(self, role: str, name: str) -> Person | None:
        """Return the person whom a name means; None where the user has not answered.

        Raises the refusals of `people` for a name that cannot be stored.
        """
        found = self._person(role, name)
        if found is not None:
            self._names[found.id] = text_input.single_line(name)
        return found

    def _person(self, role: str, name: str) -> Person | None:
        if created := self._created.get(_key(name)):
            return created
        found, must_choose = self._candidates(role, name)
        answer = self._answers.get(_key(name), "")
        if must_choose and answer != ANOTHER:
            return next((person for person in found if person.id == answer), None)
        if found and not must_choose:
            return found[0]
        facts = PersonFacts(full_name=name)
        created = people.add(self._db, self._rights, facts, is_sample=self._is_sample)
        self._created[_key(name)] = created
        return created

    def _questions(self, form: Form) -> list[NamesakeQuestion]:
        by_name: dict[str, NamesakeQuestion] = {}
        for role in PARTICIPANT_ROLES:
            for name in form.values.get(role, "").split("\n")[:MOST_QUESTIONS]:
                found, must_choose = self._candidates(role, name)
                if must_choose:
                    question = NamesakeQuestion(
                        name=text_input.single_line(name),
                        answer=self._answers.get(_key(name), ""),
                        choices=people.with_interviews(self._db, self._rights, found),
                    )
                    by_name.setdefault(_key(name), question)
        return list(by_name.values())

    def _candidates(self, role: str, name: str) -> tuple[list[Person], bool]:
        """Return the people whom a name can mean, and whether the user has to choose."""
        bearers = people.with_exact_name(self._db, name, is_sample=self._is_sample)
        if not bearers:
            by_label = people.with_name_or_label(self._db, name, is_sample=self._is_sample)
            return by_label, len(by_label) > 1
        known = [person for person in bearers if person.id in self._of_interview]
        if len(known) == 1:
            return known, False
        return bearers, len(bearers) > 1 or role == "witness"


def _key(name: str) -> str:
    return text_input.single_line(name).casefold()
