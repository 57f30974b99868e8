"""The access rules as SQL agree with `may()`: all combinations, and generated databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import chain, combinations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from archive import access, queue
from archive.access import READER_ACTIONS, Grant, ReaderAction, Rights, Scope, may
from archive.models import Collection, Interview, Job, Recording, TranscriptVersion
from archive.models.base import new_id
from archive.models.vocabulary import AUDIENCES, USER_ROLES, VERSION_STATES
from archive.settings import Settings
from tests.support.rights import ClosedUntil, rights_of_machine, rights_of_role

STATES = (*VERSION_STATES, "odd")
EVERY_AUDIENCE = (*AUDIENCES, "secret")
ROLES = ("", "ghost", *USER_ROLES)
CHOICES = [
    frozenset(states)
    for states in chain.from_iterable(combinations(STATES, size) for size in range(len(STATES) + 1))
]
EVERYBODY = [rights_of_role(role, public_states=states) for role in ROLES for states in CHOICES]
OFFICE_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.fixture
def all_versions(db: Session) -> Session:
    """Interviews of all audiences with versions in all states, including unknown values."""
    for audience in EVERY_AUDIENCE:
        add_interview(db, audience, STATES)
    return db


def add_interview(
    db: Session, audience: str, states: tuple[str, ...], collection_id: str | None = None
) -> Interview:
    number = new_id()
    owner = Interview(
        id=number, accession=number, title="C", audience=audience, collection_id=collection_id
    )
    db.add(owner)
    db.flush()
    db.add_all(Recording(interview_id=owner.id, part=part) for part in (1, 2))
    for n, state in enumerate(states, 1):
        db.add(TranscriptVersion(interview_id=owner.id, number=n, language="vi", state=state))
    db.flush()
    return owner


def every_pair() -> Select[Interview, TranscriptVersion]:
    return select(Interview, TranscriptVersion).join(
        TranscriptVersion, TranscriptVersion.interview_id == Interview.id
    )


def texts(db: Session) -> list[tuple[Interview, TranscriptVersion]]:
    return [(i, v) for i, v in db.execute(every_pair())]


def may_read(rights: Rights, interview: Interview, recording: Recording) -> bool:
    """Return whether words of a recording may be read, in a version of any state."""
    approved = TranscriptVersion(interview_id=interview.id, state="approved")
    in_any_state = replace(rights, public_states=frozenset({"approved"}))
    return bool(may(in_any_state, "read", Scope(interview, approved, recording_id=recording.id)))


def assert_sql_equals_may(db: Session, rights: Rights) -> None:
    interviews = list(db.scalars(select(Interview)))
    visible = set(db.scalars(access.visible(select(Interview), rights)))
    assert visible == {i for i in interviews if may(rights, "know", Scope(i))}, rights
    recordings = select(Recording, Interview).join(
        Interview, Interview.id == Recording.interview_id
    )
    admitted = {r.id for r, _i in db.execute(access.readable_recordings(recordings, rights))}
    assert admitted == {r.id for r, i in db.execute(recordings) if may_read(rights, i, r)}, rights
    known = {r.id for r, _i in db.execute(access.in_known_recordings(recordings, rights))}
    assert known == {r.id for i in interviews for r in access.known_recordings(rights, i)}, rights
    readable = {v.id for _i, v in db.execute(access.readable(every_pair(), rights))}
    assert readable == {v.id for i, v in texts(db) if may(rights, "read", Scope(i, v))}, rights


def test_visible_and_readable_equal_may_for_all_combinations(all_versions: Session) -> None:
    """Exhaustive: every audience × state × role × set of public states."""
    assert len(texts(all_versions)) == len(EVERY_AUDIENCE) * len(STATES)
    for rights in EVERYBODY:
        assert_sql_equals_may(all_versions, rights)


def test_text_access_term_equals_may_read(all_versions: Session) -> None:
    for rights in EVERYBODY:
        for owner, text in texts(all_versions):
            term = access.text_access_term(owner.audience, text.state, rights.public_states)
            allowed = may(rights, "read", Scope(owner, text)).allowed
            assert allowed == (term in rights.actor.audiences), (rights, owner.audience, text.state)


def test_visible_jobs_equals_may_see_jobs(db: Session) -> None:
    owners = [None, *(add_interview(db, audience, ()) for audience in EVERY_AUDIENCE)]
    jobs = [
        (queue.enqueue(db, "derive", interview_id=owner.id if owner else None), owner)
        for owner in owners
    ]
    query = select(Job.id).outerjoin(Interview, Interview.id == Job.interview_id)
    for role in ROLES:
        rights = rights_of_role(role)
        allowed = {job.id for job, owner in jobs if may(rights, "see_jobs", Scope(owner, job))}
        assert set(db.scalars(access.visible_jobs(query, rights))) == allowed, role


days = st.dates(date(2026, 11, 28), date(2026, 12, 2))
some_actions = st.frozensets(st.sampled_from(READER_ACTIONS))


@st.composite
def rights_in(draw: st.DrawFn, interview_ids: list[str], owner_ids: list[str]) -> Rights:
    """Draw the rights of anybody, on any day, with any rules and grants on these things."""
    rules = st.builds(
        ClosedUntil,
        about=st.sampled_from(interview_ids + owner_ids),
        admits=st.sampled_from(AUDIENCES),
        actions=some_actions,
        opens=days,
        span_ms=st.none() | st.just((12_000, 20_000)),
    )
    grants = st.builds(
        Grant,
        interview_id=st.sampled_from(interview_ids),
        actions=some_actions,
        last_day=st.none() | days,
    )
    return rights_of_role(
        draw(st.sampled_from(ROLES)),
        on=draw(days),
        public_states=draw(st.sampled_from(CHOICES)),
        rules=tuple(draw(st.lists(rules, max_size=4))),
        grants=draw(st.frozensets(grants, max_size=2)),
    )


@hypothesis_settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_visible_and_readable_equal_may_in_generated_databases(
    db: Session, data: st.DataObject
) -> None:
    """Any interviews, texts, rules, grants, reader and day; a rule of an owner counts."""
    with db.begin_nested() as savepoint:
        collections = [Collection(id=new_id(), code=new_id(), title="B") for _ in range(2)]
        db.add_all(collections)
        db.flush()
        owned = st.none() | st.sampled_from([c.id for c in collections])
        shape = st.tuples(
            st.sampled_from(EVERY_AUDIENCE), st.lists(st.sampled_from(STATES), max_size=3), owned
        )
        interviews = [
            add_interview(db, audience, tuple(states), collection_id)
            for audience, states, collection_id in data.draw(
                st.lists(shape, min_size=1, max_size=5)
            )
        ]
        ids = [interview.id for interview in interviews]
        owners = [c.id for c in collections] + list(db.scalars(select(Recording.id)))
        for rights in data.draw(st.lists(rights_in(ids, owners), min_size=1, max_size=4)):
            assert_sql_equals_may(db, rights)
        savepoint.rollback()


def test_a_rule_opens_at_midnight_of_the_office(db: Session, settings: Settings) -> None:
    office = replace(settings, timezone=OFFICE_ZONE.key)
    midnight = datetime(2026, 12, 1, tzinfo=OFFICE_ZONE)
    interview = add_interview(db, "public", ("approved",))
    [(_owner, text)] = texts(db)
    every_action = frozenset(READER_ACTIONS)
    for about in (interview.id, "01ANOTHER"):
        rule = ClosedUntil(about=about, admits="staff", actions=every_action, opens=midnight.date())
        for instant in (midnight - timedelta(seconds=1), midnight):
            rights = rights_of_role("", on=office.day_of(instant), rules=(rule,))
            is_open = instant == midnight or about != interview.id
            for action in READER_ACTIONS:
                decision = may(rights, action, Scope(interview, text))
                assert decision.reason == ("" if is_open else "not_visible"), (instant, action)
            assert_sql_equals_may(db, rights)
            assert bool(db.scalars(access.visible(select(Interview), rights)).all()) is is_open
        staff = rights_of_machine("test")
        assert may(staff, "read", Scope(interview, text))


def test_a_rule_of_one_action_leaves_the_others(db: Session) -> None:
    interview = add_interview(db, "public", ("approved",))
    [(_owner, text)] = texts(db)
    for closed in READER_ACTIONS[1:]:
        rule = ClosedUntil(
            about=interview.id, admits="staff", actions=frozenset({closed}), opens=date.max
        )
        rights = rights_of_role("researcher", rules=(rule,))
        for action in READER_ACTIONS:
            decision = may(rights, action, Scope(interview, text))
            is_closed = action == closed or (closed, action) == ("read", "download")
            assert decision.reason == ("closed" if is_closed else ""), (closed, action)


def test_a_rule_of_a_recording_closes_that_recording_alone(db: Session) -> None:
    interview = add_interview(db, "public", ())
    interview.recordings = [Recording(id=f"r{part}", part=part) for part in (1, 2)]
    rule = ClosedUntil(about="r1", admits="staff", actions=frozenset({"hear"}), opens=date.max)
    rights = rights_of_role("", rules=(rule,))
    assert may(rights, "hear", Scope(interview, recording_id="r1")).reason == "closed"
    assert may(rights, "hear", Scope(interview, recording_id="r2"))


def test_a_recording_is_known_while_a_rule_closes_only_a_part_of_it(db: Session) -> None:
    interview = add_interview(db, "public", ("approved",))
    recording = interview.recordings[0]
    [(_owner, text)] = texts(db)
    rule = ClosedUntil(
        about=recording.id,
        admits="staff",
        actions=frozenset({"know"}),
        opens=date.max,
        span_ms=(12_000, 20_000),
    )
    rights = rights_of_role("", rules=(rule,))
    assert access.known_recordings(rights, interview) == interview.recordings
    for action in READER_ACTIONS:
        whole = may(rights, action, Scope(interview, text, recording.id))
        assert whole.reason == ("" if action == "know" else "closed"), action
        assert may(rights, action, Scope(interview, text, recording.id, (24_000, 34_000))), action
        closed = may(rights, action, Scope(interview, text, recording.id, (13_000, 15_000)))
        assert closed.reason == "not_visible", action


def test_the_narrowest_of_several_rules_holds(db: Session) -> None:
    """An embargo that ends opens nothing that another rule closes."""
    interview = add_interview(db, "registered", ())
    know: frozenset[ReaderAction] = frozenset({"know"})
    ended = ClosedUntil(about=interview.id, admits="staff", actions=know, opens=date.min)
    wide = ClosedUntil(about=interview.id, admits="public", actions=know, opens=date.max)
    narrow = ClosedUntil(about=interview.id, admits="staff", actions=know, opens=date.max)
    scope = Scope(interview)
    assert not may(rights_of_role("", rules=(ended, wide)), "know", scope)
    assert may(rights_of_role("researcher", rules=(ended, wide)), "know", scope)
    assert not may(rights_of_role("researcher", rules=(wide, narrow)), "know", scope)


def test_a_grant_opens_one_interview_for_its_actions_until_its_last_day(db: Session) -> None:
    requested, other = add_interview(db, "staff", ("approved",)), add_interview(db, "staff", ())
    [(_owner, text)] = texts(db)
    last_day = date(2026, 12, 31)
    grant = Grant(interview_id=requested.id, actions=frozenset({"read"}), last_day=last_day)
    rights = rights_of_role("researcher", on=last_day, grants=frozenset({grant}))
    assert may(rights, "know", Scope(requested))
    assert may(rights, "read", Scope(requested, text))
    assert may(rights, "download", Scope(requested, text)).reason == "closed"
    assert may(rights, "see_history", Scope(requested, text)).reason == "other_role"
    assert may(rights, "know", Scope(other)).reason == "not_visible"
    assert_sql_equals_may(db, rights)
    after = rights_of_role("researcher", on=last_day + timedelta(days=1), grants=frozenset({grant}))
    assert may(after, "read", Scope(requested, text)).reason == "not_visible"
    assert_sql_equals_may(db, after)
