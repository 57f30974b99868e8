"""Hidden words in the editor: who gets them, and that no edit shows them to readers.

A redaction hides times, and edits move the times of words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from sqlalchemy import select

from archive import access
from archive.actions.editing.draft import Draft
from archive.actions.editing.rules import SegmentRefused
from archive.actions.transcripts.redaction import HiddenSpan, hidden_spans, visible_text
from archive.actions.transcripts.redactor import Redactor, redactor_of
from archive.models import Segment, SegmentRevision

# Words that the user typed may equal hidden ones; no other edit adds a word.
TYPING_KINDS = frozenset({"edit", "replace", "insert"})


def redactor_for(draft: Draft) -> Redactor:
    """Return what leaves out the words that the user may not have: none for a corrector."""
    if access.may(draft.rights, "correct", draft.scope):
        return Redactor(draft.db, draft.interview, ())
    return redactor_of(draft.db, draft.interview)


def require_still_hidden(draft: Draft, changed: Sequence[Segment], *, kind: str) -> None:
    """Refuse an edit after which readers would get words that were hidden before it.

    Compares the segments with the last revision of each. Raises SegmentRefused.
    """
    spans = hidden_spans(draft.db, [draft.interview.id])[draft.interview.id]
    if not spans:
        return
    before = _last_revisions(draft, changed)
    recordings = {segment.id: segment.recording_id for segment in changed}
    was_visible = _words(before, recordings, spans)
    was_there = _words(before, recordings, ())
    living = [segment for segment in changed if segment.ended_at is None]
    is_visible = _words(living, recordings, spans)
    typed = _words(living, recordings, ()) - was_there if kind in TYPING_KINDS else Counter()
    if (is_visible - was_visible - typed) & (was_there - was_visible):
        raise SegmentRefused(field="segment", why="shows_hidden")


def _last_revisions(draft: Draft, changed: Sequence[Segment]) -> list[SegmentRevision]:
    """Return the last revision of each segment: what it was before this edit."""
    rows = draft.db.scalars(
        select(SegmentRevision)
        .where(SegmentRevision.segment_id.in_(sorted(segment.id for segment in changed)))
        .order_by(SegmentRevision.revision)
    )
    return list({row.segment_id: row for row in rows}.values())


def _words(
    rows: Iterable[Segment | SegmentRevision],
    recordings: dict[str, str | None],
    spans: Sequence[HiddenSpan],
) -> Counter[str]:
    """Count the words of these rows that are outside of the spans."""
    found: Counter[str] = Counter()
    for row in rows:
        segment_id = row.segment_id if isinstance(row, SegmentRevision) else row.id
        found.update(visible_text(row, recordings[segment_id], spans).text.split())
    return found
