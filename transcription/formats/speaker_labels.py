"""Detect speakers by the label before a colon: `PV:`, `Hỏi:`, `Bà Lan:`.

Speech has colons too ("Ổng nói:", "tỷ lệ 1:5", "Ví dụ:"), so a label is accepted only
when it is a known one, when all its words begin with a capital, or when it is repeated.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from transcription.formats.base import Problems
from transcription.formats.repairing import Cue
from transcription.tokens import normalise

LONGEST_LABEL = 40
MOST_LABEL_TOKENS = 6
MIN_REPEATS = 3

INTERVIEWER_LABELS = (
    "hỏi",
    "h",
    "pv",
    "pvv",
    "q",
    "người phỏng vấn",
    "phóng viên",
    "phỏng vấn viên",
    "interviewer",
    "question",
)
WITNESS_LABELS = (
    "đáp",
    "đ",
    "t",
    "tl",
    "trả lời",
    "nc",
    "nđpv",
    "a",
    "nhân chứng",
    "người kể",
    "người được phỏng vấn",
    "witness",
    "narrator",
    "interviewee",
    "answer",
)
_HONORIFICS = (
    "ông",
    "bà",
    "chị",
    "anh",
    "cô",
    "chú",
    "bác",
    "em",
    "cụ",
    "thầy",
    "má",
    "mẹ",
    "ba",
    "dì",
    "cậu",
    "mợ",
    "thím",
    "dượng",
    "mr",
    "mrs",
    "ms",
    "dr",
)
_LABEL = re.compile(r"([^:\n]{1,60}?)\s*:(?![\d/])\s*(.*)", re.DOTALL)
_NUMBER = re.compile(r"\s*\d{1,2}$")


def split_label(text: str) -> tuple[str, str] | None:
    """Split at the first colon into (label, rest); None if the label would be too long."""
    found = _LABEL.match(text)
    if found is None:
        return None
    label = normalise(found[1]).strip("*_-–— ")
    if not label or len(label) > LONGEST_LABEL or len(label.split()) > MOST_LABEL_TOKENS:
        return None
    return label, found[2].strip()


def accepted_labels(labels: Iterable[str]) -> frozenset[str]:
    """Return those of the possible labels of one file that are speakers."""
    counted = Counter(labels)
    return frozenset(
        label
        for label, times in counted.items()
        if role_of(label)
        or _is_name(label, times)
        or (times >= MIN_REPEATS and label[:1].isupper())
    )


def role_of(label: str) -> str | None:
    """Return the role of a known label, also of `PV 2`; None for any other."""
    key = _NUMBER.sub("", label.lower())
    if key in INTERVIEWER_LABELS:
        return "interviewer"
    return "witness" if key in WITNESS_LABELS else None


def _is_name(label: str, times: int) -> bool:
    tokens = _NUMBER.sub("", label).split()
    names = tokens[1:] if tokens and tokens[0].lower().rstrip(".") in _HONORIFICS else tokens
    if not names or not all(name[0].isupper() for name in names):
        return False
    return len(tokens) > 1 or times > 1


def apply_labels(cues: Sequence[Cue], problems: Problems) -> None:
    """Move the labels of one file from the text to speaker and role."""
    cut = [split_label(cue.text) for cue in cues]
    speakers = accepted_labels(label for label, _ in filter(None, cut))
    reported: set[str] = set()
    for cue, parts in zip(cues, cut, strict=True):
        if parts is None or parts[0] not in speakers:
            continue
        cue.speaker, cue.text = parts
        cue.role = role_of(parts[0])
        if cue.role and parts[0] not in reported:
            reported.add(parts[0])
            problems.add(cue.line, "role_inferred", parts[0])
