"""The closed vocabularies of the database: one `Literal` and the tuple of its values each.

They are stored as plain strings. mypy rejects other strings where an attribute of a loaded object
is compared or assigned. It does not see those in conditions of queries (`Job.state == "…"`) and in
constructors of models: `tests/test_vocabulary_words.py` reads these. External text is checked by
`member`.
"""

from __future__ import annotations

from typing import Literal, TypeVar, get_args

T = TypeVar("T", bound=str)

Audience = Literal["public", "registered", "staff"]
ContributionRole = Literal["witness", "interviewer", "transcriber", "translator"]
UserRole = Literal["administrator", "archivist", "historian", "editor", "reviewer", "researcher"]
NameKind = Literal["common", "alias", "pen", "birth", "order", "religious"]

FileRole = Literal["original", "access", "peaks", "poster", "thumbnail"]
UploadState = Literal["receiving", "kept", "duplicate", "refused", "discarded", "expired"]
CheckState = Literal["", "ok", "mismatch", "missing", "unreadable"]  # "": never checked

VersionKind = Literal["machine", "imported", "corrected"]
VersionState = Literal["machine", "editing", "corrected", "approved"]
SegmentState = Literal["machine", "edited", "heard"]
RevisionKind = Literal[
    "made",
    "edit",
    "speaker",
    "boundary",
    "split",
    "merge",
    "insert",
    "drop",
    "shift",
    "replace",
    "restore",
]
AnnotationKind = Literal["index_point", "redaction"]

ChunkKind = Literal["speech", "skipped"]
ChunkState = Literal["planned", "skipped", "done"]
JobState = Literal["queued", "running", "waiting", "done", "failed", "cancelled"]
Lane = Literal["light", "files", "speech"]
EventOutcome = Literal["success", "failure"]
EventKind = Literal[
    "account.changed",
    "account.described",
    "account.opened",
    "account.password_set",
    "archive.backed_up",
    "archive.restored",
    "clock.jumped",
    "collection.created",
    "collection.described",
    "contents.added",
    "contents.changed",
    "contents.removed",
    "duplicate.found",
    "file.derived",
    "file.received",
    "file.refused",
    "fixity.checked",
    "fixity.repaired",
    "interview.created",
    "interview.described",
    "interview.opened",
    "interview.redacted",
    "job.cancelled",
    "job.retried",
    "office.described",
    "person.created",
    "person.described",
    "person.merge_undone",
    "person.merged",
    "person.removed",
    "place.described",
    "sample.loaded",
    "sample.removed",
    "transcript.approved",
    "transcript.approved_alone",
    "transcript.edited",
    "transcript.imported",
    "transcript.made",
    "transcript.opened",
    "transcript.submitted",
    "transcript.withdrawn",
    "transcription.requested",
]

AUDIENCES: tuple[Audience, ...] = get_args(Audience)
CONTRIBUTION_ROLES: tuple[ContributionRole, ...] = get_args(ContributionRole)
USER_ROLES: tuple[UserRole, ...] = get_args(UserRole)
NAME_KINDS: tuple[NameKind, ...] = get_args(NameKind)
FILE_ROLES: tuple[FileRole, ...] = get_args(FileRole)
VERSION_STATES: tuple[VersionState, ...] = get_args(VersionState)
SEGMENT_STATES: tuple[SegmentState, ...] = get_args(SegmentState)
OPEN_JOB_STATES: tuple[JobState, ...] = ("queued", "running", "waiting")
RETRIABLE_JOB_STATES: tuple[JobState, ...] = ("failed", "cancelled", "waiting")
LANES: tuple[Lane, ...] = get_args(Lane)
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)

# For the type map of the models: every vocabulary is stored as text.
ALL = (
    Audience,
    ContributionRole,
    UserRole,
    NameKind,
    FileRole,
    UploadState,
    CheckState,
    VersionKind,
    VersionState,
    SegmentState,
    RevisionKind,
    AnnotationKind,
    ChunkKind,
    ChunkState,
    JobState,
    Lane,
    EventOutcome,
    EventKind,
)


def member(values: tuple[T, ...], text: str) -> T | None:
    """Return `text` as a value of the vocabulary, or None if it is not one."""
    return text if text in values else None
