"""Vietnamese names and words in the order that Vietnamese readers expect.

Letters decide first, tones only break ties (the order of CLDR `vi`); digits sort by
number, so Quận 2 comes before Quận 10. People are listed by given name, then family
name, then middle name.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
_LETTERS = {letter: i for i, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}
_COMPOUND_FAMILY = ("Tôn Nữ", "Tôn Thất", "Âu Dương", "Nguyễn Phúc", "Công Tằng")


@dataclass(frozen=True)
class NameParts:
    """họ, tên đệm, tên."""

    family: str
    middle: str
    given: str


def collation_key(text: str) -> str:
    """A string that sorts by code point as `text` sorts for a Vietnamese reader.

    Three levels, divided by U+0001: letters, tones, case.

    >>> sorted(["Út", "Đức", "Ánh", "An", "Dương", "Ân"], key=collation_key)
    ['An', 'Ánh', 'Ân', 'Dương', 'Đức', 'Út']
    """
    letters: list[str] = []
    tones: list[str] = []
    cases: list[str] = []
    for part in re.findall(r"\d+|\D", unicodedata.normalize("NFC", text)):
        if part.isdigit():
            digits = str(int(part))
            letters.append(f"1{len(digits):02d}{digits}")
            tones.append("0")
            cases.append("0")
            continue
        base, tone = _split_tone(part)
        low = base.lower()
        place = _LETTERS.get(low)
        letters.append(f"0{ord(low[0]):06x}" if place is None else f"2{place:02d}")
        tones.append(str(tone))
        cases.append("1" if base != low else "0")
    return "\u0001".join(("".join(letters), "".join(tones), "".join(cases)))


def split_name(full_name: str) -> NameParts:
    """Guess the parts: last syllable given, first family; a person can always correct it.

    >>> split_name("Nguyễn Thị Mười")
    NameParts(family='Nguyễn', middle='Thị', given='Mười')
    """
    words = full_name.split()
    if len(words) < 2:
        return NameParts("", "", full_name.strip())
    family_words = 1
    if len(words) > 2 and " ".join(words[:2]) in _COMPOUND_FAMILY:
        family_words = 2
    return NameParts(" ".join(words[:family_words]), " ".join(words[family_words:-1]), words[-1])


def person_key(parts: NameParts) -> str:
    """The order of people in a list: tên, then họ, then tên đệm."""
    return "\u0002".join(collation_key(part) for part in (parts.given, parts.family, parts.middle))


def _split_tone(letter: str) -> tuple[str, int]:
    decomposed = unicodedata.normalize("NFD", letter)
    tone = next((_TONES[mark] for mark in decomposed if mark in _TONES), 0)
    rest = "".join(mark for mark in decomposed if mark not in _TONES)
    return unicodedata.normalize("NFC", rest) or letter, tone
