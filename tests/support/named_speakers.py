"""Build an interview whose texts name their speakers. All people and words are invented."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.actions.catalogue import interviews, people
from archive.actions.catalogue.interviews import Description
from archive.actions.catalogue.people import PersonFacts
from archive.actions.editing import segments
from archive.actions.editing.draft import Draft
from archive.actions.editing.rules import SegmentChange
from archive.actions.transcripts import approval, imports, speakers
from archive.actions.transcripts import versions as transcript_versions
from archive.models import (
    Interview,
    Person,
    Recording,
    Segment,
    SegmentDraft,
    SegmentRevision,
    TranscriptVersion,
    User,
)
from tests.support.rights import rights_of_machine
from transcription.formats.registry import FORMATS

TEST = rights_of_machine("test")
ACCESSION = "LK-1"
TITLE = "Lò bánh mì đầu hẻm"
WITNESS, INTERVIEWER, NEW_WITNESS = "Lâm Thị Sương", "Đỗ Quang Khải", "Phan Văn Lộc"
SPOKEN_NAME = f"Bà {WITNESS}"
NEIGHBOUR = "Người hàng xóm"
DRAFT = "Ba tôi mở lò bánh mì ngay đầu hẻm."
MACHINE_TEXT = """WEBVTT

00:00:01.000 --> 00:00:04.000
Thưa bà, hồi đó nhà mình sống bằng nghề gì ạ?

00:00:05.000 --> 00:00:11.000
Ba tôi mở lò bánh mì đầu hẻm, ba giờ sáng đã nhóm than rồi gọi cả nhà dậy.

00:00:12.000 --> 00:00:15.000
Tụi tôi nghe mùi bánh là biết trời sắp sáng.

00:00:16.000 --> 00:00:19.000
Phải, mùi bánh mì thơm tới nhà tôi.
"""
TYPED_TEXT = f"""WEBVTT

00:00:01.000 --> 00:00:04.000
<v {INTERVIEWER}>Thưa bà, hồi đó nhà mình sống bằng nghề gì ạ?

00:00:05.000 --> 00:00:11.000
<v Bà Sương>Ba tôi mở lò bánh mì đầu hẻm.
"""

# Where a speaker is named: a segment, or a segment and its revision.
Speakers = dict[str, tuple[str, str]]


def add_interview_with_named_texts(db: Session, accession: str = ACCESSION) -> Interview:
    """Add version 1 (machine, corrected, approved), 2 (open correction of it), 3 (imported).

    Version 1 is the one that readers are shown. Version 2 has a draft and an ended segment.
    """
    witness = people.add(db, TEST, PersonFacts(full_name=WITNESS, honorific="Bà"))
    interviewer = people.add(db, TEST, PersonFacts(full_name=INTERVIEWER))
    new_description = description([witness], [interviewer])
    interview = interviews.create(db, TEST, new_description, accession=accession)
    db.add(Recording(interview_id=interview.id, part=1, duration_ms=60_000))
    db.flush()
    db.refresh(interview)
    first = import_vtt(db, interview, MACHINE_TEXT, state="machine")
    of_role = {c.role: c.id for c in interview.contributions}
    question, answer_1, answer_2, neighbour = first.segments
    for segments_, speaker in (
        ([question], of_role["interviewer"]),
        ([answer_1, answer_2], of_role["witness"]),
        ([neighbour], NEIGHBOUR),
    ):
        segments.name_speaker(Draft(db, TEST, interview, first), segments_, speaker=speaker)
    for segment in first.segments:
        draft_of_first = Draft(db, TEST, interview, first)
        segments.save(draft_of_first, segment, SegmentChange(state="heard"), based_on=2)
    transcript_versions.submit(db, TEST, interview, first)
    approval.approve(db, TEST, interview, first, reason="in tests")
    second = transcript_versions.open_next(db, TEST, interview, first, reason="nghe lại")
    _, answer_1, answer_2, neighbour = second.segments
    segments.merge(Draft(db, TEST, interview, second), answer_1, answer_2, based_on=(1, 1))
    segments.name_speaker(
        Draft(db, TEST, interview, second), [neighbour], speaker=of_role["witness"]
    )
    author = db.scalars(select(User.id)).first()
    assert author is not None
    draft = SegmentDraft(segment_id=answer_1.id, based_on_revision=1, text=DRAFT, author_id=author)
    db.add(draft)
    import_vtt(db, interview, TYPED_TEXT, state="corrected")
    db.flush()
    return interview


def import_vtt(db: Session, interview: Interview, text: str, *, state: str) -> TranscriptVersion:
    """Import WebVTT as one more version."""
    read = FORMATS["vtt"].read
    assert read is not None
    spoken, _missing = imports.assign_recordings(interview, read(text.encode()).segments)
    return imports.import_transcript(
        db, TEST, interview, language="vi", state=state, segments=spoken, source="text.vtt"
    )


def add_person(db: Session, name: str) -> Person:
    """Add a person of this name."""
    return people.add(db, TEST, PersonFacts(full_name=name))


def description(witnesses: list[Person], interviewers: list[Person]) -> Description:
    """Return the description of the interview with these people."""
    return Description(
        title=TITLE, witnesses=witnesses, interviewers=interviewers, audience="public"
    )


def replace_witness(db: Session, interview: Interview, name: str = NEW_WITNESS) -> None:
    """Save the description with a new person as its only witness."""
    new_description = description(
        [people.find_or_create(db, TEST, name)], list(interview.people("interviewer"))
    )
    interviews.update_description(db, TEST, interview, new_description, revision=interview.revision)


def all_speakers(db: Session, interview: Interview) -> Speakers:
    """Return name and role of every segment and every revision of every version."""
    db.flush()
    db.expire_all()
    found: Speakers = {}
    versions = transcript_versions.list_versions(db, interview)
    ids = [version.id for version in versions]
    named = {one.id: speakers.VersionSpeakers(TEST, interview, one) for one in versions}
    for segment in db.scalars(select(Segment).where(Segment.version_id.in_(ids))):
        speaker = named[segment.version_id].speaker(segment.contribution_id, segment.speaker_label)
        found[segment.id] = speaker.full, speaker.role
    for old in db.scalars(select(SegmentRevision).where(SegmentRevision.version_id.in_(ids))):
        speaker = named[old.version_id].speaker(old.contribution_id, old.speaker_label)
        found[f"{old.segment_id}:{old.revision}"] = speaker.full, speaker.role
    return found


def keys_of_approved(db: Session, interview: Interview) -> set[str]:
    """Return the keys of `all_speakers` that are of approved versions."""
    ids = [v.id for v in transcript_versions.list_versions(db, interview) if v.state == "approved"]
    segments_ = db.scalars(select(Segment.id).where(Segment.version_id.in_(ids))).all()
    revisions = db.scalars(select(SegmentRevision).where(SegmentRevision.version_id.in_(ids)))
    return {*segments_, *(f"{old.segment_id}:{old.revision}" for old in revisions)}


def shown_version(db: Session, interview: Interview) -> TranscriptVersion:
    """Return the version that readers are shown."""
    version = transcript_versions.current_version(db, interview)
    assert version is not None
    return version
