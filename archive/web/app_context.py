"""What every template may use; `templates/base.html` lists the same names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import Flask, request, url_for

from archive import access
from archive.actions import office
from archive.web import current, language, navigation
from archive.web.assets import STATIC, asset
from archive.web.i18n import js_messages

THEMES = ("auto", "light", "dark")
SIZES = ("100", "115", "130", "150")


@dataclass(frozen=True)
class Display:
    """How this reader wants pages to look, from a cookie, so that nothing flashes."""

    theme: str
    size: str


def display() -> Display:
    """The reader's choice, or what the browser prefers."""
    theme = request.cookies.get("loike_theme", "auto")
    size = request.cookies.get("loike_size", "100")
    return Display(theme if theme in THEMES else "auto", size if size in SIZES else "100")


def _variables() -> dict[str, Any]:
    actor = current.actor()
    return {
        "actor": actor if actor.is_signed_in else None,
        "lang_code": language.chosen(),
        "other_language_url": language.other_address(),
        "navigation": navigation.doors(),
        "display": display(),
        "site": office.site(current.toolbox().database),
    }


def register(app: Flask) -> None:
    """Give templates their variables and functions."""
    app.context_processor(_variables)
    app.jinja_env.globals.update(
        asset=asset, may=_may, import_map=_import_map, messages_js=_messages_js
    )


def _import_map() -> str:
    """Each module's plain address → the one with its digest, so that modules import each
    other by relative paths and may still be cached for ever."""
    folders = (STATIC / "js", STATIC / "vendor")
    found = {
        url_for("static", filename=name): asset(name)
        for folder in folders
        for name in (p.relative_to(STATIC).as_posix() for p in sorted(folder.rglob("*.js")))
    }
    for path in sorted((STATIC / "js" / "core").glob("*.js")):
        found[path.stem] = asset(path.relative_to(STATIC).as_posix())
    return json.dumps({"imports": found})


def _messages_js() -> dict[str, str | list[str]]:
    return js_messages(language.chosen())


def _may(action: access.Action, thing: access.Thing = None, **owner: Any) -> bool:
    """For templates: show a button only to whom it will work for."""
    return bool(access.may(current.actor(), action, thing, **owner))
