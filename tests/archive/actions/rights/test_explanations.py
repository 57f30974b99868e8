"""Explanations: every answer is that of `may()`, for everybody, with its reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from sqlalchemy.orm import Session

from archive import access
from archive.access import ACTIONS, ARCHIVE, READER_ACTIONS, Grant, NotAllowed, Rights, Scope, may
from archive.actions.rights import explanations
from archive.actions.rights.explanations import ON_THE_ARCHIVE, UnknownAccount
from archive.messages.rights import ACTION_LABELS, REASON_LABELS
from archive.models import Interview, Recording, TranscriptVersion
from archive.models.vocabulary import AUDIENCES
from archive.settings import Settings
from tests.support import sample_transcript
from tests.support.cast import CAST, EVERYBODY
from tests.support.rights import ClosedUntil, rights_of_machine, rights_of_role

RightsOf = Callable[[str | None], Rights]
TEST = rights_of_machine("test")


def interviews_of_every_kind(db: Session) -> list[tuple[Interview, TranscriptVersion | None]]:
    """Every audience, each without a text, with a machine text, and with an approved one."""
    found: list[tuple[Interview, TranscriptVersion | None]] = []
    for audience in AUDIENCES:
        for kind in ("none", "machine", "approved"):
            of = sample_transcript.add_interview(db, f"LK-{audience}-{kind}", audience=audience)
            version = None
            if kind == "machine":
                version = sample_transcript.add_version(db, of)
            elif kind == "approved":
                version = sample_transcript.add_approved_version(db, of)
            found.append((of, version))
    return found


def test_every_answer_is_that_of_may(db: Session, rights_of: RightsOf) -> None:
    for interview, version in interviews_of_every_kind(db):
        for name in EVERYBODY:
            reader = rights_of(name)
            found = explanations.explain(db, TEST, interview, reader=reader)
            assert [one.action for one in found] == list(ACTIONS)
            for one in found:
                scope = ARCHIVE if one.action in ON_THE_ARCHIVE else Scope(interview, version)
                if one.action == "quote" and not may(reader, "read", scope):
                    scope = Scope(interview)  # as the page cites: the recording, not the text
                decision = may(reader, one.action, scope)
                assert one.is_allowed == decision.allowed, (interview.accession, name, one)
                assert one.is_allowed or one.reason == decision.reason
                assert bool(REASON_LABELS[one.reason]), one


def test_every_action_and_refusal_has_words() -> None:
    assert list(ACTION_LABELS) == list(ACTIONS)


def reasons(db: Session, interview: Interview, reader: Rights) -> dict[str, str]:
    found = explanations.explain(db, TEST, interview, reader=reader)
    return {one.action: one.reason for one in found if one.is_allowed}


def test_what_permits_is_named(db: Session) -> None:
    open_one = sample_transcript.add_interview(db, "LK-1")
    sample_transcript.add_approved_version(db, open_one)
    public = reasons(db, open_one, rights_of_role(""))
    assert public == {
        "know": "audience",
        "hear": "audience",
        "read": "state",
        "download": "state",
        "quote": "state",
    }
    assert reasons(db, open_one, rights_of_role("researcher"))["read"] == "account"
    assert reasons(db, open_one, rights_of_role("editor"))["see_history"] == "role"
    closed = sample_transcript.add_interview(db, "LK-2", audience="staff")
    grant = Grant(interview_id=closed.id, actions=frozenset({"hear"}))
    granted = reasons(db, closed, rights_of_role("researcher", grants=frozenset({grant})))
    assert granted == {"know": "grant", "hear": "grant"}


def test_a_rule_with_a_day_is_explained_on_both_sides(db: Session) -> None:
    interview = sample_transcript.add_interview(db)
    rule = ClosedUntil(
        about=interview.id, admits="staff", actions=frozenset({"hear"}), opens=date(2027, 1, 1)
    )
    know = ClosedUntil(
        about=interview.id, admits="staff", actions=frozenset({"know"}), opens=date.max
    )
    found = explanations.explain(db, TEST, interview, reader=rights_of_role("", rules=(know,)))
    assert found[0].reason == "hidden_by_rule"
    for day, reason in ((date(2026, 12, 31), "closed"), (date(2027, 1, 1), "audience")):
        reader = rights_of_role("", on=day, rules=(rule,))
        reasons_of = {
            e.action: e.reason for e in explanations.explain(db, TEST, interview, reader=reader)
        }
        assert reasons_of["hear"] == reason


def test_recordings_with_another_answer_are_explained_beside_the_interview(db: Session) -> None:
    interview = sample_transcript.add_interview(db)
    db.add(Recording(interview_id=interview.id, part=2))
    db.flush()
    db.expire(interview)
    version = sample_transcript.add_approved_version(db, interview)
    closed = interview.recordings[1]
    for action in READER_ACTIONS:
        rule = ClosedUntil(
            about=closed.id, admits="staff", actions=frozenset({action}), opens=date.max
        )
        reader = rights_of_role("", rules=(rule,))
        found = explanations.explain(db, TEST, interview, reader=reader)
        whole, parts = found[: len(ACTIONS)], found[len(ACTIONS) :]
        assert all(one.is_allowed for one in whole if one.action in READER_ACTIONS)
        assert {(one.part, one.is_allowed) for one in parts} == {(2, False)}
        for one in parts:
            scope = Scope(interview, version, recording_id=closed.id)
            assert not may(reader, one.action, scope)
        assert action in {one.action for one in parts}


def test_answers_on_times_of_recordings_are_those_of_may(db: Session, rights_of: RightsOf) -> None:
    """For every role, action and side of the day on which the rules open."""
    interview = sample_transcript.add_interview(db)
    second = Recording(interview_id=interview.id, part=2, duration_ms=60_000)
    db.add(second)
    db.flush()
    db.expire(interview)
    version = sample_transcript.add_approved_version(db, interview)
    opens = date(2026, 12, 1)
    for action in READER_ACTIONS:
        rules = [
            ClosedUntil(
                about=second.id,
                admits="staff",
                actions=frozenset({action}),
                opens=opens,
                span_ms=span_ms,
            )
            for span_ms in ((13_000, 19_000), (19_000, 21_000), (40_000, 50_000))
        ]
        for name, day in product(EVERYBODY, (date(2026, 11, 30), opens)):
            reader = replace(rights_of(name), on=day, rules=tuple(rules))
            found = explanations.explain(db, TEST, interview, reader=reader)
            parts = found[len(ACTIONS) :]
            is_closed = day < opens and not reader.actor.is_staff
            assert bool(parts) == is_closed
            assert {one.part for one in parts} <= {2}
            spans = [one.span_ms for one in parts if one.action == action]
            times = [None] if action == "hear" else [(13_000, 21_000), (40_000, 50_000)]
            assert spans == (times if is_closed else []), (action, name)
            for one in parts:
                if one.span_ms is None:
                    continue
                start_ms, end_ms = one.span_ms
                for at_ms in (start_ms - 1, start_ms, end_ms - 1, end_ms):
                    scope = Scope(interview, version, second.id, (at_ms, at_ms))
                    is_within = start_ms <= at_ms < end_ms
                    is_allowed = may(reader, one.action, scope).allowed
                    assert is_allowed == (one.is_allowed == is_within), (one, at_ms)


def test_explain_is_for_administrators(db: Session, rights_of: RightsOf) -> None:
    interview = sample_transcript.add_interview(db)
    for name in EVERYBODY:
        if name == "ada":
            continue
        with pytest.raises(NotAllowed):
            explanations.explain(db, rights_of(name), interview, reader=TEST)


def test_rights_as_finds_accounts_and_the_public(db: Session, settings: Settings) -> None:
    day = date(2030, 1, 2)
    sam = explanations.rights_as(db, CAST["sam"].email.upper(), settings, on=day)
    assert (sam.actor.role, sam.on) == ("researcher", day)
    public = explanations.rights_as(db, "public", settings)
    assert public == access.rights_today(access.PUBLIC, settings)
    assert replace(public, on=day) == explanations.rights_as(db, "public", settings, on=day)
    with pytest.raises(UnknownAccount):
        explanations.rights_as(db, "nobody@archive.test", settings)
