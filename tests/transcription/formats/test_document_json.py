from __future__ import annotations

import json
from pathlib import Path

from transcription.document import Transcript, TranscriptSegment, Word
from transcription.formats import document_json

FIXTURES = Path(__file__).parent.parent.parent / "fixtures" / "transcripts"


def test_document_json_write_has_the_documented_form() -> None:
    word = Word(start_ms=0, end_ms=9, text="ừ", confidence=None, source="asr")
    segment = TranscriptSegment(
        id="s1", start_ms=0, end_ms=9, text="ừ", words=(word,), flags=("loop",)
    )
    data = document_json.write(
        Transcript(
            accession="LK-1",
            language="vi",
            version=3,
            state="machine",
            segments=(segment,),
            label="chưa hiệu đính",
            people=(("Lan", "nhân chứng"),),
        )
    )
    assert json.loads(data) == {
        "accession": "LK-1",
        "language": "vi",
        "version": 3,
        "state": "machine",
        "title": "",
        "label": "chưa hiệu đính",
        "source_line": "",
        "people": [{"name": "Lan", "part": "nhân chứng"}],
        "segments": [
            {
                "id": "s1",
                "speaker": None,
                "role": None,
                "recording": 1,
                "start_ms": 0,
                "end_ms": 9,
                "text": "ừ",
                "flags": ["loop"],
                "vouched_by": "",
                "unheard": False,
                "words": [
                    {"start_ms": 0, "end_ms": 9, "text": "ừ", "confidence": None, "source": "asr"}
                ],
            },
        ],
    }
    assert sum(line.startswith(b'{"id"') for line in data.splitlines()) == 1


def test_document_json_read_drops_words_that_differ_from_text() -> None:
    reading = document_json.read((FIXTURES / "odd-words_differ.json").read_bytes())
    assert (reading.segments[0].text, reading.segments[0].words) == ("Hồi ấy", ())


def test_document_json_read_clamps_words() -> None:
    reading = document_json.read((FIXTURES / "odd-words_unordered.json").read_bytes())
    assert reading.segments[0].words[-1].end_ms == 500


def test_document_json_read_keeps_empty_segments_with_flags() -> None:
    reading = document_json.read((FIXTURES / "good-ours.json").read_bytes())
    assert (reading.segments[1].text, reading.segments[1].flags) == ("", ("skipped",))
    assert reading.language == "vi"


def test_document_json_read_of_surrogates_and_infinity() -> None:
    text = '{"segments": [{"id": "\\ud800", "text": "a\\u0000", "start_ms": 1e999, "end_ms": %s}]}'
    reading = document_json.read((text % ("9" * 400)).encode())
    assert (reading.segments[0].id, reading.segments[0].text) == ("\ufffd", "a\ufffd")
    assert [p.code for p in reading.problems] == ["bad_time"]


def test_document_json_read_accepts_language_codes_only() -> None:
    text = '{"language": %s, "segments": [{"text": "a", "start_ms": 0, "end_ms": 1}]}'
    for value, language in (("zh-Hant-TW", "zh-Hant-TW"), ("v" * 5000, None), (["vi"], None)):
        reading = document_json.read((text % json.dumps(value)).encode())
        assert reading.language == language
        assert [p.code for p in reading.problems] == ([] if language else ["bad_value"])
