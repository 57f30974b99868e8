"""Access policy: the table, `may()` and the SQL conditions agree."""

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
from archive.models.vocabulary import AUDIENCES, USER_ROLES, VERSION_STATES

# Actions by role, on a public interview with an approved version.
# x: allowed. Actions not listed are forbidden.
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

# Audiences whose interviews a role may view.
VISIBLE = """
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


def test_may_follows_the_policy_table() -> None:
    allowed = table(POLICY)
    assert {action for action, _role in allowed} == set(get_args(Action))
    assert {role for _action, role in allowed} == {*USER_ROLES, ""}
    owner, text = interview(), version("approved")
    for (action, role), expected in allowed.items():
        subject = text if action == "read" else owner
        decision = may(Actor(role=role), action, subject, interview=owner)  # type: ignore[arg-type]
        assert decision.allowed is expected, (action, role)
        assert decision.allowed or decision.reason in ("sign_in", "other_role")


def test_may_view_follows_the_audience_table() -> None:
    for (audience, role), expected in table(VISIBLE).items():
        decision = may(Actor(role=role), "view", interview(audience))
        assert (decision.allowed, decision.reason) == (
            (True, "") if expected else (False, "not_visible")
        ), (audience, role)


@given(
    st.sampled_from(get_args(Action)),
    st.sampled_from(["", *USER_ROLES]),
    st.sampled_from([*AUDIENCES, "secret", ""]),
    st.sampled_from([*VERSION_STATES, "odd"]),
)
def test_actions_on_invisible_interviews_raise_not_visible(
    action: Action, role: str, audience: str, state: str
) -> None:
    owner, actor = interview(audience), Actor(role=role)
    file = MediaFile(role="original")
    for subject in (owner, version(state), file):
        decision = may(actor, action, subject, interview=owner)
        if audience not in actor.audiences:
            assert decision.reason == "not_visible"
            with pytest.raises(NotVisible):
                access.require(actor, action, subject, interview=owner)
        elif not decision:
            with pytest.raises(NotAllowed) as refused:
                access.require(actor, action, subject, interview=owner)
            assert refused.value.facts == {"reason": decision.reason, "action": action}


@given(
    st.text().filter(lambda word: word not in get_args(Action)), st.sampled_from(["", *USER_ROLES])
)
def test_may_with_unknown_action_is_refused(action: str, role: str) -> None:
    for subject in (None, interview()):
        assert not may(Actor(role=role), action, subject)  # type: ignore[arg-type]


@given(st.text(min_size=1).filter(lambda word: word not in USER_ROLES), st.sampled_from(AUDIENCES))
def test_may_with_unknown_role_equals_public(role: str, audience: str) -> None:
    unknown_role, public = Actor(user_id="u", name="X", role=role), Actor()
    owner = interview(audience)
    for action in get_args(Action):
        for subject in (None, owner, version("approved"), version("machine")):
            decisions = [
                may(actor, action, subject, interview=owner) for actor in (unknown_role, public)
            ]
            assert decisions[0] == decisions[1]


def test_may_on_version_or_file_without_interview_raises() -> None:
    for subject in (version("approved"), MediaFile(role="original")):
        with pytest.raises(ValueError, match="interview"):
            may(Actor(role="administrator"), "read", subject)


def test_may_view_attachment_derivative_needs_see_files() -> None:
    thumbnail, access_copy = MediaFile(role="thumbnail"), MediaFile(role="access", recording_id="r")
    for role in ("", *USER_ROLES):
        actor = Actor(role=role)
        visible_rows = may(actor, "view", thumbnail, interview=interview())
        assert visible_rows == may(actor, "see_files", thumbnail, interview=interview())
        assert may(actor, "view", access_copy, interview=interview())


@pytest.mark.parametrize(
    "backend",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
    indirect=True,
)
def test_visible_jobs_equals_may_see_jobs(db: Session) -> None:
    owners: list[Interview | None] = [None, *(interview(audience) for audience in EVERY_AUDIENCE)]
    db.add_all(filter(None, owners))
    db.flush()
    jobs = {
        db_job.id: (db_job, owner)
        for owner in owners
        for db_job in [queue.enqueue(db, "derive", interview_id=owner.id if owner else None)]
    }
    query = select(Job.id).outerjoin(Interview, Interview.id == Job.interview_id)
    for role in ("", "ghost", *USER_ROLES):
        actor = Actor(role=role)
        allowed = {
            job.id for job, owner in jobs.values() if may(actor, "see_jobs", job, interview=owner)
        }
        assert set(db.scalars(access.visible_jobs(query, actor))) == allowed, role


def test_may_correct_approved_version_is_refused() -> None:
    for role in USER_ROLES:
        decision = may(Actor(role=role), "correct", version("approved"), interview=interview())
        assert not decision
    editor = Actor(role="editor")
    assert may(editor, "correct", version("approved"), interview=interview()).reason == "frozen"
    assert may(editor, "correct", version("editing"), interview=interview())


def test_actor_of_inactive_user_is_public() -> None:
    user = User(id="u", email="a@b.test", name="A", role="administrator", is_active=False)
    assert access.actor_of_user(user, frozenset({"approved"})) == Actor()


STATES = (*VERSION_STATES, "odd")
EVERY_AUDIENCE = (*AUDIENCES, "secret")
CHOICES = [
    frozenset(states)
    for states in chain.from_iterable(combinations(STATES, size) for size in range(len(STATES) + 1))
]
ACTORS = [
    Actor(role=role, public_states=states)
    for role in ("", "ghost", *USER_ROLES)
    for states in CHOICES
]


@pytest.fixture
def all_versions(db: Session) -> Session:
    """Interviews of all audiences with versions in all states, including unknown values."""
    for audience in EVERY_AUDIENCE:
        owner = interview(audience)
        db.add(owner)
        db.flush()
        for number, state in enumerate(STATES, 1):
            db.add(
                TranscriptVersion(interview_id=owner.id, number=number, language="vi", state=state)
            )
    db.flush()
    return db


def texts(db: Session) -> list[tuple[Interview, TranscriptVersion]]:
    return [(i, v) for i, v in db.execute(_pairs())]


def _pairs() -> Select[Interview, TranscriptVersion]:
    return select(Interview, TranscriptVersion).join(
        TranscriptVersion, TranscriptVersion.interview_id == Interview.id
    )


def test_visible_and_readable_equal_may_for_all_combinations(all_versions: Session) -> None:
    """Exhaustive: every audience × state × role × set of public states."""
    db = all_versions
    interviews, pairs = list(db.scalars(select(Interview))), texts(db)
    assert len(pairs) == len(EVERY_AUDIENCE) * len(STATES)
    for actor in ACTORS:
        visible_rows = set(db.scalars(access.visible(select(Interview), actor)))
        assert visible_rows == {i for i in interviews if may(actor, "view", i)}, actor
        read = {v.id for _i, v in db.execute(access.readable(_pairs(), actor))}
        assert read == {v.id for i, v in pairs if may(actor, "read", v, interview=i)}, actor


def test_text_access_term_equals_may_read(all_versions: Session) -> None:
    for actor in ACTORS:
        for owner, text in texts(all_versions):
            term = access.text_access_term(owner.audience, text.state, actor.public_states)
            allowed = may(actor, "read", text, interview=owner).allowed
            assert allowed == (term in actor.audiences), (actor, owner.audience, text.state)
