"""The gate for words and names: what is hidden, who vouches, and whose names are shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import pytest
from sqlalchemy import SQLColumnExpression, literal, null
from sqlalchemy.orm import Session

from archive.access import NotAllowed, NotVisible, ReaderAction, Rights, Scope
from archive.actions.catalogue import people
from archive.actions.catalogue.people import PersonFacts
from archive.actions.editing import segments
from archive.actions.editing.draft import Draft
from archive.actions.editing.segments import SegmentChange
from archive.actions.transcripts import rendition, text_facts, text_labels, versions
from archive.actions.transcripts.redaction import HIDDEN_MARK, HiddenSpan, visible_text
from archive.models import Annotation, Interview, TranscriptVersion
from archive.models.transcript import Segment
from archive.models.vocabulary import Audience, VersionKind
from tests.support import sample_transcript
from tests.support.cast import CAST
from tests.support.rights import rights_of_machine

RightsOf = Callable[[str | None], Rights]
Transcribed = tuple[Interview, TranscriptVersion]


@pytest.fixture
def transcribed(db: Session) -> Transcribed:
    interview = sample_transcript.add_interview(db)
    return interview, sample_transcript.add_version(db, interview)


def segment(*words: tuple[int, int, str], text: str | None = None) -> Segment:
    packed = [[start, end, word, 1.0, "asr"] for start, end, word in words]
    joined = " ".join(word for _start, _end, word in words) if text is None else text
    return Segment(start_ms=0, end_ms=400, text=joined, words=packed)


WORDS = ((0, 100, "a"), (100, 200, "b"), (200, 300, "c"), (300, 400, "d"))


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "expected"),
    [
        (100, 200, "a […] c d"),
        (101, 102, "a […] c d"),  # a word that is heard only in part is hidden whole
        (199, 201, "a […] d"),
        (0, 400, "[…]"),
        (400, 900, "a b c d"),
        (0, 0, "[…] b c d"),  # a span without a length hides the word that it lies in
    ],
)
def test_visible_text_replaces_each_run_of_hidden_words(
    start_ms: int, end_ms: int, expected: str
) -> None:
    found = visible_text(segment(*WORDS), "r1", [HiddenSpan("r1", start_ms, end_ms)])
    assert found.text == expected == " ".join(word[2] for word in found.words)
    assert found.is_redacted == (HIDDEN_MARK in expected)


def test_visible_text_with_two_spans_keeps_the_words_between_them() -> None:
    spans = [HiddenSpan("r1", 0, 100), HiddenSpan("r1", 200, 300)]
    found = visible_text(segment(*WORDS), "r1", spans)
    assert found.text == "[…] b […] d"
    assert [word[:2] for word in found.words] == [[0, 100], [100, 200], [200, 300], [300, 400]]


def test_visible_text_without_word_times_is_hidden_whole() -> None:
    for row in (segment(text="a b c d"), segment(*WORDS, text="a b c d e")):
        found = visible_text(row, "r1", [HiddenSpan("r1", 100, 200)])
        assert (found.text, found.is_redacted) == (HIDDEN_MARK, True)


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ("aaaa", "a […] c d"),
        ("iiii", "[…]"),
        ("aiia", "a […] d"),  # the two may be heard anywhere between their neighbours
        ("aaii", "a […] c d"),
        ("iaii", "a […] c d"),
    ],
)
def test_visible_text_hides_neighbours_with_estimated_times_together(
    sources: str, expected: str
) -> None:
    row = segment(*WORDS)
    names = {"a": "asr", "i": "interp"}
    row.words = [[*word[:4], names[s]] for word, s in zip(row.words, sources, strict=True)]
    assert visible_text(row, "r1", [HiddenSpan("r1", 110, 190)]).text == expected


def test_words_of_an_import_are_hidden_whatever_its_segment_was_when_the_span_was_set(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    """A segment that begins later has its estimated words spread again, in that version only."""
    interview, version = transcribed
    sample_transcript.approve(db, interview, version)
    machine = rights_of_machine("test")
    following = versions.open_next(db, machine, interview, version, reason="")
    draft = Draft(db, machine, interview, following)
    moved = following.segments[1]
    secret = moved.words[0][2]
    segments.save(
        draft, moved, SegmentChange(start_ms=moved.start_ms + 2_000), based_on=moved.revision
    )
    hide(db, interview, moved.words[0][0], moved.words[0][1])
    for shown in (version, following):
        found = rendition.for_reader(db, rights_of("sam"), interview, shown).turns
        assert secret not in " ".join(turn.text for turn in found).split()


def test_visible_text_hides_a_word_with_reversed_times() -> None:
    row = segment((0, 100, "a"), (300, 100, "b"), (300, 400, "c"))
    assert visible_text(row, "r1", [HiddenSpan("r1", 150, 200)]).text == "a […] c"


def test_visible_text_hides_words_without_a_length() -> None:
    row = segment((0, 100, "a"), (100, 100, "b"), (200, 200, "c"), (201, 201, "d"))
    assert visible_text(row, "r1", [HiddenSpan("r1", 100, 200)]).text == "a […] d"


def test_visible_text_hides_words_outside_of_their_segment() -> None:
    stray = Segment(start_ms=0, end_ms=100, text="a b", words=[*segment(*WORDS).words[:2]])
    stray.words[1][:2] = [700, 800]
    assert visible_text(stray, "r1", [HiddenSpan("r1", 700, 750)]).text == "a […]"


@pytest.mark.parametrize(
    ("of_segment", "of_span", "is_hidden"),
    [("r1", "r2", False), ("r1", None, True), (None, "r2", True), (None, None, True)],
)
def test_visible_text_without_a_recording_matches_every_recording(
    of_segment: str | None, of_span: str | None, is_hidden: bool
) -> None:
    found = visible_text(segment(*WORDS), of_segment, [HiddenSpan(of_span, 100, 200)])
    assert found.is_redacted == is_hidden


def hide(db: Session, interview: Interview, start_ms: int, end_ms: int | None) -> None:
    db.add(
        Annotation(
            interview_id=interview.id,
            recording_id=interview.recordings[0].id,
            kind="redaction",
            start_ms=start_ms,
            end_ms=end_ms,
            title="",
        )
    )
    db.flush()


def test_for_reader_hides_everything_after_a_span_without_an_end(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    interview, version = transcribed
    hide(db, interview, 12_000, None)
    found = rendition.for_reader(db, rights_of("sam"), interview, version)
    assert [turn.is_redacted for turn in found.turns] == [False, False, True, True, True]
    assert {turn.text for turn in found.turns[2:]} == {HIDDEN_MARK}
    assert [span.start_ms for span in found.hidden] == [12_000]


def test_for_reader_hides_what_lies_between_reversed_times(
    db: Session, transcribed: Transcribed
) -> None:
    interview, version = transcribed
    first = version.segments[0]
    hide(db, interview, first.end_ms, first.start_ms)
    assert (
        rendition.for_reader(db, rights_of_machine("test"), interview, version).turns[0].text
        == HIDDEN_MARK
    )


def test_for_reader_refuses_whom_access_refuses(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    interview, version = transcribed
    with pytest.raises(NotAllowed):
        rendition.for_reader(db, rights_of(None), interview, version)
    interview.audience = "staff"
    with pytest.raises(NotVisible):
        rendition.for_reader(db, rights_of("sam"), interview, version)


@pytest.mark.parametrize("kind", ["machine", "imported"])
def test_turn_is_vouched_for_by_its_last_state(
    db: Session, transcribed: Transcribed, rights_of: RightsOf, kind: VersionKind
) -> None:
    interview, version = transcribed
    version.kind = kind
    version.segments[1].state, version.segments[2].state = "edited", "heard"
    version.state = "approved"
    db.flush()
    copy = versions.open_next(db, rights_of("ada"), interview, version, reason="")
    for shown in (version, copy):
        found = rendition.for_reader(db, rights_of("sam"), interview, shown).turns
        assert [t.vouched_by for t in found] == [kind, "edited", "heard", kind, kind]
        assert [t.is_unheard for t in found] == [True, True, False, True, True]


def test_staff_read_who_imported_a_text(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    """In turns that no person changed, and in the label; also of a version that was copied."""
    interview, version = transcribed
    version.kind, version.author_id = "imported", rights_of("ben").actor.user_id
    version.segments[1].state = "edited"
    db.flush()
    name = CAST["ben"].name
    version.state = "approved"
    copy = versions.open_next(db, rights_of("ada"), interview, version, reason="")
    version.state = "machine"
    for shown in (version, copy):
        texts = {shown.id: (shown, interview)}
        for member, expected in (("cleo", name), ("sam", "")):
            rights = rights_of(member)
            turns = rendition.for_reader(db, rights, interview, shown).turns
            assert [turn.imported_by for turn in turns] == [expected, "", *[expected] * 3]
            first = turns[0].id
            assert rendition.select_turns(db, rights, texts, [first])[first] == turns[0]
            facts = text_facts.facts_of_one(db, rights, shown)
            for language, words in (("en", "file by "), ("vi", "do ")):
                label = text_labels.full_label(facts, language)
                assert (f"{words}{name}" in label) is bool(expected), label
                assert (name in label) is bool(expected), label


def test_text_of_a_file_without_a_recording_is_never_unheard(db: Session) -> None:
    interview = sample_transcript.add_interview(db, recorded=False)
    version = sample_transcript.add_version(db, interview)
    cases: tuple[tuple[VersionKind, bool], ...] = (("machine", True), ("imported", False))
    for kind, is_unheard in cases:
        version.kind = kind
        turns = rendition.for_reader(db, rights_of_machine("test"), interview, version).turns
        assert {turn.is_unheard for turn in turns} == {is_unheard}


def test_turn_has_flags_only_for_those_who_see_the_history(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    interview, version = transcribed
    version.segments[0].flags = ["loop"]
    for member, flags in (("cleo", ["loop"]), ("sam", [])):
        turn = rendition.for_reader(db, rights_of(member), interview, version).turns[0]
        assert list(turn.flags) == flags


def test_renamed_person_has_the_new_name_in_every_rendition(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    interview, version = transcribed
    witness = next(c.person for c in interview.contributions if c.role == "witness")
    people.update(db, rights_of_machine("test"), witness, PersonFacts(full_name="Nguyễn Thị Mai"))
    for found in (
        rendition.for_reader(db, rights_of("sam"), interview, version),
        rendition.for_index(db, interview, version),
    ):
        names = {turn.speaker.full for turn in found.turns if turn.speaker.role == "witness"}
        assert names == {"Nguyễn Thị Mai"}


def test_turns_of_the_whole_version_equal_single_ones(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    interview, version = transcribed
    hide(db, interview, 12_000, 13_000)
    whole = rendition.for_reader(db, rights_of("sam"), interview, version).turns
    texts = {version.id: (version, interview)}
    single = rendition.select_turns(db, rights_of("sam"), texts, [turn.id for turn in whole])
    assert {turn.is_redacted for turn in whole} == {True, False}
    for turn, stored in zip(whole, version.segments, strict=True):
        assert turn == single[turn.id]
        assert turn.words == single[turn.id].words
        assert turn.is_redacted or list(turn.packed_words) == stored.words


@dataclass(frozen=True, kw_only=True)
class ClosedTime:
    """A rule about a time of a recording: it is closed to all but staff."""

    action: ReaderAction
    span_ms: tuple[int, int]

    def audience(self, scope: Scope, action: ReaderAction, on: date) -> Audience | None:
        start_ms, end_ms = scope.span_ms or (0, 0)
        is_within = start_ms < self.span_ms[1] and end_ms > self.span_ms[0]
        return "staff" if action == self.action and is_within else None

    def audience_in_sql(
        self, action: ReaderAction, on: date, *, of_recording: bool
    ) -> SQLColumnExpression[str | None]:
        is_closed = of_recording and action == self.action
        return literal("staff") if is_closed else null()


@pytest.mark.parametrize("action", ["know", "read"])
def test_a_rule_about_a_time_closes_its_turns(
    db: Session, transcribed: Transcribed, rights_of: RightsOf, action: ReaderAction
) -> None:
    interview, version = transcribed
    whole = rendition.for_reader(db, rights_of("sam"), interview, version).turns
    closed = whole[1]
    assert closed.is_unheard
    rule = ClosedTime(action=action, span_ms=(closed.start_ms, closed.end_ms))
    found = rendition.for_reader(
        db, replace(rights_of("sam"), rules=(rule,)), interview, version
    ).turns
    assert [turn for turn in found if turn.id != closed.id] == [*whole[:1], *whole[2:]]
    marks = [turn for turn in found if turn.id == closed.id]
    if action == "know":
        assert marks == []
    else:
        [mark] = marks
        assert (mark.text, mark.speaker.full, mark.contribution_id) == (HIDDEN_MARK, "", None)
        assert (mark.vouched_by, mark.imported_by, mark.is_unheard) == ("", "", False)
    staff = replace(rights_of("cleo"), rules=(rule,))
    assert rendition.for_reader(db, staff, interview, version).turns[1].text == closed.text


def test_windows_leave_out_versions_that_were_not_found_readable(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    interview, version = transcribed
    first, second, *_rest = version.segments
    texts = {version.id: (version, interview)}
    found = rendition.windows(db, rights_of("sam"), texts, [first.id, second.id], length=2)
    assert {key: [turn.id for turn in turns] for key, turns in found.items()} == {
        first.id: [first.id, second.id],
        second.id: [second.id, version.segments[2].id],
    }
    assert not rendition.windows(db, rights_of("sam"), {}, [first.id], length=2)
    assert not rendition.select_turns(db, rights_of("sam"), {}, [first.id])
