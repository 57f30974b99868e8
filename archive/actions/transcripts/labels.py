"""Citation data and export labels of transcripts; `text_labels` composes the label itself."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from archive import access
from archive.access import Rights
from archive.actions.office import settings
from archive.actions.transcripts import cited_speakers, speakers, text_facts, text_labels
from archive.actions.transcripts.citations import CitationData, cite
from archive.actions.transcripts.exports import ExportLabels
from archive.actions.transcripts.part_headings import part_headings
from archive.models import Interview, TranscriptVersion

ROLE_LABELS = {
    "vi": {"witness": "nhân chứng", "interviewer": "người phỏng vấn"},
    "en": {"witness": "witness", "interviewer": "interviewer"},
}


def citation_scope(
    rights: Rights,
    interview: Interview,
    version: TranscriptVersion | None,
    start_ms: int | None,
    end_ms: int | None,
    part: int,
) -> access.Scope:
    """Return the scope of the cited passage; that of the interview without a time.

    A recording of which the reader may not know is treated as a missing one.
    """
    known = access.known_recordings(rights, interview)
    cited = next((recording for recording in known if recording.part == part), None)
    if start_ms is None or cited is None:
        return access.Scope(interview, version)
    span_ms = (start_ms, start_ms if end_ms is None else end_ms)
    return access.Scope(interview, version, cited.id, span_ms)


def citation_data(
    db: Session,
    rights: Rights,
    interview: Interview,
    version: TranscriptVersion | None,
    *,
    address: str = "",
    start_ms: int | None = None,
    end_ms: int | None = None,
    part: int = 1,
) -> CitationData:
    """Return the data for a citation of this interview; raises NotVisible or NotAllowed.

    Times are given in whole seconds, as links have them: rounded outward.
    """
    scope = citation_scope(rights, interview, version, start_ms, end_ms, part)
    access.require(rights, "quote", scope)
    whole = _citation_data(db, rights, interview, version, address=address)
    if start_ms is None:
        return replace(whole, part=part)
    passage = replace(
        whole,
        start_ms=start_ms // 1000 * 1000,
        end_ms=None if end_ms is None else -(-end_ms // 1000) * 1000,
        part=part,
    )
    if version is None:
        return passage
    cited = text_facts.cited_segments(db, version, scope.recording_id, start_ms, end_ms)
    speakers_of_it = cited_speakers.speakers_of_passage(
        db, rights, interview, version, cited, part=part
    )
    is_unheard = cited_speakers.has_unheard(db, rights, interview, version, cited)
    return replace(passage, speakers=speakers_of_it, is_unheard=is_unheard)


def _citation_data(
    db: Session,
    rights: Rights,
    interview: Interview,
    version: TranscriptVersion | None,
    *,
    address: str,
) -> CitationData:
    recordings = access.known_recordings(rights, interview)
    is_film = any(recording.is_video for recording in recordings)
    participants = speakers.participants(db, rights, interview, version)
    by_role = {
        role: tuple(dict.fromkeys(one.name.full for one in participants if one.role == role))
        for role in ("witness", "interviewer")
    }
    return CitationData(
        witnesses=by_role["witness"],
        interviewers=by_role["interviewer"],
        title=interview.title,
        held_as_told=interview.held_as_told,
        held_edtf=interview.held_edtf,
        medium="video" if is_film else "sound" if recordings else "text",
        place=interview.place_as_told,
        accession=interview.accession,
        archive=settings.name_for_citations(db),
        text=text_facts.facts_of_one(db, rights, version) if version is not None else None,
        version=version.number if version is not None else None,
        address=address,
        parts=len(recordings),
        is_sample=interview.is_sample,
    )


def export_labels(
    db: Session,
    rights: Rights,
    interview: Interview,
    version: TranscriptVersion,
    language: str,
    *,
    address: str = "",
) -> ExportLabels:
    """Return label, source line and role names for an export in one language.

    An export holds its source even where quoting is closed: no file may leave the archive
    without it.
    """
    style = "vietnamese" if language == "vi" else "chicago"
    source = _citation_data(db, rights, interview, version, address=address)
    assert source.text is not None
    return ExportLabels(
        label=text_labels.full_label(source.text, language),
        unheard=text_labels.unheard_mark(language),
        source_line=cite(source, style).strip(),
        part_headings=part_headings(rights, interview, language),
        **ROLE_LABELS[language],
    )
