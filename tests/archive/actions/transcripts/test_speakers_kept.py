"""Saving a description changes the speakers of no version."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive import audit
from archive.access import Rights
from archive.actions.catalogue import interviews, listing, people
from archive.actions.catalogue.interviews import DescriptionOutdated
from archive.actions.catalogue.people import PersonFacts
from archive.actions.discovery import home
from archive.actions.editing import page, segments
from archive.actions.editing.draft import Draft
from archive.actions.editing.segments import SegmentChange
from archive.actions.holdings import playback
from archive.actions.transcripts import (
    approval,
    comparison,
    exports,
    history,
    labels,
    reading,
    versions,
)
from archive.db import Database
from archive.models import Event, Interview, Outbox, Person, SegmentDraft
from archive.toolbox import Toolbox
from search.backends.in_memory import InMemory
from tests.support import named_speakers as named
from tests.support.searchable_interviews import hit_texts, index_all, search_as

RightsOf = Callable[[str | None], Rights]
OLD, NEW = named.WITNESS, named.NEW_WITNESS


@pytest.fixture
def of(db: Session) -> Interview:
    return named.add_interview_with_named_texts(db)


def save(db: Session, of: Interview, witnesses: list[Person], interviewers: list[Person]) -> None:
    described = named.description(witnesses, interviewers)
    interviews.update_description(db, named.TEST, of, described, revision=of.revision)


def test_builder_names_every_kind_of_speaker_and_version(db: Session, of: Interview) -> None:
    assert set(named.all_speakers(db, of).values()) == {
        (named.SPOKEN_NAME, "witness"),
        (named.INTERVIEWER, "interviewer"),
        (named.NEIGHBOUR, ""),
        ("", ""),  # the machine's text before anybody named its speakers
    }
    assert [(v.number, v.kind, v.state) for v in versions.list_versions(db, of)] == [
        (3, "imported", "corrected"),
        (2, "corrected", "editing"),
        (1, "imported", "approved"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        "witness removed",
        "everybody removed",
        "witness replaced by a new person",
        "witness replaced by a known person",
        "roles exchanged",
        "witness is interviewer",
        "same person in both roles",
        "order changed",
        "witness removed and listed again",
        "older description restored",
        "person of the same name",
    ],
)
def test_describe_with_other_people_leaves_every_speaker(
    db: Session, of: Interview, change: str
) -> None:
    witness, interviewer = of.people("witness")[0], of.people("interviewer")[0]
    before = named.all_speakers(db, of)
    known, namesake = named.add_person(db, "Ngô Bảy"), named.add_person(db, OLD)
    saves: dict[str, list[tuple[list[Person], list[Person]]]] = {
        "witness removed": [([], [interviewer])],
        "everybody removed": [([], [])],
        "witness replaced by a new person": [([named.add_person(db, NEW)], [interviewer])],
        "witness replaced by a known person": [([known], [interviewer])],
        "roles exchanged": [([interviewer], [witness])],
        "witness is interviewer": [([], [witness])],
        "same person in both roles": [([witness], [witness, interviewer])],
        "order changed": [([known, witness], [interviewer]), ([witness, known], [interviewer])],
        "witness removed and listed again": [([], []), ([witness], [interviewer])],
        "older description restored": [([known], [known]), ([witness], [interviewer])],
        "person of the same name": [([namesake], [interviewer])],
    }
    for witnesses, interviewers in saves[change]:
        save(db, of, witnesses, interviewers)
        assert named.all_speakers(db, of) == before
        assert (of.people("witness"), of.people("interviewer")) == (witnesses, interviewers)
    drafts = db.scalars(select(SegmentDraft.text)).all()
    assert drafts == [named.DRAFT]


def test_person_who_is_listed_again_has_the_same_contribution(db: Session, of: Interview) -> None:
    witness, interviewer = of.people("witness")[0], of.people("interviewer")[0]
    ids = {c.id for c in of.contributions}
    save(db, of, [], [interviewer])
    assert {c.id for c in of.contributions} == ids
    save(db, of, [witness], [interviewer])
    assert {c.id for c in of.listed_contributions} == ids


def test_describe_records_the_people_before_and_after(db: Session, of: Interview) -> None:
    [old] = of.people("witness")
    named.replace_witness(db, of)
    [new] = of.people("witness")
    event = db.scalars(select(Event).where(Event.kind == "interview.described")).one()
    assert event.interview_id == of.id
    assert event.detail["changed"] == ["witnesses"]
    assert event.detail["people"] == {"witnesses": {"before": [old.id], "after": [new.id]}}
    assert audit.verify_chain(db) is None
    save(db, of, [new], list(of.people("interviewer")))
    unchanged = db.scalars(select(Event).order_by(Event.number.desc())).first()
    assert unchanged is not None
    assert (unchanged.detail["changed"], unchanged.detail["people"]) == ([], {})


def test_renamed_person_who_was_removed_is_renamed_in_open_texts_and_the_index(
    db: Session, of: Interview
) -> None:
    [old] = of.people("witness")
    named.replace_witness(db, of)
    before = named.all_speakers(db, of)
    last = db.scalar(select(func.max(Outbox.number)))
    people.update(db, named.TEST, old, PersonFacts(full_name="Lâm Thị Sương Mai"))
    after = named.all_speakers(db, of)
    spoken = {key for key, (name, _role) in before.items() if name == named.SPOKEN_NAME}
    changed = spoken - named.keys_of_approved(db, of)
    assert {key for key in before if before[key] != after[key]} == changed != spoken
    assert {after[key] for key in changed} == {("Lâm Thị Sương Mai", "witness")}
    assert db.scalars(select(Outbox.interview_id).where(Outbox.number > last)).all() == [of.id]


def test_outdated_description_changes_nothing(db: Session, of: Interview) -> None:
    before = named.all_speakers(db, of)
    listed = [(c.id, c.role) for c in of.listed_contributions]
    described = named.description([], [])
    with pytest.raises(DescriptionOutdated):
        interviews.update_description(db, named.TEST, of, described, revision=of.revision - 1)
    assert named.all_speakers(db, of) == before
    assert [(c.id, c.role) for c in of.listed_contributions] == listed


def export(db: Session, of: Interview, format_name: str) -> str:
    version = named.shown_version(db, of)
    words = labels.export_labels(
        db, named.TEST, of, version, "en", address="https://archive.test/LK-1"
    )
    made = exports.export(db, named.TEST, of, version, format_name, words).content
    if format_name == "docx":
        with zipfile.ZipFile(io.BytesIO(made)) as packed:
            return packed.read("word/document.xml").decode()
    return made.decode("utf-8-sig")


@pytest.mark.parametrize("format_name", exports.writable_formats())
def test_export_after_the_witness_was_replaced_names_the_speaker(
    db: Session, of: Interview, format_name: str
) -> None:
    before = export(db, of, format_name)
    body = before.count(named.SPOKEN_NAME)
    named.replace_witness(db, of)
    after = export(db, of, format_name)
    assert body > 0
    assert after.count(named.SPOKEN_NAME) == body
    assert after.count(OLD) == before.count(OLD)
    assert after.count(NEW) > 0, "the description's own witness stands in the head"
    again = exports.build_document(
        db,
        named.TEST,
        of,
        named.shown_version(db, of),
        exports.ExportLabels(label="", unheard="", source_line=""),
    )
    assert [(s.speaker, s.role) for s in again.segments] == [
        (named.INTERVIEWER, "interviewer"),
        (named.SPOKEN_NAME, "witness"),
        (named.SPOKEN_NAME, "witness"),
        (named.NEIGHBOUR, None),
    ]
    assert again.people == (
        (NEW, "witness"),
        (named.SPOKEN_NAME, "witness"),
        (named.INTERVIEWER, "interviewer"),
    )


def test_citation_names_a_removed_witness_only_for_a_version_in_which_they_speak(
    db: Session, of: Interview
) -> None:
    shown = named.shown_version(db, of)
    assert labels.citation_data(db, named.TEST, of, shown).witnesses == (OLD,)
    named.replace_witness(db, of)
    assert labels.citation_data(db, named.TEST, of, shown).witnesses == (NEW, OLD)
    assert labels.citation_data(db, named.TEST, of, shown).interviewers == (named.INTERVIEWER,)
    assert labels.citation_data(db, named.TEST, of, None).witnesses == (NEW,)
    text = named.MACHINE_TEXT
    silent = named.import_vtt(db, of, text, state="machine")
    assert labels.citation_data(db, named.TEST, of, silent).witnesses == (NEW,)


def test_reading_page_history_and_comparison_keep_the_speaker(db: Session, of: Interview) -> None:
    def seen() -> tuple[object, object, object]:
        first = named.shown_version(db, of)
        turns = reading.load_page(db, named.TEST, of).turns
        steps = history.changes(db, named.TEST, of, first)
        newest, *_others, oldest = comparison.list_states(db, of)
        sides = comparison.compare_states(db, named.TEST, of, oldest, newest).passages
        return (
            [(row.turn.speaker.full, row.turn.speaker.role) for row in turns],
            [(step.speaker, step.speaker_before) for step in steps],
            [(passage.before.voices, passage.after.voices) for passage in sides],
        )

    before = seen()
    assert (named.SPOKEN_NAME, "witness") in reading_voices(db, of)
    named.replace_witness(db, of)
    db.expire_all()
    assert seen() == before


def reading_voices(db: Session, of: Interview) -> set[tuple[str, str]]:
    return {
        (row.turn.speaker.full, row.turn.speaker.role)
        for row in reading.load_page(db, named.TEST, of).turns
    }


def test_editor_offers_a_removed_speaker_only_while_they_speak(db: Session, of: Interview) -> None:
    opened = versions.list_versions(db, of)[1]
    witness = next(c for c in of.contributions if c.role == "witness")
    named.replace_witness(db, of)

    def offered() -> list[str]:
        return [
            voice.speaker.full
            for voice in page.load_page(Draft(db, named.TEST, of, opened)).speaker_options
        ]

    assert offered() == [NEW, named.INTERVIEWER, named.SPOKEN_NAME]
    lines = page.load_page(Draft(db, named.TEST, of, opened)).rows
    assert [line.speaker.full for line in lines if line.voice == witness.id] == [
        named.SPOKEN_NAME
    ] * 2
    new = next(c for c in of.listed_contributions if c.role == "witness")
    spoken = [s for s in opened.segments if s.contribution_id == witness.id]
    segments.name_speaker(Draft(db, named.TEST, of, opened), spoken, speaker=new.id)
    assert offered() == [NEW, named.INTERVIEWER]


def test_editor_page_opened_before_the_save_still_names_the_removed_speaker(
    db: Session, of: Interview
) -> None:
    """The id of a deleted contribution became the speaker's name, 26 letters and digits."""
    opened = versions.list_versions(db, of)[1]
    witness = next(c.id for c in of.contributions if c.role == "witness")
    named.replace_witness(db, of)
    segment = opened.segments[0]
    segments.name_speaker(Draft(db, named.TEST, of, opened), [segment], speaker=witness)
    assert (segment.contribution_id, segment.speaker_label) == (witness, "")


def test_restore_of_an_earlier_revision_brings_a_removed_speaker_back(
    db: Session, of: Interview
) -> None:
    opened = versions.list_versions(db, of)[1]
    segment = opened.segments[1]
    was = segment.contribution_id
    named.replace_witness(db, of)
    segments.name_speaker(Draft(db, named.TEST, of, opened), [segment], speaker=named.NEIGHBOUR)
    segments.restore(Draft(db, named.TEST, of, opened), segment, revision=segment.revision - 1)
    assert (segment.contribution_id, segment.speaker_label) == (was, "")


def test_open_next_and_edit_after_the_save_keep_the_speaker(db: Session, of: Interview) -> None:
    first = named.shown_version(db, of)
    opened = versions.list_versions(db, of)[1]
    named.replace_witness(db, of)
    segment = opened.segments[1]
    segments.save(
        Draft(db, named.TEST, of, opened),
        segment,
        SegmentChange(text=f"{segment.text} Vậy đó."),
        based_on=2,
    )
    versions.submit(db, named.TEST, of, opened)
    approval.approve(db, named.TEST, of, opened, reason="in tests")
    following = versions.open_next(db, named.TEST, of, first, reason="nghe lại")
    for version in (opened, following):
        voices = [s.contribution_id for s in version.segments]
        assert voices[1] == first.segments[1].contribution_id is not None


def test_import_does_not_match_a_removed_person_by_name(db: Session, of: Interview) -> None:
    named.replace_witness(db, of)
    imported = named.import_vtt(db, of, named.TYPED_TEXT, state="machine")
    question, answer = imported.segments
    assert question.contribution_id is not None
    assert (answer.contribution_id, answer.speaker_label) == (None, "Bà Sương")


def test_lists_and_counts_leave_a_removed_person_out(db: Session, of: Interview) -> None:
    [old] = of.people("witness")
    day = date(2026, 11, 24)
    before = home.load_page(db, InMemory(), named.TEST, day=day)
    spans = playback.interviewer_spans(db, named.TEST, [of])
    named.replace_witness(db, of)
    save(db, of, list(of.people("witness")), [])
    [new] = of.people("witness")
    db.expire_all()
    assert people.interview_counts(db, named.TEST) == {new.id: 1}
    assert people.appearances(db, named.TEST, old) == []
    found = listing.load_page(db, named.TEST, listing.CatalogueFilter(text=OLD))
    assert found.interviews == []
    assert listing.load_page(db, named.TEST, listing.CatalogueFilter(text=NEW)).interviews == [of]
    after = home.load_page(db, InMemory(), named.TEST, day=day)
    assert after.counts.witnesses == 1
    assert [q.turn.id for q in after.quotes] == [q.turn.id for q in before.quotes] != []
    assert [q.witness.full_name for q in after.quotes] == [OLD]
    assert playback.interviewer_spans(db, named.TEST, [of]) == spans != {}


def test_search_finds_the_passage_by_its_role_and_shows_its_speaker(
    database: Database, toolbox: Toolbox, rights_of: RightsOf
) -> None:
    with database.writing() as db:
        interview_id = named.add_interview_with_named_texts(db).id
    index_all(toolbox)
    with database.writing() as db:
        named.replace_witness(db, db.get_one(Interview, interview_id))
        assert interview_id in db.scalars(select(Outbox.interview_id)).all()
    index_all(toolbox)
    witness = {"role": frozenset({"witness"})}
    answer = search_as(toolbox, rights_of(None), "lò bánh mì", filters=witness)
    [text] = hit_texts(answer)
    assert text.startswith("Ba tôi mở lò bánh mì")
    [hit] = answer.groups[0].hits
    assert (hit.turn.speaker.full, hit.turn.speaker.role) == (named.SPOKEN_NAME, "witness")
    assert dict(answer.facets["role"]) == {"witness": 1}
    assert hit_texts(search_as(toolbox, rights_of(None), "nghề gì", filters=witness)) == []
    described = {
        name: [found.id for found in search_as(toolbox, rights_of(None), f'"{name}"').described]
        for name in (OLD, NEW)
    }
    assert described == {OLD: [], NEW: [interview_id]}
