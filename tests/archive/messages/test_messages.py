"""Every refusal code has a message, complete in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale

from archive import messages
from archive.messages import MESSAGES
from tests.support import refusal_codes

IN_WEB_CODE = refusal_codes.codes_in_web_code()
RAISED = {**refusal_codes.codes_of_calls(), **refusal_codes.codes_of_classes()}


class Unknown(dict[str, object]):
    """Facts with a default for missing keys, as in rows of old jobs."""

    def __missing__(self, _name: str) -> object:
        return 7


def test_refusal_codes_include_known_ones() -> None:
    """Guards the other tests: an empty list would pass them."""
    assert {"not_allowed", "email_taken", "index_damaged", "model_missing", "frozen"} <= set(RAISED)
    assert {"bytes_are_wrong", "query_empty", "kind_playlist", "no_copy_no_sound"} <= set(RAISED)
    assert {"hearing_timeout", "no_copy_memory", "worker_lost"} <= set(RAISED)
    assert {"not_found", "sign_in", "stale_form_kept", "too_large"} <= set(IN_WEB_CODE)


@pytest.mark.parametrize("code", sorted(RAISED))
def test_every_raised_code_has_a_message(code: str) -> None:
    assert code in MESSAGES, f"{RAISED[code]} raises {code!r}, which has no message"


def test_codes_named_in_pages_have_messages() -> None:
    unknown = {code: place for code, place in IN_WEB_CODE.items() if code not in MESSAGES}
    assert unknown == {}


def test_every_message_code_is_used_in_the_source() -> None:
    """Codes that no exception class carries must occur as a literal in the source."""
    source = "".join(
        path.read_text("utf-8")
        for folder in ("archive", "media", "search", "transcription")
        for path in sorted((refusal_codes.ROOT / folder).rglob("*"))
        if path.suffix in (".py", ".js", ".html") and "messages" not in path.parts
    )
    # Codes may be built from parts: f"job_{state}".
    spellings = {
        code: (f'"{code}"', f"'{code}'", f'f"{code.split("_")[0]}_{{') for code in MESSAGES
    }
    unused = [
        code
        for code, written in spellings.items()
        if code not in RAISED and not any(text in source for text in written)
    ]
    assert unused == []


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_message_is_complete_in_both_languages(app: Flask, code: str) -> None:
    by_language = {}
    for language in ("en", "vi"):
        with app.test_request_context(f"/{language}/"), force_locale(language):
            message = messages.for_code(code)  # missing facts must not raise
            by_language[language] = MESSAGES[code](Unknown())
        for part in (message.summary, message.reassurance, message.advice):
            assert "%(" not in part
            assert part == part.strip()
        assert message.summary.endswith((".", "…", "?"))
    english, vietnamese = by_language["en"], by_language["vi"]
    assert vietnamese.summary != english.summary, "not translated"
    assert bool(vietnamese.reassurance) == bool(english.reassurance)
    assert bool(vietnamese.advice) == bool(english.advice)


def test_for_code_unknown_code_shows_the_code(app: Flask) -> None:
    with app.test_request_context("/en/"), force_locale("en"):
        assert "from_the_future" in messages.for_code("from_the_future").summary


def test_no_code_is_defined_in_two_modules() -> None:
    codes = [code for module in messages.MODULES for code in module]
    assert sorted(codes) == sorted(set(codes))


def test_every_module_is_listed_in_modules() -> None:
    folder = Path(messages.__file__).parent
    names = {path.stem for path in folder.glob("*.py")} - {
        "__init__",
        "message",
        "events",
        "import_remarks",
        "quantities",
        "rights",
    }
    assert len(messages.MODULES) == len(names)
