"""Four eyes: what counts as a correction, where the rule holds, and its exception."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from archive.access import Rights
from archive.actions.editing import segments
from archive.actions.editing.draft import Draft
from archive.actions.editing.segments import SegmentChange
from archive.actions.office import settings
from archive.actions.office.settings import Site
from archive.actions.transcripts import approval
from archive.actions.transcripts.approval import ApprovalReasonMissing
from archive.models import Event, User
from tests.support.rights import rights_of_machine
from tests.support.sample_transcript import Transcribed

RightsOf = Callable[[str | None], Rights]
HEARD = SegmentChange(state="heard")
WORDS = SegmentChange(text="Hồi đó khác hẳn.", state="heard")


def save_all_by(db: Session, who: Rights, transcribed: Transcribed, change: SegmentChange) -> None:
    """Mark every segment as heard, and make the change to the second one, as this person."""
    interview, version = transcribed
    for number, segment in enumerate(version.segments):
        made = change if number == 1 else HEARD
        segments.save(Draft(db, who, interview, version), segment, made, based_on=1)


@pytest.mark.parametrize(
    ("change", "needs_reason"),
    [
        (HEARD, False),
        (WORDS, True),
        (SegmentChange(speaker="Ông Tám", state="heard"), True),
        (SegmentChange(start_ms=4_500, state="heard"), True),
    ],
)
def test_own_correction_needs_a_reason_and_hearing_does_not(
    db: Session,
    transcribed: Transcribed,
    rights_of: RightsOf,
    change: SegmentChange,
    *,
    needs_reason: bool,
) -> None:
    rob = rights_of("rob")
    save_all_by(db, rob, transcribed, change)
    assert approval.review(db, rob, *transcribed).needs_reason == needs_reason
    assert not approval.review(db, rights_of("ben"), *transcribed).needs_reason


def test_exception_needs_a_reason_and_is_an_event(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    rob = rights_of("rob")
    save_all_by(db, rob, transcribed, WORDS)
    with pytest.raises(ApprovalReasonMissing) as refused:
        approval.approve(db, rob, *transcribed, reason="\u202e ")
    assert refused.value.facts == {"is_own_correction": True}
    approval.approve(db, rob, *transcribed, reason="chị Lan nghỉ phép")
    (event,) = db.query(Event).filter_by(kind="transcript.approved_alone")
    assert (event.actor_name, event.detail) == (
        "Rob",
        {"number": 1, "reason": "chị Lan nghỉ phép"},
    )


def test_approval_by_another_person_is_no_exception(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    save_all_by(db, rights_of("rob"), transcribed, WORDS)
    approval.approve(db, rights_of("ada"), *transcribed)
    assert db.query(Event).filter_by(kind="transcript.approved_alone").count() == 0
    event = db.query(Event).filter_by(kind="transcript.approved").one()
    assert event.detail["role"] == "administrator"


@pytest.mark.parametrize(
    ("rule", "others_active", "holds"),
    [
        ("auto", True, True),
        ("auto", False, False),
        ("always", False, True),
        ("never", True, False),
        ("of another version", True, True),
    ],
)
def test_rule_holds_by_setting_and_number_of_approvers(
    db: Session,
    transcribed: Transcribed,
    rights_of: RightsOf,
    rule: str,
    *,
    others_active: bool,
    holds: bool,
) -> None:
    rob = rights_of("rob")
    save_all_by(db, rob, transcribed, WORDS)
    settings.update_site(db, rights_of_machine("test"), Site(name="Kho", four_eyes=rule))
    if not others_active:
        db.execute(update(User).where(User.name.in_(("Ada", "Ben"))).values(is_active=False))
    assert approval.review(db, rob, *transcribed).is_own_correction == holds


def test_change_of_the_rule_is_an_event(db: Session) -> None:
    for rule in ("never", "never"):
        settings.update_site(db, rights_of_machine("test"), Site(name="Kho", four_eyes=rule))
    events = db.query(Event).filter_by(kind="office.described")
    changes = [event.detail["four_eyes"] for event in events if "four_eyes" in event.detail]
    assert (events.count(), changes) == (2, [{"before": "auto", "after": "never"}])
