from __future__ import annotations

from pathlib import Path

import pytest

from transcription.document import Transcript, TranscriptSegment
from transcription.formats import webvtt
from transcription.formats.webvtt_blocks import parse_blocks, parse_timings, split_voices

FIXTURES = Path(__file__).parent.parent.parent / "fixtures" / "transcripts"


@pytest.mark.parametrize(
    ("line", "times"),
    [
        ("00:00:00.000 --> 00:00:01.000", (0, 1_000)),
        ("00:00.000-->00:01.000", (0, 1_000)),
        ("0:00:00.000 --> 0:00:01.000", (0, 1_000)),
        ("\t00:00.000\t-->\t00:01.000  align:start", (0, 1_000)),
        ("\f00:00.000\f-->\f00:01.000", (0, 1_000)),
        ("1000:00:00.000 --> 1000:00:01.000", (3_600_000_000, 3_600_001_000)),
        ("59:59.999 --> 01:00:00.000", (3_599_999, 3_600_000)),
    ],
)
def test_parse_timings_accepts_valid_times(line: str, times: tuple[int, int]) -> None:
    start, end, _, is_strict = parse_timings(line)
    assert (start, end, is_strict) == (*times, True)


@pytest.mark.parametrize(
    "time",
    [
        "0:00.000",
        "0000:00.000",
        "00:0.000",
        "00:00.00",
        "00:00.0000",
        "00:00",
        "00:60.000",
        "60:00.000",
        "00:00:60.000",
        "00:60:00.000",
        "00::00.000",
        "00:00..000",
        ":00.000",
        "-00:01.000",
        "00:00:00:000",
        "x",
        "\v00:00.000",
    ],
)
def test_parse_timings_of_invalid_times_is_lenient(time: str) -> None:
    assert not parse_timings(f"{time} --> 01:00:01.000")[3]
    assert not parse_timings(f"00:00.000 --> {time}")[3]


def test_parse_timings_with_text_before_the_arrow_is_invalid() -> None:
    assert not parse_timings("00:00.000 -a --> 00:01.000")[3]


def test_parse_ends_a_block_at_an_arrow() -> None:
    arrows = "\n".join(
        f"{junk}\n00:00.000 --> 00:01.000\ncue {number}"
        for number, junk in enumerate(["-->", "x-->", "-->x", "--->", "-->-->"])
    )
    cues = [c for c in parse_blocks(f"WEBVTT\n\n{arrows}").cues if c.is_strict]
    assert [cue.text for cue in cues] == [f"cue {number}" for number in range(5)]


def test_parse_keeps_spaces_in_an_id() -> None:
    text = "WEBVTT\n\n lead\n00:00.000 --> 00:01.000\na\n\n->\n00:01.000 --> 00:02.000\nb\n"
    assert [cue.id for cue in parse_blocks(text).cues] == [" lead", "->"]


@pytest.mark.parametrize("first", ["WEBVTT", "WEBVTT x", "WEBVTT\tx", "WEBVTT\nheader: x"])
def test_parse_accepts_valid_signatures(first: str) -> None:
    blocks = parse_blocks(f"{first}\n\n00:00.000 --> 00:01.000\na")
    assert blocks.has_signature
    assert (len(blocks.cues), blocks.stray) == (1, [])


@pytest.mark.parametrize("first", ["", "WEBVTTx", " WEBVTT", "webvtt", "WEBVT"])
def test_parse_rejects_invalid_signatures(first: str) -> None:
    assert not parse_blocks(f"{first}\n\n00:00.000 --> 00:01.000\na").has_signature


def test_parse_keeps_cue_settings() -> None:
    cue = parse_blocks(
        "WEBVTT\n\n00:00.000 --> 00:01.000 position:10%,line-left align:start\na"
    ).cues[0]
    assert cue.settings == "position:10%,line-left align:start"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a &amp; b &lt;i&gt; &quot;c&quot; &#x1EA5; &nbsp;d", 'a & b <i> "c" ấ \u00a0d'),
        ("&amp;lt;", "&lt;"),
        ("<i>a</i> <c.x>b</c> <b>c", "a b c"),
        ("<00:00:01.000>a <lang vi>b</lang>", "a b"),
        ("giá < 5 đồng", "giá < 5 đồng"),
        ("a <", "a <"),
        ("</i>a</v>", "a"),
        ("<ruby>漢<rt>hán</rt></ruby>", "漢hán"),
    ],
)
def test_split_voices_removes_tags(text: str, plain: str) -> None:
    assert "".join(run.text for run in split_voices(text)) == plain


def test_split_voices_returns_voices_and_classes() -> None:
    runs = split_voices("<v.witness.loud Bà\tTrần  Thị &amp; Lan>Dạ.</v> <v PV>Sao?")
    assert [(run.voice, run.classes, run.text) for run in runs] == [
        ("Bà Trần Thị & Lan", ("witness", "loud"), "Dạ."),
        (None, (), " "),
        ("PV", (), "Sao?"),
    ]


def test_webvtt_read_distributes_a_cue_over_two_voices() -> None:
    reading = webvtt.read((FIXTURES / "odd-shared_cue.vtt").read_bytes())
    assert [(s.speaker, s.start_ms, s.end_ms, s.text) for s in reading.segments] == [
        ("PV", 1_000, 1_857, "Sao ạ?"),
        ("Bà Lan", 1_857, 4_000, "Dạ, hồi đó đói lắm."),
    ]


def test_webvtt_read_of_complete_file() -> None:
    reading = webvtt.read((FIXTURES / "good-voices.vtt").read_bytes())
    assert reading.language == "vi"
    assert "Bản gỡ băng tự động – chưa hiệu đính · v1" in reading.notes[0]
    assert [(s.id, s.speaker, s.role, s.recording, s.text) for s in reading.segments] == [
        ("hoi-1", "Ông Hòa", "interviewer", 1, "Thưa bà, hồi đó sổ gạo ra sao?"),
        ("2", "Bà Trần Thị Lan", "witness", 1, "Hồi đó cả xóm đi xếp hàng & chờ, có bữa tới trưa."),
        ("3", None, "witness", 2, "Hết băng."),
    ]


def test_webvtt_read_keeps_cue_with_invalid_times() -> None:
    reading = webvtt.read((FIXTURES / "odd-bad_time.vtt").read_bytes())
    assert [(s.start_ms, s.end_ms) for s in reading.segments] == [
        (1_000, 2_000),
        (2_000, 2_000),
        (3_000, 4_000),
    ]


def test_webvtt_write_follows_the_standard() -> None:
    lan = TranscriptSegment(
        id="s1", start_ms=1_000, end_ms=2_000, text="a < b & c", speaker="Bà <Lan>", role="witness"
    )
    transcript = Transcript(
        accession="LK-1",
        language="vi",
        version=2,
        state="machine",
        segments=(lan,),
        label="chưa hiệu đính",
        source_line="Nguồn --> kho",
    )
    assert webvtt.write(transcript).decode() == (
        "WEBVTT\n\n"
        "NOTE\nlanguage: vi\nLK-1\nchưa hiệu đính · v2\nNguồn → kho\n\n"
        "s1\n00:00:01.000 --> 00:00:02.000\n"
        "<v.witness Bà &lt;Lan&gt;>a &lt; b &amp; c\n"
    )
