"""Vietnamese collation keys and parts of personal names.

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
    """Return a key whose code point order is the Vietnamese dictionary order.

    Three levels, divided by U+0001: letters, tones, case. Tones count by syllable, so
    that hoà and hòa are equal.

    >>> sorted(["Út", "Đức", "Ánh", "An", "Dương", "Ân"], key=collation_key)
    ['An', 'Ánh', 'Ân', 'Dương', 'Đức', 'Út']
    """
    letters: list[str] = []
    tones = [""]
    cases: list[str] = []
    for part in re.findall(r"\d+|\D", unicodedata.normalize("NFC", text)):
        if part.isdecimal():
            letters.append("1" + _number_key(part))
            cases.append("0")
            continue
        base, tone = _split_tone(part)
        low = base.lower()
        place = _LETTERS.get(low)
        letters.append(f"0{ord(low[0]):06x}" if place is None else f"2{place:02d}")
        cases.append("1" if base != low else "0")
        if tone:
            tones[-1] += str(tone)
        if not part.isalpha():
            tones.append("")
    return "\u0001".join(("".join(letters), ",".join(tones), "".join(cases)))


def split_name(full_name: str) -> NameParts:
    """Split a name: last syllable given, first family; editors can correct the parts.

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
    """Return the sort key of a person: tên, then họ, then tên đệm."""
    return "\u0002".join(collation_key(part) for part in (parts.given, parts.family, parts.middle))


def _number_key(decimals: str) -> str:
    digits = "".join(str(unicodedata.decimal(d)) for d in decimals).lstrip("0") or "0"
    # The length is compared first: two digits, or 99 and six digits for longer numbers.
    length = f"{len(digits):02d}" if len(digits) < 99 else f"99{len(digits):06d}"
    return length + digits


def _split_tone(letter: str) -> tuple[str, int]:
    decomposed = unicodedata.normalize("NFD", letter)
    tone = next((_TONES[mark] for mark in decomposed if mark in _TONES), 0)
    rest = "".join(mark for mark in decomposed if mark not in _TONES)
    return unicodedata.normalize("NFC", rest) or letter, tone
