"""Queries of lists and of the front page take the roles of speakers that the version has."""

from __future__ import annotations

import pytest

from archive.actions.holdings import playback
from archive.actions.transcripts import rendition
from archive.models import Contribution, Interview, TranscriptVersion
from archive.models.vocabulary import VersionState
from archive.toolbox import Toolbox
from tests.support import sample_transcript
from tests.support.rights import rights_of_role


@pytest.mark.parametrize("state", ["approved", "corrected"])
def test_lists_and_quotes_take_the_roles_that_the_version_has(
    toolbox: Toolbox, state: VersionState
) -> None:
    """An approved version keeps its roles, an open one has those of today."""
    public = rights_of_role("", public_states=frozenset({"approved", "corrected"}))
    with toolbox.database.writing() as db:
        of = sample_transcript.add_interview(db)
        recording_id = of.recordings[0].id
        for segment in sample_transcript.add_approved_version(db, of).segments:
            segment.recording_id = recording_id
            segment.text = "Hồi đó hẻm tôi có cái giếng chung, sáng nào mấy bà cũng ra gánh nước."
        db.query(TranscriptVersion).one().state = state
        of_today = {"witness": "interviewer", "interviewer": "witness"}
        roles: dict[str | None, str] = {None: ""}
        for one in db.query(Contribution):
            roles[one.id] = one.role if state == "approved" else of_today[one.role]
            one.role = "witness" if one.role == "interviewer" else "interviewer"
    with toolbox.database.reading() as db:
        interview, version = db.query(Interview).one(), db.query(TranscriptVersion).one()
        turns = rendition.for_reader(db, public, interview, version).turns
        expected = {
            role: [turn for turn in turns if roles[turn.contribution_id] == role]
            for role in ("witness", "interviewer")
        }
        assert all(expected.values())
        spans = playback.interviewer_spans(db, public, [interview])[recording_id]
        assert spans == [(turn.start_ms, turn.end_ms) for turn in expected["interviewer"]]
        quotable = rendition.witness_segment_ids(
            db, public, [version], min_length=60, max_length=240
        )
        assert set(quotable[version.id]) == {
            turn.id for turn in expected["witness"] if not turn.is_unheard
        }
