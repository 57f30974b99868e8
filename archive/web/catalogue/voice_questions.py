"""Whose passages are those of a person whom the interview's form replaces by another one.

A successor is named as the form names them: a new one has no record before the form is saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request
from sqlalchemy.orm import Session

from archive import messages
from archive.actions.catalogue import contributions
from archive.actions.catalogue.contributions import SameVoices
from archive.actions.catalogue.interviews import Description
from archive.models import Contribution, Interview, Person
from archive.web.catalogue.namesake_questions import FormPeople
from archive.web.core.forms import Form, clean_field

STAYS = ""
UNDECIDED = "voice_undecided"


@dataclass(frozen=True, kw_only=True)
class VoiceQuestion:
    """A replaced speaker, with the successors by their names in the form.

    `answer` is one of these names, STAYS for another person, or None.
    """

    contribution: Contribution
    choices: Sequence[tuple[str, Person]]
    answer: str | None

    @property
    def same_voice(self) -> Person | None:
        """The person who takes over the passages."""
        return dict(self.choices).get(self.answer or STAYS)


def voice_questions(
    db: Session, interview: Interview, description: Description, people_of_form: FormPeople
) -> list[VoiceQuestion]:
    """Return the questions that the people of the form raise, with the answers it has."""
    return [
        _question(
            replaced.contribution,
            [(people_of_form.name_in_form(person), person) for person in replaced.successors],
        )
        for replaced in contributions.replaced_speakers(db, interview, description.participants)
    ]


def add_problems(form: Form, questions: Sequence[VoiceQuestion]) -> None:
    """Add a problem for the role of each question without an answer."""
    for question in questions:
        if question.answer is None:
            message = messages.for_code(UNDECIDED).beside_field
            form.problems.setdefault(question.contribution.role, message)


def same_voices(questions: Sequence[VoiceQuestion]) -> SameVoices:
    """Return who takes over which contribution."""
    return {
        question.contribution.id: person
        for question in questions
        if (person := question.same_voice) is not None
    }


def _question(contribution: Contribution, choices: Sequence[tuple[str, Person]]) -> VoiceQuestion:
    given = request.form.get(f"voice_{contribution.id}")
    answer = None if given is None else clean_field(given)
    if answer != STAYS and answer not in dict(choices):
        answer = None
    return VoiceQuestion(contribution=contribution, choices=choices, answer=answer)
