"""The archive's own JSON: all data of a transcript, one segment per line.

`{"accession", "language", "version", "state", "title", "label", "source_line", "people",
"segments": [{"id", "speaker", "role", "start_ms", "end_ms", "text", "flags", "recording",
"vouched_by", "unheard", "words": [{"start_ms", "end_ms", "text", "confidence", "source"}]}]}`

Readers must ignore unknown keys, as this one does.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from transcription.document import (
    ROLES,
    SOURCES,
    VOUCHERS,
    Transcript,
    TranscriptSegment,
    Word,
    clamp_words,
)
from transcription.formats.base import Format, ParsedTranscript, Problems, replace_unprintable
from transcription.formats.decoding import decode
from transcription.formats.repairing import Cue, unique_id, valid_times
from transcription.tokens import normalise

_HEAD = ("title", "label", "source_line")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}", re.ASCII)


def read(data: bytes) -> ParsedTranscript:
    """Parse a file; the line number of a problem is that of its segment, from 1."""
    problems = Problems()
    text = decode(data, problems)
    if text is None:
        return ParsedTranscript(problems=tuple(problems.found))
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        problems.add(getattr(error, "lineno", 0), "not_json", str(error))
        return ParsedTranscript(problems=tuple(problems.found))
    if not isinstance(whole, dict) or not isinstance(whole.get("segments"), list):
        problems.add(0, "not_a_transcript")
        return ParsedTranscript(problems=tuple(problems.found))
    language = _text(whole.get("language"))
    if whole.get("language") is not None and not _LANGUAGE.fullmatch(language):
        problems.add(0, "bad_value", "language")
        language = ""
    segments: list[TranscriptSegment] = []
    taken: dict[str, int] = {}
    for number, item in enumerate(whole["segments"], start=1):
        segment = _segment(number, item, taken, segments[-1:], problems)
        if segment is not None:
            segments.append(segment)
    return ParsedTranscript(
        segments=tuple(segments),
        problems=tuple(problems.found),
        language=language or None,
        notes=tuple(note for key in _HEAD if (note := _text(whole.get(key)))),
    )


def write(transcript: Transcript) -> bytes:
    """Return UTF-8 with one segment per line, for line-by-line comparison of versions."""
    version = transcript.version
    head = {
        "accession": transcript.accession,
        "language": transcript.language,
        "version": version,
        "state": transcript.state,
        "title": transcript.title,
        "label": transcript.label,
        "source_line": transcript.source_line,
        "people": [{"name": name, "part": part} for name, part in transcript.people],
    }
    lines = [f"{_dumped(key)}: {_dumped(value)},\n" for key, value in head.items()]
    segments = ",\n".join(_dumped(_segment_data(segment)) for segment in transcript.segments)
    return ("{\n" + "".join(lines) + f'"segments": [\n{segments}\n]' + "\n}\n").encode()


def _dumped(value: object) -> str:
    return replace_unprintable(json.dumps(value, ensure_ascii=False))


def _segment_data(segment: TranscriptSegment) -> dict[str, object]:
    return {
        "id": segment.id,
        "speaker": segment.speaker,
        "role": segment.role,
        "recording": segment.recording,
        "start_ms": segment.start_ms,
        "end_ms": segment.end_ms,
        "text": segment.text,
        "flags": list(segment.flags),
        "vouched_by": segment.vouched_by,
        "unheard": segment.is_unheard,
        "words": [
            {
                "start_ms": word.start_ms,
                "end_ms": word.end_ms,
                "text": word.text,
                "confidence": word.confidence,
                "source": word.source,
            }
            for word in segment.words
        ],
    }


def _segment(
    number: int,
    item: Any,
    taken: dict[str, int],
    above: list[TranscriptSegment],
    problems: Problems,
) -> TranscriptSegment | None:
    if not isinstance(item, dict) or not isinstance(item.get("text"), str):
        problems.add(number, "bad_segment")
        return None
    recording = _whole(item.get("recording", 1))
    if recording is None or not 1 <= recording <= 999:
        problems.add(number, "bad_value", "recording")
        recording = 1
    cue = Cue(
        line=number,
        text=normalise(replace_unprintable(item["text"])),
        id=_text(item.get("id")),
        start_ms=_whole(item.get("start_ms")),
        end_ms=_whole(item.get("end_ms")),
        recording=recording,
    )
    before = above[0].end_ms if above and above[0].recording == recording else 0
    start_ms, end_ms = valid_times(cue, before, problems)
    role, flags = item.get("role"), item.get("flags", [])
    if role is not None and role not in ROLES:
        problems.add(number, "unknown_role", str(role))
        role = None
    if not isinstance(flags, list) or not all(isinstance(flag, str) for flag in flags):
        problems.add(number, "bad_value", "flags")
        flags = []
    vouched_by = item.get("vouched_by", "")
    if vouched_by not in ("", *VOUCHERS):
        problems.add(number, "bad_value", "vouched_by")
        vouched_by = ""
    return TranscriptSegment(
        id=unique_id(cue, number, taken, problems),
        start_ms=start_ms,
        end_ms=end_ms,
        text=cue.text,
        words=_words(number, item.get("words"), cue, (start_ms, end_ms), problems),
        speaker=normalise(_text(item.get("speaker"))) or None,
        role=role,
        flags=tuple(replace_unprintable(flag) for flag in flags),
        recording=recording,
        vouched_by=vouched_by,
        is_unheard=item.get("unheard") is True,
    )


def _words(
    number: int, items: Any, cue: Cue, times: tuple[int, int], problems: Problems
) -> tuple[Word, ...]:
    """The words if they are those of the text; none at all otherwise."""
    if not items:
        return ()
    words = [_word(item) for item in items] if isinstance(items, list) else [None]
    known = [word for word in words if word is not None]
    if len(known) < len(words) or " ".join(word.text for word in known) != cue.text:
        problems.add(number, "words_differ", cue.text)
        return ()
    ordered = clamp_words(known, start_ms=times[0], end_ms=times[1])
    if ordered != tuple(known):
        problems.add(number, "words_unordered", cue.text)
    return ordered


def _word(item: Any) -> Word | None:
    if not isinstance(item, dict):
        return None
    start_ms, end_ms = _whole(item.get("start_ms")), _whole(item.get("end_ms"))
    text, confidence = normalise(_text(item.get("text"))), item.get("confidence")
    source = item.get("source", "import")
    if start_ms is None or end_ms is None or not text or source not in SOURCES:
        return None
    if not (confidence is None or _is_share(confidence)):
        return None
    return Word(
        start_ms=start_ms,
        end_ms=end_ms,
        text=text,
        source=source,
        confidence=None if confidence is None else float(confidence),
    )


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _whole(value: Any) -> int | None:
    """Milliseconds, also of programs that write 1500.0; None for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return round(value) if isinstance(value, int) or math.isfinite(value) else None


def _text(value: Any) -> str:
    return replace_unprintable(value) if isinstance(value, str) else ""


FORMAT = Format(
    name="json",
    suffixes=(".json",),
    media_type="application/json",
    read=read,
    write=write,
    preserved=frozenset({"all"}),
)
