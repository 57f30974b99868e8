"""The label and the source line that go with a text wherever it leaves the archive.

Said here once, in both languages, because pages, exports, the command line and jobs
all need them and only pages have a translator.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from archive.actions import office
from archive.actions.citations import Cited, cite
from archive.actions.exporting import Wording
from archive.models import Interview, TranscriptVersion

LABELS = {
    "vi": {
        "machine": "Bản gỡ băng tự động – chưa hiệu đính",
        "editing": "Bản đang hiệu đính",
        "corrected": "Bản đã hiệu đính – chưa duyệt",
        "approved": "Bản đã duyệt",
    },
    "en": {
        "machine": "Machine draft – not yet corrected",
        "editing": "Transcript being corrected",
        "corrected": "Corrected transcript – not yet approved",
        "approved": "Approved transcript",
    },
}
PARTS = {
    "vi": {"witness": "nhân chứng", "interviewer": "người phỏng vấn"},
    "en": {"witness": "witness", "interviewer": "interviewer"},
}
SAMPLE = {
    "vi": "mẫu minh họa, nhân vật và lời kể hư cấu",
    "en": "sample, the people and their words are invented",
}
KNOWS_ONLY = {
    "vi": "mô hình mẫu, chỉ biết năm mươi câu của chính nó",
    "en": "sample model that knows only its own fifty sentences",
}


def label(version: TranscriptVersion, language: str) -> str:
    """What kind of text a version is; a sample model's says so too."""
    told = LABELS[language][version.state]
    if version.state in ("machine", "editing") and version.options.get("knows_only"):
        told += f" ({KNOWS_ONLY[language]})"
    return told


def cited(
    db: Session, interview: Interview, version: TranscriptVersion | None, *,
    address: str = "", start_ms: int | None = None, end_ms: int | None = None, part: int = 1,
) -> Cited:  # fmt: skip
    """What a citation of this interview is made of."""
    is_film = any(recording.is_video for recording in interview.recordings)
    return Cited(
        witnesses=tuple(p.full_name for p in interview.people("witness")),
        interviewers=tuple(p.full_name for p in interview.people("interviewer")),
        title=interview.title,
        held_as_told=interview.held_as_told,
        held_edtf=interview.held_edtf,
        medium="video" if is_film else "sound" if interview.recordings else "text",
        place=interview.place_as_told,
        accession=interview.accession,
        archive=office.get(db, "site_name", office.DEFAULT_NAME),
        state=version.state if version is not None else "approved",
        version=version.number if version is not None else None,
        address=address,
        part=part,
        parts=len(interview.recordings),
        start_ms=start_ms,
        end_ms=end_ms,
        is_sample=interview.is_sample,
    )


def wording(
    db: Session, interview: Interview, version: TranscriptVersion, language: str, *,
    address: str = "",
) -> Wording:  # fmt: skip
    """Label, source line and names of parts for an export in one language."""
    style = "vietnamese" if language == "vi" else "chicago"
    kind = label(version, language)
    return Wording(
        label=f"{kind} – {SAMPLE[language]}" if interview.is_sample else kind,
        source_line=cite(cited(db, interview, version, address=address), style).strip(),
        **PARTS[language],
    )
