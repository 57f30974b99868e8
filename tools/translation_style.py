"""Check the style of a Vietnamese translation; used by `translations_check`.

Only what characters can show: tone marks in the old spelling (hòa, thủy, khóa), composed
characters, words that the style guide forbids, the same stop at the end.
"""

from __future__ import annotations

import re
import unicodedata

# An open syllable with its tone on the second vowel: hoà, khoẻ, thuỷ. After q the u is
# no vowel (quý), and with a letter behind it there is no other place for the mark (hoàn).
_NEW_STYLE = re.compile(r"(?<!q)(?:o[àáảãạèéẻẽẹ]|u[ỳýỷỹỵ])(?![^\W\d_])", re.IGNORECASE)
_FORBIDDEN = re.compile(r"\bBạn\b|\b(?:của|giúp|cho|cảm ơn) bạn\b|\bAI\b")
# One word for one act: the English verb that a sentence begins with → its Vietnamese.
_ACTS = {
    "Save": "lưu",
    "Restore": "khôi phục",
    "Remove": "xóa",
    "Cancel": "hủy",
    "Submit": "trình phê duyệt",
    "Import": "nhập",
}
_CLOSING = "”\"')»* \n"
_STOPS = ".?:…"


def style_problems(english: str, vietnamese: str) -> list[str]:
    """Return the style problems of a translation, one phrase each."""
    problems = []
    if vietnamese != unicodedata.normalize("NFC", vietnamese):
        problems.append("letters and marks are not composed (NFC)")
    composed = unicodedata.normalize("NFC", vietnamese)
    if word := _NEW_STYLE.search(composed):
        problems.append(f"the tone mark of “…{word[0]}” stands on the second vowel")
    if "!" in composed:
        problems.append("it cries out (!)")
    if word := _FORBIDDEN.search(composed):
        problems.append(f"it says “{word[0]}”")
    act = re.match(r"\w*", english)
    term = _ACTS.get(act[0]) if act else None
    if term and term not in composed.lower():
        problems.append(f"it does not say “{term}”, the word for this act")
    if _stop(english) != _stop(composed):
        problems.append(
            f"it ends in “{_stop(composed)}” where the English ends in “{_stop(english)}”"
        )
    return problems


def _stop(sentence: str) -> str:
    stripped = sentence.rstrip(_CLOSING)
    return stripped[-1] if stripped and stripped[-1] in _STOPS else ""
