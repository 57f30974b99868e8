"""A light strip of English plurals, stacked beside the word and never instead of it."""

STEM_SIGN = "+"
_SHORTEST = 4
_NOT_PLURAL = ("ss", "us", "is")
_STRIP_ES = ("ses", "xes", "zes", "ches", "shes")


def stem(exact: str) -> str:
    """The stacked key of an English word, or "" where there is nothing to strip.

    >>> stem("factories"), stem("factory"), stem("churches"), stem("bus")
    ('+factory', '+factory', '+church', '')
    """
    if len(exact) < _SHORTEST or not (exact.isascii() and exact.isalpha()):
        return ""
    if exact.endswith("ies") and len(exact) > _SHORTEST:
        return STEM_SIGN + exact[:-3] + "y"
    if exact.endswith(_STRIP_ES):
        return STEM_SIGN + exact[:-2]
    if exact.endswith("s") and not exact.endswith(_NOT_PLURAL):
        return STEM_SIGN + exact[:-1]
    return STEM_SIGN + exact
