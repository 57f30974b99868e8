"""Language of pages: Vietnamese and English, named by the first part of the URL path."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Flask, current_app, g, request, url_for
from flask_babel import Babel, get_locale

from archive.settings import LANGUAGES
from archive.web.core import current
from archive.web.core.i18n import PoDomain

LANGUAGE_PREFIX = "/<any(vi, en):lang_code>"


def code() -> str:
    """Return the language: from the URL, the account or cookie, the browser, or the archive's
    default.
    """
    if "lang_code" in g:
        return str(g.lang_code)
    first = request.path.split("/")[1]
    if first in LANGUAGES:  # also for URLs without a route, so that their 404 page has a language
        return first
    preferred = g.get("user_language") or request.cookies.get("loike_language", "")
    if preferred in LANGUAGES:
        return str(preferred)
    return request.accept_languages.best_match(LANGUAGES) or _office_language()


def _office_language() -> str:
    preferred = current.site().language
    return preferred if preferred in LANGUAGES else current.settings().default_language


def is_page() -> bool:
    """Return whether the endpoint is a page, and not media or the API."""
    rule = request.url_rule
    return rule is not None and "lang_code" in rule.arguments


def other_language_url() -> str:
    """Return the URL of this page in the other language, with the same query."""
    other = "en" if code() == "vi" else "vi"
    if request.endpoint is None or not is_page() or request.method not in current.SAFE_METHODS:
        return url_for("home.show", lang_code=other)
    # The query is appended instead of given to url_for: a client may send ?endpoint=x.
    address = url_for(request.endpoint, **{**(request.view_args or {}), "lang_code": other})
    query = urlencode(list(request.args.items(multi=True)))
    return f"{address}?{query}" if query else address


def register(app: Flask) -> None:
    """Pop the language from incoming URLs and add it to generated ones."""
    # Flask-Babel accepts a domain by name only, so its instance is replaced.
    Babel(app, locale_selector=code).domain_instance = PoDomain()

    @app.url_value_preprocessor
    def _pop_lang_code(_endpoint: str | None, values: dict[str, Any] | None) -> None:
        if values is not None and "lang_code" in values:
            g.lang_code = values.pop("lang_code")

    @app.url_defaults
    def _add_lang_code(endpoint: str, values: dict[str, Any]) -> None:
        if "lang_code" in values:
            return
        if current_app.url_map.is_endpoint_expecting(endpoint, "lang_code"):
            values["lang_code"] = code()

    app.jinja_env.globals["get_locale"] = get_locale
