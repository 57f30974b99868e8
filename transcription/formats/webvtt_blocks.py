"""Parser for WebVTT blocks (https://www.w3.org/TR/webvtt1/#file-parsing).

This module has no segments; `webvtt.py` builds them from its results.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from transcription.timecode import parse_timecode

# WebVTT: files must have two or more digits of hours, parsers must accept any number.
_STAMP = re.compile(r"(?:\d+:)?[0-5]\d:[0-5]\d\.\d{3}(?!\d)", re.ASCII)
_LOOSE = re.compile(r"\s*([\d:.,]+)\s*-{1,2}>\s*([\d:.,]+)(.*)", re.ASCII)
_TAG = re.compile(r"<([^<>]*)>")

MAX_DEPTH = 32
"""Nested spans at most; deeper ones are ignored, as in a hostile file."""

_OpenTag = tuple[str, str, tuple[str, ...]]  # name, voice, classes


@dataclass(slots=True)
class CueBlock:
    """A cue as written. Times are None when the timing line cannot be read.

    `settings` (the position on the picture) are kept verbatim.
    `line` is that of the timings, counted from 1.
    """

    line: int
    id: str
    start_ms: int | None
    end_ms: int | None
    settings: str
    is_strict: bool
    text: str = ""


@dataclass(slots=True)
class Blocks:
    """All blocks of a file. `other` are style sheets and regions, `stray` unknown blocks.

    Notes are (number of cues before, text); stray blocks (number of cues, line, text).
    """

    has_signature: bool
    header: str = ""
    cues: list[CueBlock] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    stray: list[tuple[int, int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class VoiceRun:
    """Plain text with its voice, None outside a voice span."""

    text: str
    voice: str | None = None
    classes: tuple[str, ...] = ()


def parse_blocks(text: str) -> Blocks:
    """Parse a file into blocks; `text` has line feeds only. Never raises."""
    lines = text.split("\n")
    first = lines[0]
    blocks = Blocks(has_signature=first[:6] == "WEBVTT" and first[6:7] in ("", " ", "\t"))
    at = 0
    if blocks.has_signature:
        at = 1
        while at < len(lines) and lines[at] and "-->" not in lines[at]:
            at += 1
        blocks.header = "\n".join(lines[:at])
    while at < len(lines):
        if lines[at]:
            at = _block(lines, at, blocks)
        else:
            at += 1
    return blocks


def parse_timings(line: str) -> tuple[int | None, int | None, str, bool]:
    """Return start, end, settings, and whether the line is valid (clause 6.3)."""
    before, _, after = line.partition("-->")
    start, start_rest = _parse_timestamp(before.strip(" \t\f"))
    end, settings = _parse_timestamp(after.lstrip(" \t\f"))
    if start is not None and end is not None and not start_rest:
        return start, end, settings.strip(), True
    loose = _LOOSE.match(line)
    if loose is None:
        return None, None, "", False
    return parse_timecode(loose[1]), parse_timecode(loose[2]), loose[3].strip(), False


def split_voices(text: str) -> list[VoiceRun]:
    """Remove the tags of a cue and split its text by voice (clause 6.4).

    A "<" that does not start a tag ("giá < 5 đồng") stays text.
    """
    runs: list[tuple[str | None, tuple[str, ...], list[str]]] = []
    open_tags: list[_OpenTag] = []

    def add_text(plain: str) -> None:
        voice = next((tag[1] for tag in reversed(open_tags) if tag[0] == "v"), "") or None
        classes = tuple(part for tag in open_tags for part in tag[2])
        if plain and (not runs or runs[-1][:2] != (voice, classes)):
            runs.append((voice, classes, []))
        if plain:
            runs[-1][2].append(plain)

    at = 0
    for tag in _TAG.finditer(text):
        if not _is_tag(tag[1]):
            continue
        add_text(text[at : tag.start()])
        at = tag.end()
        if tag[1].startswith("/"):
            if open_tags and open_tags[-1][0] == tag[1][1:].strip():
                open_tags.pop()
        elif tag[1][:1].isalpha() and len(open_tags) < MAX_DEPTH:
            open_tags.append(_parse_tag(tag[1]))
    add_text(text[at:])
    return [
        VoiceRun(html.unescape("".join(parts)), voice, classes) for voice, classes, parts in runs
    ]


def _block(lines: list[str], at: int, blocks: Blocks) -> int:
    """Parse the block (clause 6.2) at line `at`; return the line after it."""
    begin = at
    before = ""
    if "-->" not in lines[at] and at + 1 < len(lines) and "-->" in lines[at + 1]:
        before, at = lines[at], at + 1
    cue = None
    if "-->" in lines[at]:
        cue = CueBlock(at + 1, before, *parse_timings(lines[at]))
        at += 1
        begin = at
    while at < len(lines) and lines[at] and "-->" not in lines[at]:
        at += 1
    body = "\n".join(lines[begin:at])
    if cue is not None:
        cue.text = body
        blocks.cues.append(cue)
    elif re.match(r"NOTE(?:[ \t\n]|$)", body):
        blocks.notes.append((len(blocks.cues), body[4:].strip()))
    elif re.match(r"(?:STYLE|REGION)[ \t]*(?:\n|$)", body):
        blocks.other.append(body)
    else:
        blocks.stray.append((len(blocks.cues), begin + 1, body))
    return at


def _parse_timestamp(text: str) -> tuple[int | None, str]:
    found = _STAMP.match(text)
    return (parse_timecode(found[0]), text[found.end() :]) if found else (None, text)


def _is_tag(inside: str) -> bool:
    return not inside or inside[0].isalnum() or inside[0] in "/.\\"


def _parse_tag(inside: str) -> _OpenTag:
    head, _, annotation = inside.replace("\t", " ").replace("\n", " ").partition(" ")
    name, *classes = head.split(".")
    voice = " ".join(html.unescape(annotation).split()) if name == "v" else ""
    return name, voice, tuple(part for part in classes if part)
