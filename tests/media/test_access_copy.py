from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from media.derivatives import access_copy
from media.derivatives.base import RecipeOutput
from media.errors import DerivativeRefused
from media.film import FilmReader
from media.loudness import Loudness, LoudnessMeter
from media.probe import probe
from media.safe_open import film_stream, open_media, sound_stream
from media.sound import SoundReader, pcm_blocks
from tests.support import media_files


def make_access_copy(source: Path) -> RecipeOutput:
    return access_copy.make(source, source.parent / "out", lambda fraction: None)


def loudness(path: Path, *, layout: str = "mono") -> Loudness:
    meter = LoudnessMeter(rate=48_000, layout=layout)
    with SoundReader(path, rate=48_000, layout="mono", sample_format="flt") as reader:
        for samples in reader:
            meter.add(samples)
    return meter.result()


def has_index_first(path: Path) -> bool:
    data = path.read_bytes()
    return 0 < data.find(b"moov") < data.find(b"mdat")


def speech_like(seconds: float, level: float) -> NDArray[np.float32]:
    """A hum with overtones that swells and falls as syllables do."""
    at = np.arange(round(seconds * 48_000)) / 48_000
    hum = sum(np.sin(2 * np.pi * 180 * n * at + n * n) / n for n in range(1, 12))
    swell = 0.7 + 0.3 * np.sin(2 * np.pi * 3 * at)
    return np.clip(hum * swell * level / 3, -1, 1).astype(np.float32)[None]


@pytest.mark.parametrize("level", [0.05, 0.2, 0.8])
def test_access_copy_of_quiet_or_loud_speech_has_target_loudness(
    tmp_path: Path, level: float
) -> None:
    source = media_files.sound(tmp_path / "a.wav", speech_like(6, level), rate=48_000)
    made = make_access_copy(source)
    after = loudness(made.path)
    assert after.true_peak_db <= -1.0
    assert after.integrated_lufs == pytest.approx(-16.0, abs=0.5)


def test_gain_with_one_loud_peak_is_limited(tmp_path: Path) -> None:
    samples = media_files.tone(5, rate=48_000, level=0.01)
    samples[0, 100_000:100_020] = 0.9
    made = make_access_copy(media_files.sound(tmp_path / "a.wav", samples, rate=48_000))
    assert made.detail["gain_db"] == pytest.approx(-1.5 - made.detail["true_peak_db"], abs=0.02)
    assert made.detail["loudness_lufs"] + made.detail["gain_db"] < -30


def test_access_copy_of_silence_has_no_gain(tmp_path: Path) -> None:
    made = make_access_copy(
        media_files.sound(tmp_path / "a.wav", np.zeros((1, 48_000), np.float32), rate=48_000)
    )
    assert made.detail["gain_db"] == 0.0


def test_gain_db_is_within_its_limits() -> None:
    def gain(lufs: float, peak: float) -> float:
        return Loudness(integrated_lufs=lufs, range_lu=0, true_peak_db=peak).gain_db

    assert gain(-23.0, -10.0) == pytest.approx(7.0)
    assert gain(-23.0, -5.0) == pytest.approx(3.5)
    assert gain(-10.0, -0.1) == pytest.approx(-6.0)
    assert gain(-69.0, -60.0) == 30.0
    assert gain(-70.0, -60.0) == 0.0


@pytest.mark.parametrize(("hertz", "level", "lufs"), [(997, 1.0, -3.01), (997, 0.1, -23.01)])
def test_loudness_meter_agrees_with_the_standard(hertz: float, level: float, lufs: float) -> None:
    """ITU-R BS.1770-4, annex 1: a full-scale sine of 997 Hz in one channel has -3.01 LKFS."""
    meter = LoudnessMeter(rate=48_000, layout="mono")
    meter.add(media_files.tone(5, rate=48_000, hertz=hertz, level=level).T)
    assert meter.result().integrated_lufs == pytest.approx(lufs, abs=0.05)


def test_loudness_meter_finds_a_peak_in_the_last_sample() -> None:
    meter = LoudnessMeter(rate=48_000, layout="mono")
    samples = media_files.tone(1.03, rate=48_000, level=0.01).T.copy()
    samples[-20] = 0.8
    meter.add(samples)
    assert meter.result().true_peak_db > -3


def test_access_copy_of_sound_is_faststart_aac_at_96_kbit(tmp_path: Path) -> None:
    made = make_access_copy(
        media_files.sound(tmp_path / "a.wav", speech_like(20, 0.1), rate=48_000)
    )
    facts = probe(made.path)
    (stream,) = facts.streams
    assert (made.media_type, stream.codec, stream.channels) == ("audio/mp4", "aac", 1)
    assert stream.bit_rate == pytest.approx(96_000, rel=0.06)
    assert has_index_first(made.path)
    assert facts.duration_ms == pytest.approx(20_000, abs=50)


def test_access_copy_keeps_stereo_and_44100_hz(tmp_path: Path) -> None:
    source = media_files.sound(
        tmp_path / "a.wav", media_files.tone(1, rate=44_100, channels=2), rate=44_100
    )
    (stream,) = probe(make_access_copy(source).path).streams
    assert (stream.channels, stream.sample_rate) == (2, 44_100)


def test_access_copy_keeps_the_time_of_a_sound(tmp_path: Path) -> None:
    """A beep at 3 s is at 3 s of the copy, within 10 ms, which is inaudible."""
    samples = media_files.tone(6, level=0.0)
    samples[:, 48_000:49_600] = media_files.tone(0.1, level=0.5)
    source = media_files.sound(tmp_path / "a.mp3", samples, container="mp3", codec="libmp3lame")
    for path in (source, make_access_copy(source).path):
        samples = np.abs(np.concatenate(list(pcm_blocks(path))).astype(np.int32))
        first = int(np.argmax(samples > 3000))
        assert first / 16 == pytest.approx(3000, abs=10), path.name


def test_access_copy_of_film_is_h264_of_at_most_720_lines(tmp_path: Path) -> None:
    source = media_files.film(tmp_path / "a.mov", size=(1920, 1080), container="mov", seconds=0.5)
    made = make_access_copy(source)
    with open_media(made.path) as container:
        film, sound = film_stream(container), sound_stream(container)
        assert film is not None
        assert sound is not None
        assert (film.width, film.height, film.pix_fmt) == (1280, 720, "yuv420p")
        assert (film.codec_context.name, sound.codec_context.name) == ("h264", "aac")
    assert made.media_type == "video/mp4"
    assert has_index_first(made.path)


def test_access_copy_of_small_film_is_not_enlarged(
    every_kind: dict[str, Path], tmp_path: Path
) -> None:
    made = access_copy.make(every_kind["AVI"], tmp_path, lambda fraction: None)
    assert (made.detail["width"], made.detail["height"]) == (160, 120)


@pytest.mark.parametrize("clockwise", [True, False])
def test_access_copy_of_rotated_film_is_upright(tmp_path: Path, clockwise: bool) -> None:
    source = media_files.turned(
        media_files.film(tmp_path / "a.mp4", size=(160, 120)), clockwise=clockwise
    )
    made = make_access_copy(source)
    assert (made.detail["width"], made.detail["height"]) == (120, 160)
    with FilmReader(made.path, max_lines=720) as film:
        picture = next(iter(film)).to_ndarray(format="rgb24")
    red = (picture[..., 0] > 120) & (picture[..., 2] < 100)
    rows, columns = np.nonzero(red)
    # The bar begins at the left, 10 to 60 pixels below the upper edge.
    if clockwise:
        assert (rows.mean() < 40, columns.mean() > 60) == (True, True)
    else:
        assert (rows.mean() > 120, columns.mean() < 60) == (True, True)


def test_access_copy_keeps_picture_and_sound_in_step(tmp_path: Path) -> None:
    source = media_files.film(
        tmp_path / "a.mp4", seconds=3, black_s=1.0, sound_starts_s=0.5, fps=20
    )
    copy = make_access_copy(source).path
    for path in (source, copy):
        with FilmReader(path, max_lines=720) as film:
            bright = next(f.pts for f in film if f.to_ndarray(format="gray").mean() > 10)
        assert bright is not None
        assert bright / 90_000 == pytest.approx(1.0, abs=0.06), path.name
        samples = np.abs(np.concatenate(list(pcm_blocks(path))).astype(np.int32))
        assert int(np.argmax(samples > 2000)) / 16_000 == pytest.approx(0.5, abs=0.06), path.name


def test_access_copy_of_film_without_sound_is_made(
    every_kind: dict[str, Path], tmp_path: Path
) -> None:
    made = access_copy.make(every_kind["WebM"], tmp_path, lambda fraction: None)
    assert not probe(made.path).has_sound


def test_access_copy_of_sound_with_cover_picture_is_sound(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    media_files.sound(path, container="mp3", codec="libmp3lame")
    cover = media_files.as_bytes(media_files.picture(), "JPEG")
    body = b"\x00image/jpeg\x00\x03\x00" + cover
    frame = b"APIC" + len(body).to_bytes(4, "big") + b"\x00\x00" + body
    size = bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0))
    path.write_bytes(b"ID3\x03\x00\x00" + size + frame + path.read_bytes())
    assert any(stream.is_cover for stream in probe(path).streams)
    made = make_access_copy(path)
    assert (made.media_type, probe(made.path).has_film) == ("audio/mp4", False)


def test_film_reader_yields_ascending_times(every_kind: dict[str, Path]) -> None:
    for name in ("MP4", "MOV", "AVI", "MPEG-TS", "MPEG-PS", "Matroska", "WMV", "3GP"):
        with FilmReader(every_kind[name], max_lines=720) as film:
            stamps = [-1 if frame.pts is None else frame.pts for frame in film]
        assert min(stamps) >= 0
        assert stamps == sorted(set(stamps)), name
        assert len(stamps) >= 9


def test_access_copy_without_streams_is_refused(tmp_path: Path) -> None:
    path = media_files.sound(tmp_path / "a.mka", container="matroska", codec="flac")
    # TrackType (0x83): 2 is sound, 17 is subtitles.
    path.write_bytes(path.read_bytes().replace(b"\x83\x81\x02", b"\x83\x81\x11"))
    with pytest.raises(DerivativeRefused) as refused:
        make_access_copy(path)
    assert refused.value.code == "nothing_to_play"
