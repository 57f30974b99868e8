"""Rights: one table, one function and one piece of SQL that say the same."""

from __future__ import annotations

from itertools import chain, combinations
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from archive import access, queue
from archive.access import Action, Actor, NotAllowed, NotVisible, may
from archive.models import Interview, Job, MediaFile, TranscriptVersion, User
from archive.models.interview import AUDIENCES
from archive.models.transcript import VERSION_STATES
from archive.models.user import ROLES

# Who may do what, with an interview that is open to everybody and a text that is approved.
# x: allowed. What stands nowhere is forbidden.
POLICY = """
                 administrator archivist historian editor reviewer researcher public
view                   x           x         x       x       x         x        x
read                   x           x         x       x       x         x        x
see_history            x           x         x       x       x         .        .
create                 x           x         x       .       .         .        .
describe               x           x         x       .       .         .        .
upload                 x           x         x       .       .         .        .
see_files              x           x         x       x       x         .        .
fetch_original         x           x         .       .       .         .        .
transcribe             x           x         x       x       .         .        .
import_text            x           x         x       x       .         .        .
correct                x           x         .       x       x         .        .
approve                x           x         .       .       x         .        .
see_jobs               x           x         x       x       x         .        .
check_fixity           x           x         .       .       .         .        .
manage_people          x           x         x       .       .         .        .
manage_accounts        x           .         .       .       .         .        .
manage_office          x           .         .       .       .         .        .
"""

# Which interviews of an audience a role knows of.
KNOWN = """
             administrator archivist historian editor reviewer researcher public
public             x           x         x       x       x         x        x
registered         x           x         x       x       x         x        .
staff              x           x         x       x       x         .        .
secret             .           .         .       .       .         .        .
"""


def table(text: str) -> dict[tuple[str, str], bool]:
    head, *rows = (line.split() for line in text.strip().splitlines())
    return {
        (name, "" if role == "public" else role): mark == "x"
        for name, *marks in rows
        for role, mark in zip(head, marks, strict=True)
    }


def interview(audience: str = "public") -> Interview:
    return Interview(accession=f"LK-{audience}", title="Chuyện", audience=audience)


def version(state: str) -> TranscriptVersion:
    return TranscriptVersion(interview_id="i", number=1, language="vi", state=state)


def test_the_policy_is_the_table() -> None:
    allowed = table(POLICY)
    assert {action for action, _role in allowed} == set(get_args(Action))
    assert {role for _action, role in allowed} == {*ROLES, ""}
    owner, text = interview(), version("approved")
    for (action, role), expected in allowed.items():
        thing = text if action == "read" else owner
        decision = may(Actor(role=role), action, thing, interview=owner)  # type: ignore[arg-type]
        assert decision.allowed is expected, (action, role)
        assert decision.allowed or decision.reason in ("sign_in", "other_role")


def test_who_knows_of_what_is_the_table() -> None:
    for (audience, role), expected in table(KNOWN).items():
        decision = may(Actor(role=role), "view", interview(audience))
        assert (decision.allowed, decision.reason) == (
            (True, "") if expected else (False, "not_visible")
        ), (audience, role)


@given(
    st.sampled_from(get_args(Action)), st.sampled_from(["", *ROLES]),
    st.sampled_from([*AUDIENCES, "secret", ""]), st.sampled_from([*VERSION_STATES, "odd"]),
)  # fmt: skip
def test_what_may_not_be_known_may_not_be_touched(
    action: Action, role: str, audience: str, state: str
) -> None:
    owner, actor = interview(audience), Actor(role=role)
    file = MediaFile(role="original")
    for thing in (owner, version(state), file):
        decision = may(actor, action, thing, interview=owner)
        if audience not in actor.audiences:
            assert decision.reason == "not_visible"
            with pytest.raises(NotVisible):
                access.require(actor, action, thing, interview=owner)
        elif not decision:
            with pytest.raises(NotAllowed):
                access.require(actor, action, thing, interview=owner)


@given(st.text().filter(lambda word: word not in get_args(Action)), st.sampled_from(["", *ROLES]))
def test_an_unknown_action_is_forbidden_to_everybody(action: str, role: str) -> None:
    for thing in (None, interview()):
        assert not may(Actor(role=role), action, thing)  # type: ignore[arg-type]


@given(st.text(min_size=1).filter(lambda word: word not in ROLES), st.sampled_from(AUDIENCES))
def test_an_unknown_role_is_no_more_than_the_public(role: str, audience: str) -> None:
    stranger, nobody = Actor(user_id="u", name="X", role=role), Actor()
    owner = interview(audience)
    for action in get_args(Action):
        for thing in (None, owner, version("approved"), version("machine")):
            asked = [may(who, action, thing, interview=owner) for who in (stranger, nobody)]
            assert asked[0] == asked[1]


def test_what_belongs_to_an_interview_is_never_judged_without_it() -> None:
    for thing in (version("approved"), MediaFile(role="original")):
        with pytest.raises(ValueError, match="interview"):
            may(Actor(role="administrator"), "read", thing)


def test_what_is_made_from_an_attachment_is_for_whoever_sees_files() -> None:
    small, sound = MediaFile(role="thumbnail"), MediaFile(role="access", recording_id="r")
    for role in ("", *ROLES):
        actor = Actor(role=role)
        seen = may(actor, "view", small, interview=interview())
        assert seen == may(actor, "see_files", small, interview=interview())
        assert may(actor, "view", sound, interview=interview())


@pytest.mark.parametrize(
    "backend",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
    indirect=True,
)
def test_work_is_seen_in_lists_by_whom_the_rule_lets_see_it(db: Session) -> None:
    owners: list[Interview | None] = [None, *(interview(audience) for audience in EVERY_AUDIENCE)]
    db.add_all(filter(None, owners))
    db.flush()
    jobs = {
        db_job.id: (db_job, owner)
        for owner in owners
        for db_job in [queue.enqueue(db, "derive", interview_id=owner.id if owner else None)]
    }
    query = select(Job.id).outerjoin(Interview, Interview.id == Job.interview_id)
    for role in ("", "ghost", *ROLES):
        actor = Actor(role=role)
        allowed = {
            job.id for job, owner in jobs.values() if may(actor, "see_jobs", job, interview=owner)
        }
        assert set(db.scalars(access.visible_jobs(query, actor))) == allowed, role


def test_an_approved_text_is_corrected_by_nobody() -> None:
    for role in ROLES:
        decision = may(Actor(role=role), "correct", version("approved"), interview=interview())
        assert not decision
    editor = Actor(role="editor")
    assert may(editor, "correct", version("approved"), interview=interview()).reason == "frozen"
    assert may(editor, "correct", version("editing"), interview=interview())


def test_an_inactive_account_is_the_public() -> None:
    user = User(id="u", email="a@b.test", name="A", role="administrator", is_active=False)
    assert access.of_user(user, frozenset({"approved"})) == Actor()


STATES = (*VERSION_STATES, "odd")
EVERY_AUDIENCE = (*AUDIENCES, "secret")
CHOICES = [
    frozenset(states)
    for states in chain.from_iterable(combinations(STATES, size) for size in range(len(STATES) + 1))
]
ACTORS = [
    Actor(role=role, public_states=states) for role in ("", "ghost", *ROLES) for states in CHOICES
]


@pytest.fixture
def every_text(db: Session) -> Session:
    """An interview of every audience with a version in every state, some of them not known."""
    for audience in EVERY_AUDIENCE:
        owner = interview(audience)
        db.add(owner)
        db.flush()
        for number, state in enumerate(STATES, 1):
            db.add(
                TranscriptVersion(
                    interview_id=owner.id, number=number, language="vi", state=state
                )
            )  # fmt: skip
    db.flush()
    return db


def texts(db: Session) -> list[tuple[Interview, TranscriptVersion]]:
    return [(i, v) for i, v in db.execute(_pairs())]


def _pairs() -> Select[Interview, TranscriptVersion]:
    return select(Interview, TranscriptVersion).join(
        TranscriptVersion, TranscriptVersion.interview_id == Interview.id
    )


def test_sql_and_function_agree_for_every_text_and_everybody(every_text: Session) -> None:
    """Not a sample: every audience × every state × every role × every choice of the office."""
    db = every_text
    interviews, pairs = list(db.scalars(select(Interview))), texts(db)
    assert len(pairs) == len(EVERY_AUDIENCE) * len(STATES)
    for actor in ACTORS:
        seen = set(db.scalars(access.visible(select(Interview), actor)))
        assert seen == {i for i in interviews if may(actor, "view", i)}, actor
        read = {v.id for _i, v in db.execute(access.readable(_pairs(), actor))}
        assert read == {v.id for i, v in pairs if may(actor, "read", v, interview=i)}, actor


def test_the_index_term_is_the_same_rule(every_text: Session) -> None:
    for actor in ACTORS:
        for owner, text in texts(every_text):
            term = access.text_access_term(owner.audience, text.state, actor.public_states)
            allowed = may(actor, "read", text, interview=owner).allowed
            assert allowed == (term in actor.audiences), (actor, owner.audience, text.state)
