"""Database models: one file per noun, no queries, no input or output."""

from archive.models.annotation import Annotation
from archive.models.base import Base
from archive.models.collection import Collection
from archive.models.event import ChainHead, Event
from archive.models.interview import AccessionNumber, Contribution, Interview
from archive.models.job import Job
from archive.models.outbox import Outbox
from archive.models.person import Person, PersonMerge, PersonName
from archive.models.place import Place, PlaceSuccession
from archive.models.presence import Presence
from archive.models.recording import MediaFile, Recording, Upload
from archive.models.setting import Setting
from archive.models.transcript import (
    ApprovedSpeaker,
    SavedOperation,
    Segment,
    SegmentDraft,
    SegmentRevision,
    TranscriptVersion,
)
from archive.models.transcription_run import TranscriptionChunk, TranscriptionRun
from archive.models.user import SignInFailure, SignInSession, User
from archive.models.worker_heartbeat import WorkerHeartbeat

__all__ = [
    "AccessionNumber",
    "Annotation",
    "ApprovedSpeaker",
    "Base",
    "ChainHead",
    "Collection",
    "Contribution",
    "Event",
    "Interview",
    "Job",
    "MediaFile",
    "Outbox",
    "Person",
    "PersonMerge",
    "PersonName",
    "Place",
    "PlaceSuccession",
    "Presence",
    "Recording",
    "SavedOperation",
    "Segment",
    "SegmentDraft",
    "SegmentRevision",
    "Setting",
    "SignInFailure",
    "SignInSession",
    "TranscriptVersion",
    "TranscriptionChunk",
    "TranscriptionRun",
    "Upload",
    "User",
    "WorkerHeartbeat",
]
