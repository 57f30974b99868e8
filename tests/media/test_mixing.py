"""Every track is audible in the access copy, the waveform and the model input."""

from __future__ import annotations

import random
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from media import sandboxed
from media.derivatives import access_copy, peaks
from media.errors import DerivativeRefused, MediaRefused
from media.mixing import CEILING, Limiter
from media.probe import probe
from media.sound import SoundReader, pcm_blocks
from tests.support import multichannel
from tests.support.multichannel import hum, hum_on_track, wav

MOST_DB = 12.0
COUNTS = [*range(1, 17), 32]


def model_input(path: Path) -> NDArray[Any]:
    return np.concatenate(list(pcm_blocks(path))) / 32768


def level_db(samples: NDArray[Any]) -> float:
    """Root mean square; silence is -120 dB."""
    return float(20 * np.log10(max(1e-6, np.sqrt(np.mean(samples**2)))))


def copy_of(path: Path) -> Path:
    return access_copy.make(path, path.parent / "out", lambda fraction: None).path


def levels(path: Path) -> dict[str, float]:
    """Return the levels of model input, waveform and access copy."""
    made = peaks.make(path, path.parent / "out", lambda fraction: None)
    wave = np.frombuffer(peaks.read_peaks(made.path.read_bytes())[peaks.FINE], np.uint8) / 255
    return {
        "model input": level_db(model_input(path)),
        "wave": level_db(wave),
        "access copy": level_db(model_input(copy_of(path))),
    }


@pytest.mark.parametrize("count", COUNTS)
def test_mixing_of_any_track_without_mask_keeps_its_level(tmp_path: Path, count: int) -> None:
    sample = hum(0.8, rate=8_000)
    alone = levels(wav(tmp_path / "mono.wav", sample[None], rate=8_000))
    found = [
        levels(wav(tmp_path / "tracks.wav", hum_on_track(track, count, sample), rate=8_000))
        for track in range(count)
    ]
    for place, mono_db in alone.items():
        levels_db = [one[place] for one in found]
        assert max(levels_db) - min(levels_db) <= MOST_DB, (place, levels_db)
        assert min(levels_db) >= mono_db - MOST_DB, (place, levels_db, mono_db)


@pytest.mark.parametrize("count", [3, 6, 9, 16, 32])
def test_mixing_of_full_scale_tracks_does_not_clip(tmp_path: Path, count: int) -> None:
    sample = hum(1.5, level=1.0)
    path = wav(tmp_path / "all.wav", np.tile(sample, (count, 1)))
    mixed = model_input(path)
    copy = model_input(copy_of(path))
    assert np.abs(mixed).max() <= CEILING + 0.01
    assert np.abs(copy).max() < 0.99
    assert np.corrcoef(mixed, sample)[0, 1] > 0.98


@pytest.mark.parametrize(
    ("mask", "count"),
    [
        (multichannel.MASK_5_1, 6),
        (multichannel.MASK_7_1, 8),
        (multichannel.MASK_QUAD, 4),
        (multichannel.MASK_LFE, 1),
        (0, 6),
    ],
)
def test_mixing_of_any_speaker_position_is_audible(tmp_path: Path, mask: int, count: int) -> None:
    sample = hum(1.0)
    alone = levels(wav(tmp_path / "mono.wav", sample[None]))
    for track in range(count):
        path = wav(tmp_path / "masked.wav", hum_on_track(track, count, sample), mask=mask)
        for place, level in levels(path).items():
            assert level >= alone[place] - MOST_DB, (track, place)


def test_access_copy_of_5_1_is_stereo_with_left_and_right(tmp_path: Path) -> None:
    left = hum_on_track(0, 6, hum(1.0, rate=48_000))
    path = wav(tmp_path / "a.wav", left, rate=48_000, mask=multichannel.MASK_5_1)
    with SoundReader(copy_of(path), rate=48_000, layout="stereo", sample_format="flt") as reader:
        mixed = np.concatenate(list(reader))
    assert level_db(mixed[:, 0]) > -30
    assert level_db(mixed[:, 1]) < -60


def test_access_copy_of_tracks_without_mask_is_mono(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", hum_on_track(3, 6, hum(1.0)))
    (stream,) = probe(copy_of(path)).streams
    assert (stream.channels, stream.layout) == (1, "mono")


@pytest.mark.parametrize("count", [4, 6, 9])
def test_mixing_of_tracks_is_their_weighted_sum(tmp_path: Path, count: int) -> None:
    """The limiter delays samples; none is lost, doubled or moved."""
    rng = np.random.default_rng(count)
    tracks = rng.uniform(-0.1, 0.1, (count, 16_123)).astype(np.float32)
    mixed = model_input(wav(tmp_path / "a.wav", tracks))
    expected = tracks.sum(axis=0) * max(1 / np.sqrt(count), 10 ** (-9 / 20))
    assert mixed.shape == expected.shape
    assert np.abs(mixed - expected).max() < 0.0005


def test_mixing_memory_does_not_grow_with_the_recording(tmp_path: Path) -> None:
    def most_bytes(seconds: float) -> int:
        tracks = np.tile(hum(seconds, rate=8_000), (6, 1))
        path = wav(tmp_path / f"{seconds}.wav", tracks, rate=8_000)
        tracemalloc.start()
        for _ in pcm_blocks(path, block_ms=1000):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert most_bytes(60) < most_bytes(6) * 1.5


def test_mixing_of_stereo_is_the_average_without_limiter(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", np.tile(hum(1.0, level=1.0), (2, 1)))
    assert np.abs(model_input(path)).max() == pytest.approx(1.0, abs=0.001)


@pytest.mark.parametrize(
    ("layout", "count", "options"),
    [
        ("6 channels", 6, {"mapping_family": "255"}),
        ("12 channels", 12, {"mapping_family": "255"}),
        ("4 channels", 4, {"mapping_family": "2"}),
        ("7.1", 8, {}),
    ],
)
def test_mixing_of_every_opus_track_is_audible(
    tmp_path: Path, layout: str, count: int, options: dict[str, str]
) -> None:
    sample = hum(0.6, rate=48_000)
    for track in range(count):
        path = multichannel.encoded(
            tmp_path / "a.opus",
            hum_on_track(track, count, sample),
            container="ogg",
            codec="libopus",
            layout=layout,
            options=options,
        )
        assert level_db(model_input(path)) > level_db(sample) - MOST_DB - 3, track


def test_sound_reader_fills_a_gap_in_planar_eight_channels(tmp_path: Path) -> None:
    """PyAV gives planes that do not exist for such frames: writing silence into them crashed."""
    path = multichannel.encoded(
        tmp_path / "a.mka",
        hum_on_track(7, 8, hum(2.0, rate=48_000)),
        container="matroska",
        codec="aac",
        layout="7.1",
        gap_s=1.0,
    )
    made = sandboxed.derive("peaks", path, target_dir=tmp_path / "out")
    assert made.detail["filled_ms"] == pytest.approx(1000, abs=50)
    assert made.detail["duration_ms"] == pytest.approx(3000, abs=100)


@pytest.mark.parametrize("labels", [(1, 2, 42, 42), (1, 1, 2, 2), (1, 2, 0), (3, 3)])
def test_mixing_of_individually_labelled_channels_is_audible(
    tmp_path: Path, labels: tuple[int, ...]
) -> None:
    """Left, right, mono, mono, as editing programs write it: PyAV frees such a layout twice."""
    count, sample = len(labels), hum(1.0)
    for track in range(count):
        path = multichannel.caf(tmp_path / "a.caf", hum_on_track(track, count, sample), labels)
        (stream,) = sandboxed.probe(path).streams
        assert stream.channels == count
        made = sandboxed.derive("peaks", path, target_dir=tmp_path / f"out{track}")
        assert made.detail["peak"] > 255 * 0.3 * 10 ** (-MOST_DB / 20)


def test_mixing_of_damaged_float_tracks_is_finite(tmp_path: Path) -> None:
    tracks = hum_on_track(0, 4, hum(4.0, level=3.0))
    tracks[1, 16_000:16_010] = (np.nan, np.inf, -np.inf, 1e38, -1e38) * 2
    mixed = model_input(multichannel.float_wav(tmp_path / "a.wav", tracks))
    assert np.abs(mixed).max() <= CEILING + 0.01
    for start in (8_000, 48_000):
        assert level_db(mixed[start : start + 8_000]) > -20


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("damage", [np.nan, np.inf, -np.inf])
def test_mixing_of_damaged_mono_or_stereo_sample_is_silent(
    tmp_path: Path, channels: int, damage: float
) -> None:
    """AAC refused the whole recording for one such sample, and it was called damaged."""
    whole = np.tile(hum(2.0), (channels, 1))
    damaged = whole.copy()
    damaged[0, 8_000] = damage
    expected = levels(multichannel.float_wav(tmp_path / "whole.wav", whole))
    found = levels(multichannel.float_wav(tmp_path / "damaged.wav", damaged))
    for place, level in found.items():
        assert level == pytest.approx(expected[place], abs=0.5), place
    assert np.abs(model_input(tmp_path / "damaged.wav")).max() < 0.5


@pytest.mark.parametrize("count", [65, 255, 512])
def test_mixing_of_too_many_channels_is_refused(tmp_path: Path, count: int) -> None:
    path = wav(tmp_path / "a.wav", np.zeros((count, 1600), np.float32))
    assert probe(path).streams[0].channels == count
    with pytest.raises(MediaRefused) as refused:
        pcm_blocks(path)
    assert refused.value.code == "too_many_channels"
    for recipe in (access_copy, peaks):
        with pytest.raises(DerivativeRefused) as refused:
            recipe.make(path, tmp_path / "out", lambda fraction: None)
        assert refused.value.code == "too_many_channels"


def test_mixing_of_sixty_four_channels_is_audible(tmp_path: Path) -> None:
    sample = hum(1.0)
    path = wav(tmp_path / "a.wav", hum_on_track(63, 64, sample))
    assert level_db(model_input(path)) >= level_db(sample) - MOST_DB


@pytest.mark.parametrize(
    ("count", "mask", "layout"),
    [
        (1, None, "mono"),
        (2, None, "stereo"),
        (6, None, "discrete"),
        (6, 0, "discrete"),
        (6, multichannel.MASK_5_1, "5.1"),
        (9, None, "discrete"),
        (32, None, "discrete"),
    ],
)
def test_probe_returns_named_layout_only_if_the_file_has_it(
    tmp_path: Path, count: int, mask: int | None, layout: str
) -> None:
    path = wav(tmp_path / "a.wav", np.zeros((count, 1600), np.float32), mask=mask)
    (stream,) = probe(path).streams
    assert (stream.channels, stream.layout) == (count, layout)


@settings(max_examples=60)
@given(seed=st.integers(0, 1000), loud=st.floats(0.1, 20.0))
def test_limiter_result_is_below_ceiling_for_any_block_sizes(seed: int, loud: float) -> None:
    rng = random.Random(seed)
    samples = np.random.default_rng(seed).normal(0, loud / 3, (4000, 2)).astype(np.float32)
    samples[1000:3000] *= 0.05
    limiter, parts, at = Limiter(16_000, 2), [], 0
    while at < len(samples):
        end = at + rng.randint(1, 900)
        parts.append(limiter.add(samples[at:end]))
        at = end
    cut = np.concatenate([*parts, limiter.flush()])
    limiter = Limiter(16_000, 2)
    whole = np.concatenate([limiter.add(samples), limiter.flush()])
    assert np.array_equal(cut, whole)
    assert whole.shape == samples.shape
    assert np.abs(whole).max() <= CEILING + 1e-6


def test_limiter_returns_quiet_sound_unchanged() -> None:
    samples = np.random.default_rng(1).uniform(-0.8, 0.8, (5000, 1)).astype(np.float32)
    limiter = Limiter(16_000, 1)
    assert np.array_equal(np.concatenate([limiter.add(samples), limiter.flush()]), samples)


def test_mixing_of_six_tracks_with_one_sample_is_one_sample(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", np.full((6, 1), 0.1, np.float32))
    assert len(model_input(path)) == 1
