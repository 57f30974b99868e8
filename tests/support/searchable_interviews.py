"""Build searchable interviews with invented sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from archive.access import Rights
from archive.actions.discovery import rebuilding, search
from archive.actions.discovery.search import SearchQuery, SearchResponse
from archive.actions.transcripts import imports
from archive.models import Interview, TranscriptVersion
from archive.toolbox import Toolbox
from tests.support.rights import rights_of_machine
from transcription.document import TranscriptSegment, words_from_text

SECONDS_PER_SENTENCE = 10


def add_interview_with_text(
    toolbox: Toolbox,
    accession: str,
    *sentences: str,
    audience: str = "public",
    state: str = "approved",
    language: str = "vi",
    **values: Any,
) -> str:
    """Add an interview with one sentence every ten seconds; return its id."""
    with toolbox.database.writing() as db:
        interview = Interview(
            accession=accession,
            title=values.pop("title", f"Chuyện {accession}"),
            audience=audience,
            languages=[language],
            **values,
        )
        db.add(interview)
        db.flush()
        if sentences:
            add_version(db, interview, sentences, state=state, language=language)
        return interview.id


def add_version(
    db: Session,
    interview: Interview,
    sentences: Sequence[str],
    *,
    state: str = "approved",
    language: str = "vi",
) -> TranscriptVersion:
    """Add a version with these sentences to an interview, by import."""
    return imports.import_transcript(
        db,
        rights_of_machine("test"),
        interview,
        language=language,
        state=state,
        source="told.txt",
        reason="in tests",
        segments=[(None, _segment(number, text)) for number, text in enumerate(sentences)],
    )


def _segment(number: int, text: str) -> TranscriptSegment:
    start_ms = number * SECONDS_PER_SENTENCE * 1000
    end_ms = start_ms + 9_000
    words = words_from_text(text, start_ms=start_ms, end_ms=end_ms)
    # Each sentence has its own voice, so that none is joined with the next into a passage.
    return TranscriptSegment(
        id="", start_ms=start_ms, end_ms=end_ms, text=text, words=words, speaker=f"Giọng {number}"
    )


def index_all(toolbox: Toolbox) -> int:
    """Rebuild the index, as the indexer does."""
    return rebuilding.rebuild(toolbox)


def search_as(toolbox: Toolbox, rights: Rights, text: str, **options: Any) -> SearchResponse:
    """Return what a search finds for this actor."""
    with toolbox.database.reading() as db:
        return search.search(db, toolbox.index, rights, SearchQuery(text=text, **options))


def hit_texts(answer: SearchResponse) -> list[str]:
    """The sentences that were found, best first, grouped or not."""
    return [
        hit.turn.text
        for hit in (*answer.hits, *(hit for group in answer.groups for hit in group.hits))
    ]
