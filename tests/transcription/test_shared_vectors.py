"""The shared vectors, tested in Python; `tests/javascript/` tests JavaScript with them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from transcription.alignment import retime
from transcription.document import Word
from transcription.merging import three_way
from transcription.tokens import fold, letters, tokenise

VECTORS = Path(__file__).parent.parent / "fixtures" / "edits"


def vectors(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def about(case: dict[str, Any]) -> str:
    return str(case["about"])


def test_tokens() -> None:
    for case in vectors("tokens")["texts"]:
        assert tokenise(case["text"]) == case["tokens"]
    for case in vectors("tokens")["tokens"]:
        token = case["token"]
        assert {"token": token, "fold": fold(token), "letters": letters(token)} == case


@pytest.mark.parametrize("case", vectors("alignment")["cases"], ids=about)
def test_alignment(case: dict[str, Any]) -> None:
    words = [Word(**word) for word in case["words"]]
    result = retime(words, case["text"], start_ms=case["start_ms"], end_ms=case["end_ms"])
    assert [asdict(word) for word in result] == case["result"]


@pytest.mark.parametrize("case", vectors("merging")["cases"], ids=about)
def test_merging(case: dict[str, Any]) -> None:
    result = three_way(case["base"], case["theirs"], case["yours"])
    assert result.text == case["text"]
    assert [asdict(hunk) for hunk in result.hunks] == case["hunks"]
