"""Stored words: decoded when they are read, and not before."""

from __future__ import annotations

import json

import pytest

from archive.actions.transcripts.words import StoredWords, unpack

PACKED = [[0, 100, "lò", 0.9, "asr"], [100, 200, "bánh", None, "import"]]


def test_stored_words_are_the_sequence_that_was_stored() -> None:
    words = StoredWords(json.dumps(PACKED))
    assert words == PACKED
    assert words == StoredWords(json.dumps(PACKED, indent=1))
    assert words != PACKED[:1]
    assert (len(words), words[1], words[:1]) == (2, PACKED[1], PACKED[:1])
    assert [word.text for word in unpack(words)] == ["lò", "bánh"]
    assert not StoredWords("[]")


def test_stored_words_are_decoded_only_when_read() -> None:
    words = StoredWords("damaged")
    with pytest.raises(json.JSONDecodeError):
        len(words)
