"""Variables and functions of all templates; `templates/core/base.html` lists the same names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import Flask, request, url_for

from archive import access
from archive.actions.catalogue import names
from archive.actions.catalogue.names import DisplayName
from archive.models import Interview, Person, Recording
from archive.web.core import current, language, navigation
from archive.web.core.assets import STATIC, asset
from archive.web.core.i18n import js_messages
from archive.web.core.language_names import LanguageNames

THEMES = ("auto", "light", "dark")
SIZES = ("100", "115", "130", "150")

# Import specifier of a library, as npm and tsc resolve it → its file under static/.
VENDORED_MODULES = {
    "tus-js-client/dist/tus.min.js": "vendor/tus.min.js",
    "wavesurfer.js": "vendor/wavesurfer.esm.js",
    "wavesurfer.js/plugins/regions": "vendor/wavesurfer-regions.esm.js",
}


@dataclass(frozen=True)
class Display:
    """Theme and text size of the reader, read from cookies so that pages do not flash on load."""

    theme: str
    size: str


def display() -> Display:
    """Return the display preferences from the cookies; "auto" and 100 percent by default."""
    theme = request.cookies.get("loike_theme", "auto")
    size = request.cookies.get("loike_size", "100")
    return Display(theme if theme in THEMES else "auto", size if size in SIZES else "100")


def _variables() -> dict[str, Any]:
    rights = current.rights()
    return {
        "actor": rights.actor if rights.actor.is_signed_in else None,
        "lang_code": language.code(),
        "other_language_url": language.other_language_url(),
        "navigation": navigation.nav_items(),
        "display": display(),
        "site": current.site(),
        "timezone": current.settings().timezone,
    }


def register(app: Flask) -> None:
    """Add the variables and functions to the template environment."""
    app.context_processor(_variables)
    app.jinja_env.globals.update(
        asset=asset,
        name_of=_name_of,
        language_names=LanguageNames(),
        may=_may,
        known_recordings=_known_recordings,
        import_map=_import_map,
        messages_js=_messages_js,
        modules_of=_modules_of,
    )


def _name_of(person: Person) -> DisplayName:
    """Return the name of a person as this reader may have it."""
    return names.name_for(current.rights(), person)


def _known_recordings(interview: Interview) -> list[Recording]:
    """Return the recordings of which this reader may know."""
    return access.known_recordings(current.rights(), interview)


def _import_map() -> str:
    """Return the import map: modules are cached for ever, so their URLs carry a digest.

    Our own modules import each other by relative paths, and libraries by their npm names.
    """
    imports = {npm_name: asset(path) for npm_name, path in VENDORED_MODULES.items()}
    for file in sorted((STATIC / "js").rglob("*.js")):
        path = file.relative_to(STATIC).as_posix()
        imports[url_for("static", filename=path)] = asset(path)
    return json.dumps({"imports": imports})


def _modules_of(folder: str) -> list[str]:
    """Return the names of the scripts in `static/js/<folder>`, for pages that preload them."""
    return sorted(path.stem for path in (STATIC / "js" / folder).glob("*.js"))


def _messages_js() -> dict[str, str | list[str]]:
    return js_messages(language.code())


def _may(
    action: access.Action, interview: Interview | None = None, part: access.Part | None = None
) -> bool:
    """Return whether the reader may do this; templates hide controls that would be refused."""
    return bool(access.may(current.rights(), action, access.Scope(interview, part)))
