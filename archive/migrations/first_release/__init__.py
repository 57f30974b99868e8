"""The tables of the first release, one file per domain; only revision 0005 creates them.

Never edited after the release: a later shape is a later revision.
"""

from __future__ import annotations

from archive.migrations.first_release import (
    accounts,
    catalogue,
    holdings,
    office,
    speech,
    transcripts,
)


def create_tables() -> None:
    """Create every table and index; a table comes after those that it refers to."""
    accounts.create_accounts()
    catalogue.create_collections()
    catalogue.create_people()
    catalogue.create_places()
    catalogue.create_interviews()
    holdings.create_recordings()
    holdings.create_media_files()
    holdings.create_uploads()
    catalogue.create_index_points()
    transcripts.create_transcript_versions()
    transcripts.create_segments()
    transcripts.create_editing()
    speech.create_transcription_runs()
    office.create_settings()
    office.create_jobs()
    office.create_events()
    office.create_outbox()
