"""The files of the sample archive are complete and consistent."""

from __future__ import annotations

import itertools

import pytest

from archive.demo.sample_files import SampleInterview, SampleText, read_sample
from archive.models.interview import PLATES
from archive.models.vocabulary import USER_ROLES

SAMPLE = read_sample()
TYPED = [interview for interview in SAMPLE.interviews if interview.text is not None]


def text_of(interview: SampleInterview) -> SampleText:
    assert interview.text is not None
    return interview.text


def test_sample_shows_every_kind_of_data() -> None:
    languages = [interview.languages[0] for interview in SAMPLE.interviews]
    assert languages.count("vi") >= 8
    assert languages.count("en") >= 1
    assert sum(interview.sound is not None for interview in SAMPLE.interviews) == 3
    assert {interview.audience for interview in SAMPLE.interviews} == {
        "public",
        "registered",
        "staff",
    }
    assert {text_of(i).state for i in TYPED} == {"editing", "corrected", "approved"}
    assert sum(text_of(interview).second is not None for interview in TYPED) == 1
    assert sum(len(interview.pictures) for interview in SAMPLE.interviews) >= 5
    assert all(path.is_file() for interview in SAMPLE.interviews for path in interview.files)
    years = [(i.told_from_year, i.told_to_year) for i in SAMPLE.interviews]
    assert min(first for first, _ in years) <= 1975
    assert max(last for _, last in years) == 2020


def test_sample_has_one_account_for_each_role() -> None:
    assert sorted(account.role for account in SAMPLE.accounts) == sorted(USER_ROLES)
    # RFC 2606 reserves this domain.
    assert all(account.email.endswith(".example.invalid") for account in SAMPLE.accounts)


@pytest.mark.parametrize("interview", SAMPLE.interviews, ids=lambda i: i.accession)
def test_sample_interview_refers_to_existing_records(interview: SampleInterview) -> None:
    assert interview.collection in {c.code for c in SAMPLE.collections}
    assert interview.place in {p.code for p in SAMPLE.places}
    assert {*interview.witnesses, *interview.interviewers} <= SAMPLE.people.keys()
    assert interview.plate in PLATES
    assert (interview.sound is None) != (interview.text is None)
    times = [point.at_ms for point in interview.contents]
    assert times == sorted(times)


@pytest.mark.parametrize("interview", TYPED, ids=lambda i: i.accession)
def test_sample_text_is_complete(interview: SampleInterview) -> None:
    segments = text_of(interview).segments
    assert 12 <= len(segments) <= 30
    assert all(a.end_ms <= b.start_ms for a, b in itertools.pairwise(segments))
    people = [SAMPLE.people[key] for key in (*interview.witnesses, *interview.interviewers)]
    known = {person.full_name for person in people}
    known |= {f"{person.honorific} {person.full_name.split()[-1]}" for person in people}
    assert {segment.speaker for segment in segments} <= known


@pytest.mark.parametrize("interview", TYPED, ids=lambda i: i.accession)
def test_sample_corrections_apply_to_their_segments(interview: SampleInterview) -> None:
    text = text_of(interview)
    years = {segment.start_ms: segment.text for segment in text.segments}
    assert text.corrections
    for correction in (*text.corrections, *(text.second.corrections if text.second else ())):
        assert years[correction.at_ms].count(correction.old_text) == 1
        assert correction.new_text != correction.old_text
