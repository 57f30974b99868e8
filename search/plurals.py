"""Stems of English plurals, indexed in addition to the word."""

STEM_SIGN = "+"
_SHORTEST = 4
_NOT_PLURAL = ("ss", "us", "is")
_STRIP_ES = ("ses", "xes", "zes", "ches", "shes")


def stem_key(exact: str) -> str:
    """Return the stacked stem of an English word, or "" if it cannot be a plural.

    >>> stem_key("factories"), stem_key("factory"), stem_key("churches"), stem_key("bus")
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
