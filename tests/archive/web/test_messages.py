"""Whatever the archive refuses, it says so in two languages, and what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale

from archive.web import messages
from archive.web.messages import MESSAGES
from tests.archive.web import codes

RAISED = {**codes.of_calls(), **codes.of_classes()}


class Unknown(dict[str, object]):
    """Facts of which some are missing, as in the row of an old job."""

    def __missing__(self, _name: str) -> object:
        return 7


def test_codes_are_found_at_all() -> None:
    """Guards the other tests: an empty list would pass them."""
    assert {"not_allowed", "email_taken", "index_damaged", "model_missing", "frozen"} <= set(RAISED)
    assert {"bytes_are_wrong", "query_empty", "kind_playlist", "no_copy_no_sound"} <= set(RAISED)
    assert {"hearing_timeout", "no_copy_memory", "worker_lost"} <= set(RAISED)
    assert "not_found" in codes.of_pages()


@pytest.mark.parametrize("code", sorted(RAISED))
def test_a_code_has_a_sentence(code: str) -> None:
    assert code in MESSAGES, f"{RAISED[code]} answers with {code!r}, which no page can explain"


def test_no_page_names_a_code_that_is_not_known() -> None:
    unknown = {code: place for code, place in codes.of_pages().items() if code not in MESSAGES}
    assert unknown == {}


def test_no_sentence_waits_for_a_code_that_nobody_answers_with() -> None:
    """Codes that are not raised as such stand somewhere in the source, between quotes."""
    source = "".join(
        path.read_text("utf-8")
        for folder in ("archive", "media", "search", "transcription")
        for path in sorted((codes.ROOT / folder).rglob("*"))
        if path.suffix in (".py", ".js", ".html") and "messages" not in path.parts
    )
    # A code may be put together: f"job_{state}".
    ways = {code: (f'"{code}"', f"'{code}'", f'f"{code.split("_")[0]}_{{') for code in MESSAGES}
    unused = [
        code for code, written in ways.items()
        if code not in RAISED and not any(way in source for way in written)
    ]  # fmt: skip
    assert unused == []


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_a_sentence_is_whole_in_both_languages(app: Flask, code: str) -> None:
    told = {}
    for language in ("en", "vi"):
        with app.test_request_context(f"/{language}/"), force_locale(language):
            message = messages.for_code(code)  # no fact at all must not break a page
            told[language] = MESSAGES[code](Unknown())
        for part in (message.happened, message.safe, message.advice):
            assert "%(" not in part
            assert part == part.strip()
        assert message.happened.endswith((".", "…", "?"))
    english, vietnamese = told["en"], told["vi"]
    assert vietnamese.happened != english.happened, "not translated"
    assert bool(vietnamese.safe) == bool(english.safe)
    assert bool(vietnamese.advice) == bool(english.advice)


def test_a_code_of_a_newer_program_is_told_as_itself(app: Flask) -> None:
    with app.test_request_context("/en/"), force_locale("en"):
        assert "from_the_future" in messages.for_code("from_the_future").happened


def test_a_code_belongs_to_one_room() -> None:
    every = [code for room in messages.ROOMS for code in room]
    assert sorted(every) == sorted(set(every))


def test_every_room_is_asked() -> None:
    folder = Path(messages.__file__).parent
    rooms = {path.stem for path in folder.glob("*.py")} - {"__init__", "message"}
    assert len(messages.ROOMS) == len(rooms)
