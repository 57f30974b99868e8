"""Interviews that can be searched: invented sentences, an audience, a state of their text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from archive.access import Actor, machine
from archive.actions import discovery, indexing, transcripts
from archive.actions.discovery import Answer, Wish
from archive.models import Interview, TranscriptVersion
from archive.toolbox import Toolbox
from transcription.document import Segment, words_from_text

SECONDS_A_SENTENCE = 10


def told(
    toolbox: Toolbox, accession: str, *sentences: str, audience: str = "public",
    state: str = "approved", language: str = "vi", **more: Any,
) -> str:  # fmt: skip
    """An interview with one sentence in every ten seconds; gives its id."""
    with toolbox.database.writing() as db:
        interview = Interview(
            accession=accession, title=more.pop("title", f"Chuyện {accession}"),
            audience=audience, languages=[language], **more,
        )  # fmt: skip
        db.add(interview)
        db.flush()
        if sentences:
            tell(db, interview, sentences, state=state, language=language)
        return interview.id


def tell(
    db: Session, interview: Interview, sentences: Sequence[str], *,
    state: str = "approved", language: str = "vi",
) -> TranscriptVersion:  # fmt: skip
    """One more version of the text of an interview, as if it had been brought in."""
    return transcripts.bring_in(
        db, machine("test"), interview, language=language, state=state, source="told.txt",
        spoken=[(None, _segment(number, text)) for number, text in enumerate(sentences)],
    )  # fmt: skip


def _segment(number: int, text: str) -> Segment:
    start_ms = number * SECONDS_A_SENTENCE * 1000
    end_ms = start_ms + 9_000
    words = words_from_text(text, start_ms=start_ms, end_ms=end_ms)
    # Each sentence has its own voice, so that none is joined with the next into a passage.
    return Segment(
        id="", start_ms=start_ms, end_ms=end_ms, text=text, words=words, speaker=f"Giọng {number}"
    )


def index_all(toolbox: Toolbox) -> int:
    """As the indexer would."""
    with toolbox.database.writing() as db:
        indexing.forget_until(db, indexing.last_change(db))
    with toolbox.database.reading() as db:
        return toolbox.index.rebuild(indexing.everything(db, toolbox.settings.public_states))


def ask(toolbox: Toolbox, actor: Actor, text: str, **wish: Any) -> Answer:
    """What this reader is answered."""
    with toolbox.database.reading() as db:
        return discovery.search(db, toolbox.index, actor, Wish(text=text, **wish))


def texts(answer: Answer) -> list[str]:
    """The sentences that were found, best first, grouped or not."""
    return [h.text for h in (*answer.hits, *(h for g in answer.groups for h in g.hits))]
