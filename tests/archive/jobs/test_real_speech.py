"""Eleven seconds of real speech through the pipeline; the demo model cannot know the words."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable

import pytest

from archive.access import Rights
from archive.actions.speech import runs
from archive.actions.speech.runs import TranscriptionOptions
from archive.actions.transcripts.words import unpack
from archive.jobs.worker import Worker
from archive.models import Interview, Job, MediaFile, Recording, TranscriptVersion
from archive.toolbox import Toolbox
from media import sound
from media.derivatives import peaks
from tests.support import media_factory
from tests.support.whisper_models import JFK, needs_real_speech

LENGTH_MS = 11_000


@needs_real_speech
@pytest.mark.sqlite_only
def test_real_recording_is_stored_derived_and_transcribed(
    toolbox: Toolbox, rights_of: Callable[[str | None], Rights]
) -> None:
    rights = rights_of("ben")
    interview_id = media_factory.add_interview(toolbox.database)
    sent = media_factory.upload_file(toolbox, rights, JFK.read_bytes(), name="jfk.flac")
    assert sent.state == "kept"
    with toolbox.database.writing() as db:
        options = TranscriptionOptions(engine="whisper", model="demo", language="en")
        runs.request(db, rights, db.get_one(Interview, interview_id), options)
    Worker(toolbox).run_until_idle()

    with toolbox.database.reading() as db:
        assert {job.state for job in db.query(Job)} == {"done"}
        assert abs((db.query(Recording).one().duration_ms or 0) - LENGTH_MS) <= 1
        files = {file.role: file for file in db.query(MediaFile)}
        version = db.query(TranscriptVersion).one()
        assert_text_is_in_order(version)
    sha256 = hashlib.sha256(JFK.read_bytes()).hexdigest()
    assert files["original"].sha256 == sha256
    assert toolbox.vault.check(sha256).state == "ok"
    assert set(files) == {"original", "access", "peaks"}
    copy = toolbox.derivatives_dir / files["access"].path
    decoded_ms = sum(len(block) for block in sound.pcm_blocks(copy)) // 16
    assert abs(decoded_ms - LENGTH_MS) <= 100
    assert_peaks_show_speech(toolbox, files["peaks"])


def assert_peaks_show_speech(toolbox: Toolbox, file: MediaFile) -> None:
    rows = peaks.read_peaks((toolbox.derivatives_dir / file.path).read_bytes())
    fine = rows[20]
    assert abs(len(fine) - LENGTH_MS // 50) <= 1
    assert 40 < max(fine) <= 255  # as loud as speech
    assert min(fine) < max(fine) // 8  # with pauses


def assert_text_is_in_order(version: TranscriptVersion) -> None:
    """Assert words in order within the recording; a real model would check the words."""
    assert (version.language, version.options["knows_only"]) == ("en", "demo_sentences")
    words = [w for s in version.segments for w in unpack(s.words)]
    assert words
    edges = [t for w in words for t in (w.start_ms, w.end_ms)]
    assert edges == sorted(edges)
    assert 0 <= edges[0] < edges[-1] <= LENGTH_MS
    for segment in version.segments:
        assert segment.start_ms <= segment.words[0][0]
        assert segment.words[-1][1] <= segment.end_ms
        assert segment.text == " ".join(word[2] for word in segment.words)
    ends = itertools.pairwise(version.segments)
    assert all(before.end_ms <= after.start_ms for before, after in ends)
    spoken_ms = sum(s.end_ms - s.start_ms for s in version.segments)
    skipped_ms = sum(end - start for _id, start, end in version.options["skipped"])
    assert spoken_ms + skipped_ms <= LENGTH_MS
