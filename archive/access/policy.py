"""The policy table: actions allowed by role. Actions not listed are forbidden."""

from __future__ import annotations

from typing import Literal, get_args

from archive.models.vocabulary import UserRole

# What readers ask for. The audience of the interview and the state of the text decide.
ReaderAction = Literal[
    "know",  # that it exists, and its description
    "read",  # the text of a version
    "hear",  # the access copy, its wave and its picture
    "download",  # an export of the text, a file to keep
    "quote",  # a citation of the text
]
StaffAction = Literal[
    "see_history",  # who changed which words
    "create",  # a new interview
    "describe",  # change title, people, dates, audience, contents
    "open",  # make an interview visible to a wider audience than before
    "upload",  # add files
    "see_files",  # names, digests and history of originals; attachments, closed by default
    "fetch_original",  # the bytes as they were received
    "transcribe",  # start, cancel and repeat machine transcription
    "import_text",  # import a transcript from a file
    "correct",  # change the words of a version
    "approve",  # approve a version, start a new one after it
    "see_jobs",  # state and progress of jobs
    "check_fixity",
    "manage_people",
    "manage_accounts",
    "manage_office",  # name of the archive, sample, settings
]
Action = ReaderAction | StaffAction

READER_ACTIONS: tuple[ReaderAction, ...] = get_args(ReaderAction)
STAFF_ACTIONS: tuple[StaffAction, ...] = get_args(StaffAction)
ACTIONS: tuple[Action, ...] = READER_ACTIONS + STAFF_ACTIONS

STAFF_ROLES: frozenset[UserRole] = frozenset(
    {"administrator", "archivist", "historian", "editor", "reviewer"}
)

ALLOWED: dict[Action, frozenset[UserRole]] = {
    "see_history": STAFF_ROLES,
    "create": frozenset({"administrator", "archivist", "historian"}),
    "describe": frozenset({"administrator", "archivist", "historian"}),
    "open": frozenset({"archivist"}),
    "upload": frozenset({"administrator", "archivist", "historian"}),
    "see_files": STAFF_ROLES,
    "fetch_original": frozenset({"administrator", "archivist"}),
    "transcribe": frozenset({"administrator", "archivist", "historian", "editor"}),
    "import_text": frozenset({"administrator", "archivist", "historian", "editor"}),
    "correct": frozenset({"administrator", "archivist", "editor", "reviewer"}),
    "approve": frozenset({"administrator", "archivist", "reviewer"}),
    "see_jobs": STAFF_ROLES,
    "check_fixity": frozenset({"administrator", "archivist"}),
    "manage_people": frozenset({"administrator", "archivist", "historian"}),
    "manage_accounts": frozenset({"administrator"}),
    "manage_office": frozenset({"administrator"}),
}

# Roles that may do it only while no account of the roles above is active.
STAND_INS: dict[Action, frozenset[UserRole]] = {"open": frozenset({"administrator"})}
