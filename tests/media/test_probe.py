from __future__ import annotations

import contextlib
import json
import random
from pathlib import Path

import pytest

from media.errors import MediaRefused
from media.probe import probe
from media.technical import TechnicalMetadata
from tests.support import media_files

NOT_PLAYABLE = {"JPEG", "PNG", "TIFF", "HEIC", "PDF", "DOCX"}


def test_probe_of_every_kind_returns_duration_and_streams(every_kind: dict[str, Path]) -> None:
    for name, path in every_kind.items():
        if name in NOT_PLAYABLE:
            continue
        facts = probe(path)
        assert facts.duration_ms == pytest.approx(1000, abs=200), name
        assert facts.has_film == any(s.kind == "video" for s in facts.streams)
        assert facts.size_bytes == path.stat().st_size
        assert facts.warnings == ()


def test_technical_metadata_round_trips_through_json(every_kind: dict[str, Path]) -> None:
    for name in ("MP4", "Broadcast WAV"):
        facts = probe(every_kind[name])
        stored = json.loads(json.dumps(facts.as_json()))
        assert TechnicalMetadata.from_json({**stored, "from_a_later_version": 1}) == facts


def test_probe_returns_properties_of_a_sound_stream(every_kind: dict[str, Path]) -> None:
    (stream,) = probe(every_kind["FLAC"]).streams
    assert (stream.codec, stream.sample_rate, stream.channels) == ("flac", 16_000, 1)


def test_probe_returns_properties_of_a_film_stream(every_kind: dict[str, Path]) -> None:
    film = next(s for s in probe(every_kind["MP4"]).streams if s.kind == "video")
    assert (film.codec, film.width, film.height, film.frame_rate) == ("h264", 160, 120, 10.0)


def test_probe_of_broadcast_wave_keeps_time_as_written(every_kind: dict[str, Path]) -> None:
    facts = probe(every_kind["Broadcast WAV"])
    assert facts.bwf["originator"] == "Van phong lich su"
    assert facts.bwf["originator_reference"] == "REF-0001"
    assert facts.bwf["time_reference"] == str(48_000 * 3600)
    assert facts.bwf["coding_history"].startswith("A=PCM")
    assert (facts.recorded_as_written, facts.recorded_at) == ("2019-04-30 10:20:30", None)


def test_probe_converts_time_with_zone_to_utc(tmp_path: Path) -> None:
    path = media_files.film(tmp_path / "a.mp4", tags={"creation_time": "2019-04-30T10:20:30+07:00"})
    facts = probe(path)
    assert facts.recorded_at == "2019-04-30T03:20:30+00:00"
    assert facts.recorded_as_written


def test_probe_of_implausible_date_warns(tmp_path: Path) -> None:
    path = media_files.film(tmp_path / "a.mp4", tags={"creation_time": "1971-01-01T00:00:00Z"})
    facts = probe(path)
    assert (facts.recorded_at, facts.warnings) == (None, ("implausible_date",))


def test_probe_bounds_and_cleans_text(tmp_path: Path) -> None:
    tags = {"title": "Bà Năm\x07" + "x" * 9000, "artist": "Nguyễn Thị Hòa"}
    path = media_files.sound(tmp_path / "a.flac", container="flac", codec="flac", tags=tags)
    facts = {key.lower(): value for key, value in probe(path).tags.items()}
    assert facts["artist"] == "Nguyễn Thị Hòa"
    assert facts["title"].startswith("Bà Nămx")
    assert len(facts["title"]) == 2000


def test_probe_of_implausible_duration_warns(tmp_path: Path) -> None:
    path = media_files.sound(tmp_path / "a.flac", container="flac", codec="flac")
    data = bytearray(path.read_bytes())
    data[21] |= 0x0F  # STREAMINFO counts samples in 36 bits: all of them set are 49 days
    data[22:26] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    facts = probe(path)
    assert (facts.duration_ms, facts.warnings) == (None, ("implausible_duration",))


@pytest.mark.parametrize("name", sorted(NOT_PLAYABLE - {"HEIC"}))
def test_probe_of_other_files_is_refused_as_unreadable(
    every_kind: dict[str, Path], name: str
) -> None:
    with pytest.raises(MediaRefused) as refused:
        probe(every_kind[name])
    assert refused.value.code == "unreadable"
    assert str(every_kind[name].parent) not in refused.value.detail, "a path must not leak"


def test_probe_of_missing_file_or_folder_is_unreadable(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(MediaRefused):
            probe(path)


def test_probe_of_damaged_file_returns_or_refuses(
    every_kind: dict[str, Path], tmp_path: Path
) -> None:
    rng = random.Random(9)
    for name, path in every_kind.items():
        if name in NOT_PLAYABLE:
            continue
        for _ in range(5):
            data = bytearray(path.read_bytes())
            for _ in range(20):
                data[rng.randrange(len(data))] = rng.randrange(256)
            (tmp_path / "x").write_bytes(data[: rng.randrange(100, len(data))])
            with contextlib.suppress(MediaRefused):
                encoded = json.dumps(probe(tmp_path / "x").as_json(), allow_nan=False)
                assert json.loads(encoded)
