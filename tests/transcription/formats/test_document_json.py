from __future__ import annotations

import json
from pathlib import Path

from transcription.document import Segment, Transcript, Word
from transcription.formats import document_json

FIXTURES = Path(__file__).parent.parent.parent / "fixtures" / "transcripts"


def test_the_shape_that_other_programs_read() -> None:
    word = Word(start_ms=0, end_ms=9, text="ừ", confidence=None, source="asr")
    segment = Segment(id="s1", start_ms=0, end_ms=9, text="ừ", words=(word,), flags=("loop",))
    data = document_json.write(
        Transcript(accession="LK-1", language="vi", version=3, state="machine", segments=(segment,),
                   label="chưa hiệu đính", people=(("Lan", "nhân chứng"),))
    )  # fmt: skip
    assert json.loads(data) == {
        "accession": "LK-1", "language": "vi", "version": 3, "state": "machine", "title": "",
        "label": "chưa hiệu đính", "source_line": "",
        "people": [{"name": "Lan", "part": "nhân chứng"}],
        "segments": [
            {"id": "s1", "speaker": None, "role": None, "recording": 1, "start_ms": 0, "end_ms": 9,
             "text": "ừ", "flags": ["loop"],
             "words": [{"start_ms": 0, "end_ms": 9, "text": "ừ", "confidence": None,
                        "source": "asr"}]},
        ],
    }  # fmt: skip
    assert sum(line.startswith(b'{"id"') for line in data.splitlines()) == 1


def test_words_that_are_not_the_text_are_left_out_and_the_text_stays() -> None:
    reading = document_json.read((FIXTURES / "odd-words_differ.json").read_bytes())
    assert (reading.segments[0].text, reading.segments[0].words) == ("Hồi ấy", ())


def test_words_outside_the_segment_are_moved_inside() -> None:
    reading = document_json.read((FIXTURES / "odd-words_unordered.json").read_bytes())
    assert reading.segments[0].words[-1].end_ms == 500


def test_segments_without_words_to_say_stay_with_their_flags() -> None:
    reading = document_json.read((FIXTURES / "good-ours.json").read_bytes())
    assert (reading.segments[1].text, reading.segments[1].flags) == ("", ("skipped",))
    assert reading.language == "vi"


def test_half_letters_and_numbers_without_end_do_no_harm() -> None:
    text = '{"segments": [{"id": "\\ud800", "text": "a\\u0000", "start_ms": 1e999, "end_ms": %s}]}'
    reading = document_json.read((text % ("9" * 400)).encode())
    assert (reading.segments[0].id, reading.segments[0].text) == ("\ufffd", "a\ufffd")
    assert [p.code for p in reading.problems] == ["bad_time"]


def test_a_language_is_a_code_or_nothing() -> None:
    text = '{"language": %s, "segments": [{"text": "a", "start_ms": 0, "end_ms": 1}]}'
    for said, language in (("zh-Hant-TW", "zh-Hant-TW"), ("v" * 5000, None), (["vi"], None)):
        reading = document_json.read((text % json.dumps(said)).encode())
        assert reading.language == language
        assert [p.code for p in reading.problems] == ([] if language else ["bad_value"])
