"""WebVTT: captions for a player, and a complete transcript with speakers.

Speakers are voice spans; their classes are the role and who vouches for the words:
`<v.witness.heard Bà Lan>`. Unheard words are marked on the screen too. Label, version and
source are in the first NOTE, which players do not show. A transcript of several
recordings has a NOTE `recording 2` before the cues of the second one.
"""

from __future__ import annotations

import itertools
import re

from transcription.document import ROLES, Transcript, TranscriptSegment
from transcription.formats.base import (
    UNHEARD_MARK,
    Format,
    ParsedTranscript,
    Problems,
    has_marks,
    header_lines,
    marked_text,
    replace_unprintable,
)
from transcription.formats.decoding import decode
from transcription.formats.repairing import Cue, build_segments
from transcription.formats.speaker_labels import apply_labels
from transcription.formats.webvtt_blocks import (
    Blocks,
    CueBlock,
    VoiceRun,
    parse_blocks,
    split_voices,
)
from transcription.timecode import format_clock_ms
from transcription.tokens import normalise

_LANGUAGE = re.compile(r"(?:^|\n)[ \t]*language[ \t]*:[ \t]*([a-z]{2,3}(?:-[a-z0-9]+)*)\b", re.I)
_RECORDING = re.compile(r"recording ([1-9][0-9]{0,2})$")


def read(data: bytes) -> ParsedTranscript:
    """Parse a file; a cue becomes one segment per voice. Problems: see `base.PROBLEMS`."""
    problems = Problems()
    text = decode(data, problems)
    if text is None:
        return ParsedTranscript(problems=tuple(problems.found))
    blocks = parse_blocks(text)
    if not blocks.has_signature:
        problems.add(1, "no_signature", text[:40])
    if not blocks.cues:
        problems.add(0, "no_cues")
    notes = [note for _, note in blocks.notes] + _attach_stray(blocks, problems)
    cues = _cues(blocks, problems)
    if has_marks(line for note in notes for line in note.split("\n")):
        for cue in cues:
            cue.text = cue.text.removeprefix(UNHEARD_MARK).lstrip()
    if not any(cue.speaker for cue in cues):
        apply_labels(cues, problems)
    named = _LANGUAGE.search("\n".join([blocks.header, *notes]))
    return ParsedTranscript(
        segments=build_segments(cues, problems),
        problems=tuple(problems.found),
        language=named[1] if named else None,
        notes=tuple(note for note in notes if not _RECORDING.match(note)),
    )


def write(transcript: Transcript) -> bytes:
    """Return UTF-8 without a byte order mark; a segment with text is a cue of one line."""
    head = [
        f"language: {normalise(replace_unprintable(transcript.language))}",
        *header_lines(transcript),
    ]
    blocks = ["WEBVTT", "\n".join(["NOTE", *(line.replace("-->", "→") for line in head)])]
    recording = 1
    for segment in transcript.segments:
        if segment.recording != recording:
            recording = segment.recording
            blocks.append(f"NOTE recording {recording}")
        if normalise(segment.text):
            blocks.append(_render_cue(segment))
    return ("\n\n".join(blocks) + "\n").encode()


def _render_cue(segment: TranscriptSegment) -> str:
    name = normalise(replace_unprintable(segment.id)).replace("-->", "→")
    times = f"{format_clock_ms(segment.start_ms)} --> {format_clock_ms(segment.end_ms)}"
    text = marked_text(segment, _escaped(segment.text))
    classes = "".join(f".{name}" for name in (segment.role, segment.vouched_by) if name)
    if segment.speaker:
        text = f"<v{classes} {_escaped(segment.speaker)}>{text}"
    elif classes:
        text = f"<c{classes}>{text}</c>"
    return "\n".join(part for part in (name, times, text) if part)


def _escaped(text: str) -> str:
    text = normalise(replace_unprintable(text)).replace("&", "&amp;")
    return text.replace("<", "&lt;").replace(">", "&gt;")


def _attach_stray(blocks: Blocks, problems: Problems) -> list[str]:
    """Append unknown blocks to the cue before them; return those before the first cue."""
    added: dict[int, list[str]] = {}
    for cues_before, line, text in blocks.stray:
        problems.add(line, "stray_text", text)
        added.setdefault(cues_before, []).append(text)
    notes = added.pop(0, [])
    for cues_before, texts in added.items():
        cue = blocks.cues[cues_before - 1]
        cue.text = "\n".join([cue.text, *texts])
    return notes


def _cues(blocks: Blocks, problems: Problems) -> list[Cue]:
    cues: list[Cue] = []
    marks = {
        cues_before: int(found[1])
        for cues_before, note in blocks.notes
        if (found := _RECORDING.match(note))
    }
    recording = 1
    for number, block in enumerate(blocks.cues):
        recording = marks.get(number, recording)
        if not block.is_strict and block.start_ms is not None:
            problems.add(block.line, "odd_time", block.text, once=True)
        cues += _cues_by_voice(block, recording, problems)
    return cues


def _cues_by_voice(block: CueBlock, recording: int, problems: Problems) -> list[Cue]:
    """Return one cue for each voice in a cue of the file."""
    groups: list[list[VoiceRun]] = []
    for run in split_voices(block.text):
        if groups and (not run.text.strip() or run.voice == groups[-1][0].voice):
            groups[-1].append(run)
        elif run.text.strip():
            groups.append([run])
    if not groups:
        problems.add(block.line, "empty_cue")
    if len(groups) > 1:
        problems.add(block.line, "shared_cue", block.text)
    cues = []
    for number, (group, times) in enumerate(zip(groups, _share_time(block, groups), strict=True)):
        text = "".join(run.text for run in group)
        role = next((name for name in group[0].classes if name in ROLES), None)
        cue = Cue(
            line=block.line, text=text, speaker=group[0].voice, role=role, recording=recording
        )
        cue.start_ms, cue.end_ms = times
        cue.id = "" if number else block.id
        cues.append(cue)
    return cues


def _share_time(
    block: CueBlock, groups: list[list[VoiceRun]]
) -> list[tuple[int | None, int | None]]:
    """Distribute the time of a cue over its voices by number of tokens."""
    start_ms, end_ms = block.start_ms, block.end_ms
    if len(groups) < 2 or start_ms is None or end_ms is None:
        return [(start_ms, end_ms)] * len(groups)
    weights = [sum(len(run.text.split()) for run in group) for group in groups]
    length, total = max(0, end_ms - start_ms), sum(weights)
    edges = [
        start_ms + length * before // total for before in itertools.accumulate(weights, initial=0)
    ]
    return list(itertools.pairwise(edges))


FORMAT = Format(
    name="vtt",
    suffixes=(".vtt",),
    media_type="text/vtt",
    read=read,
    write=write,
    preserved=frozenset({"id", "text", "times", "speaker", "role", "recording"}),
)
