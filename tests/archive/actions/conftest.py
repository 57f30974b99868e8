"""Fixtures for tests of actions on transcripts."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.support import sample_transcript
from tests.support.sample_transcript import Transcribed


@pytest.fixture
def transcribed(db: Session) -> Transcribed:
    """The sample interview with its machine version."""
    interview = sample_transcript.add_interview(db)
    return interview, sample_transcript.add_version(db, interview)
