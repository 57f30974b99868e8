"""Names of spoken languages, as pages print them."""

from __future__ import annotations

from babel import Locale
from flask_babel import gettext as _

from archive.web.core import language


def language_name(code: str) -> str:
    """Return the name of an ISO 639 code: the archive's own term, else Babel's, else the code."""
    own = {
        "vi": _("Vietnamese"),
        "en": _("English"),
        "zh": _("Chinese"),
        "km": _("Khmer"),
        "fr": _("French"),
    }
    if code in own:
        return str(own[code])
    return str(Locale.parse(language.code()).languages.get(code, code))


class LanguageNames:
    """`language_name` in the shape of the tables of names that templates look values up in."""

    def get(self, code: str, _default: str = "") -> str:
        """Return the name of an ISO 639 code."""
        return language_name(code)
