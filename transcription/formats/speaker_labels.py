"""Who speaks, from the label before a colon: `PV:`, `Hỏi:`, `Bà Lan:`.

Speech has colons too ("Ổng nói:", "tỷ lệ 1:5", "Ví dụ:"), so a label is believed only
when it is a known one, when every word of it begins with a capital, or when it returns.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from transcription.formats.base import Problems
from transcription.formats.repairing import Cue
from transcription.tokens import tidy

LONGEST_LABEL = 40
MOST_TOKENS = 6
OFTEN = 3

ASKING = ("hỏi", "h", "pv", "pvv", "q", "người phỏng vấn", "phóng viên", "phỏng vấn viên",
          "interviewer", "question")  # fmt: skip
ANSWERING = ("đáp", "đ", "t", "tl", "trả lời", "nc", "nđpv", "a", "nhân chứng", "người kể",
             "người được phỏng vấn", "witness", "narrator", "interviewee", "answer")  # fmt: skip
_HONORIFICS = (
    "ông", "bà", "chị", "anh", "cô", "chú", "bác", "em", "cụ", "thầy", "má", "mẹ", "ba", "dì",
    "cậu", "mợ", "thím", "dượng", "mr", "mrs", "ms", "dr",
)  # fmt: skip
_LABEL = re.compile(r"([^:\n]{1,60}?)\s*:(?![\d/])\s*(.*)", re.DOTALL)
_NUMBER = re.compile(r"\s*\d{1,2}$")


def cut_label(text: str) -> tuple[str, str] | None:
    """What stands before the first colon, if it is short enough for a label, and the rest."""
    found = _LABEL.match(text)
    if found is None:
        return None
    label = tidy(found[1]).strip("*_-–— ")
    if not label or len(label) > LONGEST_LABEL or len(label.split()) > MOST_TOKENS:
        return None
    return label, found[2].strip()


def believed(labels: Iterable[str]) -> frozenset[str]:
    """Which of the labels found in one file are speakers."""
    counted = Counter(labels)
    return frozenset(
        label
        for label, times in counted.items()
        if role_of(label) or _is_name(label, times) or (times >= OFTEN and label[:1].isupper())
    )


def role_of(label: str) -> str | None:
    """The part that a known label names, `PV 2` included; None for any other."""
    key = _NUMBER.sub("", label.lower())
    if key in ASKING:
        return "interviewer"
    return "witness" if key in ANSWERING else None


def _is_name(label: str, times: int) -> bool:
    tokens = _NUMBER.sub("", label).split()
    names = tokens[1:] if tokens and tokens[0].lower().rstrip(".") in _HONORIFICS else tokens
    if not names or not all(name[0].isupper() for name in names):
        return False
    return len(tokens) > 1 or times > 1


def apply_labels(cues: Sequence[Cue], problems: Problems) -> None:
    """Take the labels out of the texts of one file and name the speakers by them."""
    cut = [cut_label(cue.text) for cue in cues]
    speakers = believed(label for label, _ in filter(None, cut))
    told: set[str] = set()
    for cue, parts in zip(cues, cut, strict=True):
        if parts is None or parts[0] not in speakers:
            continue
        cue.speaker, cue.text = parts
        cue.role = role_of(parts[0])
        if cue.role and parts[0] not in told:
            told.add(parts[0])
            problems.add(cue.line, "role_inferred", parts[0])
