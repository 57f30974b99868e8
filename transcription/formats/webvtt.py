"""WebVTT: captions for a player, and a whole transcript with its voices.

Speakers are voice spans, roles their classes: `<v.witness Bà Lan>`. Label, version and
source stand in the first NOTE, where players do not show them and people see them. A
transcript of several recordings has a NOTE `recording 2` where the second clock begins.
"""

from __future__ import annotations

import itertools
import re

from transcription.document import ROLES, Segment, Transcript
from transcription.formats.base import Format, Problems, Reading, head_lines, printable
from transcription.formats.decoding import decode
from transcription.formats.repairing import Cue, sound
from transcription.formats.speaker_labels import apply_labels
from transcription.formats.webvtt_blocks import Blocks, CueBlock, Voiced, parse, voices
from transcription.timecode import clock_ms
from transcription.tokens import tidy

_LANGUAGE = re.compile(r"(?:^|\n)[ \t]*language[ \t]*:[ \t]*([a-z]{2,3}(?:-[a-z0-9]+)*)\b", re.I)
_RECORDING = re.compile(r"recording ([1-9][0-9]{0,2})$")


def read(data: bytes) -> Reading:
    """Segments of the cues, one for each voice; see `base.PROBLEMS` for what is reported."""
    problems = Problems()
    text = decode(data, problems)
    if text is None:
        return Reading(problems=tuple(problems.found))
    blocks = parse(text)
    if not blocks.has_signature:
        problems.add(1, "no_signature", text[:40])
    if not blocks.cues:
        problems.add(0, "no_cues")
    notes = [note for _, note in blocks.notes] + _add_stray(blocks, problems)
    cues = _cues(blocks, problems)
    if not any(cue.speaker for cue in cues):
        apply_labels(cues, problems)
    named = _LANGUAGE.search("\n".join([blocks.header, *notes]))
    return Reading(
        segments=sound(cues, problems),
        problems=tuple(problems.found),
        language=named[1] if named else None,
        notes=tuple(note for note in notes if not _RECORDING.match(note)),
    )


def write(transcript: Transcript) -> bytes:
    """UTF-8 without a mark; every segment that has text is one cue of one line."""
    head = [f"language: {tidy(printable(transcript.language))}", *head_lines(transcript)]
    blocks = ["WEBVTT", "\n".join(["NOTE", *(line.replace("-->", "→") for line in head)])]
    recording = 1
    for segment in transcript.segments:
        if segment.recording != recording:
            recording = segment.recording
            blocks.append(f"NOTE recording {recording}")
        if tidy(segment.text):
            blocks.append(_written(segment))
    return ("\n\n".join(blocks) + "\n").encode()


def _written(segment: Segment) -> str:
    name = tidy(printable(segment.id)).replace("-->", "→")
    times = f"{clock_ms(segment.start_ms)} --> {clock_ms(segment.end_ms)}"
    said = _escaped(segment.text)
    role = f".{segment.role}" if segment.role else ""
    if segment.speaker:
        said = f"<v{role} {_escaped(segment.speaker)}>{said}"
    elif role:
        said = f"<c{role}>{said}</c>"
    return "\n".join(part for part in (name, times, said) if part)


def _escaped(text: str) -> str:
    text = tidy(printable(text)).replace("&", "&amp;")
    return text.replace("<", "&lt;").replace(">", "&gt;")


def _add_stray(blocks: Blocks, problems: Problems) -> list[str]:
    """Add blocks that are nothing to the cue above; returns those that have none above."""
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
        cues += _voiced(block, recording, problems)
    return cues


def _voiced(block: CueBlock, recording: int, problems: Problems) -> list[Cue]:
    """One cue of a file as one passage for each voice in it."""
    groups: list[list[Voiced]] = []
    for run in voices(block.text):
        if groups and (not run.text.strip() or run.voice == groups[-1][0].voice):
            groups[-1].append(run)
        elif run.text.strip():
            groups.append([run])
    if not groups:
        problems.add(block.line, "empty_cue")
    if len(groups) > 1:
        problems.add(block.line, "shared_cue", block.text)
    cues = []
    for number, (group, times) in enumerate(zip(groups, _shared(block, groups), strict=True)):
        text = "".join(run.text for run in group)
        role = next((name for name in group[0].classes if name in ROLES), None)
        cue = Cue(
            line=block.line, text=text, speaker=group[0].voice, role=role, recording=recording
        )
        cue.start_ms, cue.end_ms = times
        cue.id = "" if number else block.id
        cues.append(cue)
    return cues


def _shared(block: CueBlock, groups: list[list[Voiced]]) -> list[tuple[int | None, int | None]]:
    """The time of the cue shared between its voices by the number of their tokens."""
    start_ms, end_ms = block.start_ms, block.end_ms
    if len(groups) < 2 or start_ms is None or end_ms is None:
        return [(start_ms, end_ms)] * len(groups)
    weights = [sum(len(run.text.split()) for run in group) for group in groups]
    length, total = max(0, end_ms - start_ms), sum(weights)
    edges = [start_ms + length * said // total for said in itertools.accumulate(weights, initial=0)]
    return list(itertools.pairwise(edges))


FORMAT = Format(
    name="vtt",
    suffixes=(".vtt",),
    media_type="text/vtt",
    read=read,
    write=write,
    keeps=frozenset({"id", "text", "times", "speaker", "role", "recording"}),
)
