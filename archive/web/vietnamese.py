"""What a proof-reader would mark in a Vietnamese sentence of ours; `translations_check` asks.

Only what can be judged by letters: marks where the old spelling puts them (hòa, thủy,
khóa), composed characters, the house's tone of voice, the same stop at the end.
"""

from __future__ import annotations

import re
import unicodedata

# An open syllable with its tone on the second vowel: hoà, khoẻ, thuỷ. After q the u is
# no vowel (quý), and with a letter behind it there is no other place for the mark (hoàn).
_NEW_STYLE = re.compile(r"(?<!q)(?:o[àáảãạèéẻẽẹ]|u[ỳýỷỹỵ])(?![^\W\d_])", re.IGNORECASE)
_SELLING = re.compile(r"\bBạn\b|\b(?:của|giúp|cho|cảm ơn) bạn\b|\bAI\b")
_CLOSING = "”\"')»* \n"
_STOPS = ".?:…"


def complaints(english: str, vietnamese: str) -> list[str]:
    """What is not well in a translation, one phrase each; empty when nothing is."""
    found = []
    if vietnamese != unicodedata.normalize("NFC", vietnamese):
        found.append("letters and marks are not composed (NFC)")
    composed = unicodedata.normalize("NFC", vietnamese)
    if word := _NEW_STYLE.search(composed):
        found.append(f"the tone mark of “…{word[0]}” stands on the second vowel")
    if "!" in composed:
        found.append("it cries out (!)")
    if word := _SELLING.search(composed):
        found.append(f"it says “{word[0]}”")
    if _stop(english) != _stop(composed):
        found.append(f"it ends in “{_stop(composed)}” where the English ends in “{_stop(english)}”")
    return found


def _stop(sentence: str) -> str:
    bare = sentence.rstrip(_CLOSING)
    return bare[-1] if bare and bare[-1] in _STOPS else ""
