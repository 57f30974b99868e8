"""Scopes: what an action is performed on, with everything that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from archive.models import Interview, Job, MediaFile, TranscriptVersion

Part = TranscriptVersion | MediaFile | Job


@dataclass(frozen=True, slots=True)
class Scope:
    """An interview or a part of it: span < recording < interview < collection.

    Without an interview it is the archive itself (accounts, settings) or a job of no
    interview. `span_ms` are start and end on the clock of the recording. Raises ValueError for
    a part whose interview is missing or another one, so that no part escapes the rules of its
    owners.
    """

    interview: Interview | None = None
    part: Part | None = None
    recording_id: str | None = None
    span_ms: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        part, interview = self.part, self.interview
        if interview is None:
            if part is not None and not isinstance(part, Job):
                raise ValueError("the interview that the part belongs to is needed")
        elif part is not None and part.interview_id != interview.id:
            raise ValueError("the part belongs to another interview")
        if isinstance(part, MediaFile) and self.recording_id is None:
            object.__setattr__(self, "recording_id", part.recording_id)

    @property
    def owner_ids(self) -> frozenset[str]:
        """Ids of the recording, interview and collection: a rule about one holds for the scope."""
        interview = self.interview
        if interview is None:
            return frozenset()
        ids = (interview.id, interview.collection_id, self.recording_id)
        return frozenset(filter(None, ids))


ARCHIVE = Scope()
