"""Eleven seconds of a real voice go the whole way. The demo model cannot know the words."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable

import pytest

from archive.access import Actor
from archive.actions import transcription, transcripts
from archive.actions.transcription import Wanted
from archive.jobs.worker import Worker
from archive.models import Interview, Job, MediaFile, Recording, TranscriptVersion
from archive.toolbox import Toolbox
from media import sound
from media.derivatives import peaks
from tests import holdings as make
from tests.speech import JFK, needs_real_speech

LENGTH_MS = 11_000


@needs_real_speech
@pytest.mark.sqlite_only
def test_a_real_voice_is_kept_copied_drawn_and_heard(
    toolbox: Toolbox, actor_of: Callable[[str | None], Actor]
) -> None:
    actor = actor_of("ben")
    interview_id = make.interview(toolbox.database)
    sent = make.send(toolbox, actor, JFK.read_bytes(), name="jfk.flac")
    assert sent.state == "kept"
    with toolbox.database.writing() as db:
        wanted = Wanted(engine="whisper", model="demo", language="en")
        transcription.request(db, actor, db.get_one(Interview, interview_id), wanted)
    Worker(toolbox).run_until_idle()

    with toolbox.database.reading() as db:
        assert {job.state for job in db.query(Job)} == {"done"}
        assert abs((db.query(Recording).one().duration_ms or 0) - LENGTH_MS) <= 1
        files = {file.role: file for file in db.query(MediaFile)}
        version = db.query(TranscriptVersion).one()
        check_text(version)
    sha256 = hashlib.sha256(JFK.read_bytes()).hexdigest()
    assert files["original"].sha256 == sha256
    assert toolbox.vault.check(sha256).state == "ok"
    assert set(files) == {"original", "access", "peaks"}
    copy = toolbox.derivatives_dir / files["access"].path
    heard_ms = sum(len(block) for block in sound.pcm_blocks(copy)) // 16
    assert abs(heard_ms - LENGTH_MS) <= 100
    check_peaks(toolbox, files["peaks"])


def check_peaks(toolbox: Toolbox, file: MediaFile) -> None:
    rows = peaks.read((toolbox.derivatives_dir / file.path).read_bytes())
    fine = rows[20]
    assert abs(len(fine) - LENGTH_MS // 50) <= 1
    assert 40 < max(fine) <= 255  # a voice, as loud as one
    assert min(fine) < max(fine) // 8  # that pauses


def check_text(version: TranscriptVersion) -> None:
    """Something was heard, in the recording, in order; which words, only real weights know."""
    assert (version.language, version.options["knows_only"]) == ("en", "demo_sentences")
    words = [w for s in version.segments for w in transcripts.unpack(s.words)]
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
