"""Translations read directly from .po files: one file per topic, no compile step.

The message id is the English sentence, so English is complete by construction; `vi/*.po` hold the
Vietnamese. Files named `*.js.po` are also sent to the browser.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask_babel import Domain, get_locale

FOLDER = Path(__file__).parents[1] / "translations"


class PoDomain(Domain):  # type: ignore[misc]  # flask_babel has no types
    """Flask-Babel domain that merges all .po files of a language."""

    def get_translations(self) -> NullTranslations:
        """Return the translations of the request's language; empty outside of a request."""
        locale = get_locale()
        return _translations(locale.language if locale is not None else "en")


@cache
def catalog(language: str, suffix: str = ".po") -> Catalog:
    """Return all messages of a language; the first file that defines a message wins."""
    merged = Catalog(locale=language)
    for path in sorted((FOLDER / language).glob(f"*{suffix}")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id and message.string and not message.fuzzy:
                    merged.add(message.id, message.string, context=message.context)
    return merged


@cache
def js_messages(language: str) -> dict[str, str | list[str]]:
    """Return the browser's messages: English sentence → translation, plural forms as a list."""
    found: dict[str, str | list[str]] = {}
    for message in catalog(language, ".js.po"):
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            found[key] = (
                message.string if isinstance(message.string, str) else list(message.string or ())
            )
    return found


@cache
def _translations(language: str) -> NullTranslations:
    if not (FOLDER / language).is_dir():
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalog(language))
    compiled.seek(0)
    return Translations(compiled)
