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
    a part or recording whose interview is missing or another one, so that nothing escapes the
    rules of its owners.
    """

    interview: Interview | None = None
    part: Part | None = None
    recording_id: str | None = None
    span_ms: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        part, interview = self.part, self.interview
        if interview is None:
            if self.recording_id or (part is not None and part.interview_id is not None):
                raise ValueError("the interview that the part belongs to is needed")
        elif part is not None and part.interview_id != interview.id:
            raise ValueError("the part belongs to another interview")
        elif isinstance(part, MediaFile):
            if self.recording_id not in (None, part.recording_id):
                raise ValueError("the file is of another recording")
            object.__setattr__(self, "recording_id", part.recording_id)
        if self.recording_id is not None and all(
            self.recording_id != recording.id
            for recording in (interview.recordings if interview else ())
        ):
            raise ValueError("the recording belongs to another interview")

    @property
    def owner_ids(self) -> frozenset[str]:
        """Ids of the recording, interview and collection: a rule about one holds for the scope."""
        interview = self.interview
        if interview is None:
            return frozenset()
        ids = (interview.id, interview.collection_id, self.recording_id)
        return frozenset(filter(None, ids))


ARCHIVE = Scope()
