"""Vietnamese first, English complete: the first part of a page's address names its language."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Flask, current_app, g, request, url_for
from flask_babel import Babel, get_locale

from archive.actions import office
from archive.web import current
from archive.web.i18n import PoDomain

LANGUAGES = ("vi", "en")
PREFIX = "/<any(vi, en):lang_code>"


def chosen() -> str:
    """From the address; else the account's; else the browser's; else the archive's default."""
    if "lang_code" in g:
        return str(g.lang_code)
    first = request.path.split("/")[1]
    if first in LANGUAGES:  # an address that leads nowhere still says how to answer
        return first
    wanted = g.get("user_language") or request.cookies.get("loike_language", "")
    if wanted in LANGUAGES:
        return str(wanted)
    return request.accept_languages.best_match(LANGUAGES) or _of_the_office()


def _of_the_office() -> str:
    wanted = office.site(current.toolbox().database).language
    return wanted if wanted in LANGUAGES else current.settings().default_language


def is_page() -> bool:
    """Whether the endpoint that was asked for is a page, and not media or the API."""
    rule = request.url_rule
    return rule is not None and "lang_code" in rule.arguments


def other_address() -> str:
    """This page in the other language, with the same query."""
    other = "en" if chosen() == "vi" else "vi"
    if request.endpoint is None or not is_page() or request.method not in current.SAFE_METHODS:
        return url_for("home.show", lang_code=other)
    # The query is put behind the address, not into its making: a reader may write ?endpoint=x.
    address = url_for(request.endpoint, **{**(request.view_args or {}), "lang_code": other})
    query = urlencode(list(request.args.items(multi=True)))
    return f"{address}?{query}" if query else address


def register(app: Flask) -> None:
    """Take the language out of addresses, and put it back into links."""
    # The library takes a domain by name only; the instance it would make of it is ours.
    Babel(app, locale_selector=chosen).domain_instance = PoDomain()

    @app.url_value_preprocessor
    def _take(_endpoint: str | None, values: dict[str, Any] | None) -> None:
        if values is not None and "lang_code" in values:
            g.lang_code = values.pop("lang_code")

    @app.url_defaults
    def _give(endpoint: str, values: dict[str, Any]) -> None:
        if "lang_code" in values:
            return
        if current_app.url_map.is_endpoint_expecting(endpoint, "lang_code"):
            values["lang_code"] = chosen()

    app.jinja_env.globals["get_locale"] = get_locale
