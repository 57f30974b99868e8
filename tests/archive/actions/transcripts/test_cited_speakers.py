"""A citation of a passage names who speaks in it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from archive.actions.transcripts import labels, versions
from archive.actions.transcripts.citations import CitationData, CitedSpeaker, cite
from archive.models import Interview, Recording
from tests.support import named_speakers as named
from tests.support import sample_transcript
from tests.support.rights import ClosedUntil, rights_of_role

INTERVIEWER = CitedSpeaker(named.INTERVIEWER, "interviewer")
WITNESS = CitedSpeaker(named.WITNESS, "witness")
NEIGHBOUR = CitedSpeaker(named.NEIGHBOUR, "")


@pytest.fixture
def of(db: Session) -> Interview:
    return named.add_interview_with_named_texts(db)


def passage(db: Session, of: Interview, start_ms: int, end_ms: int | None) -> CitationData:
    version = named.shown_version(db, of)
    return labels.citation_data(db, named.TEST, of, version, start_ms=start_ms, end_ms=end_ms)


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "expected"),
    [
        (1_000, 4_000, (INTERVIEWER,)),
        (5_000, 11_000, (WITNESS,)),
        (6_000, 7_000, (WITNESS,)),
        (5_000, 15_000, (WITNESS,)),
        (1_000, 11_000, (INTERVIEWER, WITNESS)),
        (13_000, 19_000, (WITNESS, NEIGHBOUR)),
        (16_000, 19_000, (NEIGHBOUR,)),
        (5_000, None, (WITNESS,)),
        (1_000, None, (INTERVIEWER,)),
        (10_900, 16_200, (WITNESS, NEIGHBOUR)),  # to the millisecond: not the rounding of a link
        (3_000, 4_000, (INTERVIEWER,)),
        (4_200, 4_800, ()),
        (30_000, 40_000, ()),
    ],
)
def test_citation_names_the_speakers_of_the_passage_in_order(
    db: Session,
    of: Interview,
    start_ms: int,
    end_ms: int | None,
    expected: tuple[CitedSpeaker, ...],
) -> None:
    cited = passage(db, of, start_ms, end_ms)
    assert cited.speakers == expected
    assert cited.witnesses == (named.WITNESS,)


def test_citation_of_a_link_leaves_out_a_neighbour_of_its_last_second(
    db: Session, of: Interview
) -> None:
    version = named.shown_version(db, of)
    _question, _first, second, neighbour = version.segments
    second.end_ms, neighbour.start_ms = 15_300, 15_400
    db.flush()
    assert passage(db, of, 12_000, 16_000).speakers == (WITNESS,)  # the link of the segment
    assert passage(db, of, 15_000, 19_000).speakers == (NEIGHBOUR,)
    assert passage(db, of, 12_000, 15_500).speakers == (WITNESS, NEIGHBOUR)


def test_citation_of_the_whole_interview_names_its_witness(db: Session, of: Interview) -> None:
    version = named.shown_version(db, of)
    assert labels.citation_data(db, named.TEST, of, version).speakers == ()


def test_citation_counts_in_whole_seconds_rounded_outward(db: Session, of: Interview) -> None:
    cited = passage(db, of, 5_940, 10_020)
    assert (cited.start_ms, cited.end_ms) == (5_000, 11_000)


def test_citation_of_words_of_the_interviewer_is_not_one_of_the_witness(
    db: Session, of: Interview
) -> None:
    citation = cite(passage(db, of, 1_000, 4_000), "vietnamese")
    assert citation.startswith(f"{named.INTERVIEWER} (người phỏng vấn), “{named.TITLE}”, ")
    assert f"{named.INTERVIEWER} phỏng vấn {named.WITNESS}" in citation


def test_citation_of_an_unnamed_voice_has_no_name_of_a_witness(db: Session, of: Interview) -> None:
    version = named.shown_version(db, of)
    last = version.segments[-1]
    last.speaker_label = ""
    db.flush()
    cited = passage(db, of, 16_000, 19_000)
    assert cited.speakers == (CitedSpeaker(""),)
    assert cite(cited, "vietnamese").startswith("Người nói chưa rõ tên, “")


def test_citation_leaves_out_speakers_of_a_part_or_time_that_is_closed(
    db: Session, of: Interview
) -> None:
    first = of.recordings[0]
    public = rights_of_role("")
    rule = ClosedUntil(
        about=first.id,
        admits="staff",
        actions=frozenset({"read"}),
        opens=named.TEST.on.replace(year=2099),
        span_ms=(16_000, 19_000),
    )
    version = named.shown_version(db, of)
    for rights, expected in (
        (public, (WITNESS, NEIGHBOUR)),
        (replace(public, rules=(rule,)), (WITNESS,)),
    ):
        cited = labels.citation_data(db, rights, of, version, start_ms=12_000, end_ms=19_000)
        assert cited.speakers == expected
    other_part = labels.citation_data(db, public, of, version, start_ms=1_000, end_ms=4_000, part=2)
    assert other_part.speakers == ()


def test_citation_of_a_part_names_who_speaks_on_its_own_clock(db: Session) -> None:
    of = sample_transcript.add_interview(db)
    db.add(Recording(interview_id=of.id, part=2, duration_ms=60_000))
    db.flush()
    db.expire(of)
    version = sample_transcript.add_approved_version(db, of)
    by_role = {c.role: c.id for c in of.contributions}
    for segment in version.segments:
        segment.recording_id = of.recordings[0].id
        segment.contribution_id = by_role["witness"]
    question = version.segments[0]
    question.recording_id, question.contribution_id = of.recordings[1].id, by_role["interviewer"]
    db.flush()
    for part, name in ((1, ()), (2, (CitedSpeaker("Trần Minh", "interviewer"),))):
        cited = labels.citation_data(
            db, named.TEST, of, version, start_ms=0, end_ms=3_000, part=part
        )
        assert cited.speakers == name


def test_citation_of_an_approved_version_has_the_name_under_which_it_was_approved(
    db: Session, of: Interview
) -> None:
    of.people("witness")[0].full_name = "Lâm Thị Thu Sương"
    db.flush()
    assert passage(db, of, 5_000, 11_000).speakers == (WITNESS,)
    open_version = next(v for v in versions.list_versions(db, of) if v.state == "editing")
    cited = labels.citation_data(db, named.TEST, of, open_version, start_ms=5_000, end_ms=11_000)
    assert cited.speakers == (CitedSpeaker("Lâm Thị Thu Sương", "witness"),)


def test_citation_of_namesakes_has_both_with_their_roles(db: Session, of: Interview) -> None:
    for contribution in of.contributions:
        contribution.person.full_name = named.WITNESS
    for approved in named.shown_version(db, of).approved_speakers:
        approved.full_name = named.WITNESS
    db.flush()
    both = passage(db, of, 1_000, 11_000)
    assert both.speakers == (replace(INTERVIEWER, name=named.WITNESS), WITNESS)
    question = cite(passage(db, of, 1_000, 4_000), "chicago")
    assert f"interview with {named.WITNESS}" in question


def test_citation_of_a_closed_passage_names_no_witness_in_the_place_of_its_speaker(
    db: Session, of: Interview
) -> None:
    rule = ClosedUntil(
        about=of.recordings[0].id,
        admits="staff",
        actions=frozenset({"read"}),
        opens=named.TEST.on.replace(year=2099),
        span_ms=(1_000, 4_000),
    )
    reader = replace(rights_of_role(""), rules=(rule,))
    version = named.shown_version(db, of)
    cited = labels.citation_data(db, reader, of, version, start_ms=1_000, end_ms=4_000)
    assert cited.speakers == (CitedSpeaker(""),)
