from __future__ import annotations

import random
import tracemalloc
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from av.audio.frame import AudioFrame
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from media import limits, sound
from media.clock import Clock
from media.refusals import MediaRefused
from media.sound import SoundReader, pcm_blocks, pcm_spans
from tests.fixtures.media import make


@pytest.fixture(scope="module")
def ramp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds at 16 kHz in which every sample tells its own number."""
    path = tmp_path_factory.mktemp("ramp") / "ramp.wav"
    write_wav(path, np.arange(160_000) % 30_011, rate=16_000)
    return path


def write_wav(path: Path, samples: NDArray[Any], *, rate: int, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples.astype("<i2").tobytes())
    return path


def whole(path: Path) -> NDArray[Any]:
    return np.concatenate(list(pcm_blocks(path)))


def test_blocks_have_the_asked_size_and_lose_nothing(ramp: Path) -> None:
    blocks = list(pcm_blocks(ramp, block_ms=3000))
    assert [len(block) for block in blocks] == [48_000, 48_000, 48_000, 16_000]
    assert all(block.dtype == np.int16 for block in blocks)
    assert np.array_equal(np.concatenate(blocks), np.arange(160_000) % 30_011)


def test_the_reader_knows_the_true_length(ramp: Path) -> None:
    blocks = pcm_blocks(ramp)
    list(blocks)
    assert (blocks.heard_ms, blocks.damaged_packets, blocks.filled_ms) == (10_000, 0, 0)
    assert blocks.fraction == pytest.approx(1.0, abs=0.1)


def test_every_kind_of_sound_is_heard(every_kind: dict[str, Path]) -> None:
    for name, path in every_kind.items():
        if name in ("WebM", "JPEG", "PNG", "TIFF", "HEIC", "PDF", "DOCX"):
            continue
        samples = whole(path)
        assert len(samples) == pytest.approx(16_000, abs=1_500), name
        assert np.abs(samples.astype(np.int32)).max() > 3000, name


def test_channels_are_mixed_and_rates_changed(tmp_path: Path) -> None:
    left = make.tone(1, rate=48_000, channels=2)
    left[1] = 0
    samples = whole(make.sound(tmp_path / "a.wav", left, rate=48_000))
    assert len(samples) == 16_000
    assert np.abs(samples).max() == pytest.approx(0.15 * 32768, rel=0.05)


def test_four_channels_without_a_plan_are_mixed(tmp_path: Path) -> None:
    samples = np.tile((make.tone(1)[0] * 32767)[:, None], (1, 4))
    assert np.abs(whole(write_wav(tmp_path / "a.wav", samples, rate=16_000, channels=4))).max() > 0


def test_channels_beyond_any_plan_are_refused_with_a_code(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", np.zeros((16_000, 9)), rate=16_000, channels=9)
    with pytest.raises(MediaRefused) as refused:
        whole(path)
    assert refused.value.code == "undecodable"


def test_spans_are_cut_to_the_sample(ramp: Path) -> None:
    spans = [(0, 10), (10, 20), (15, 1020), (1000, 2500), (9_990, 12_000), (20_000, 21_000)]
    given_ = list(pcm_spans(ramp, spans))
    for (start, end), samples in zip(spans, given_, strict=True):
        numbers = np.arange(start * 16, min(end * 16, 160_000)) % 30_011
        assert samples.dtype == np.float32
        assert np.array_equal(np.rint(samples * 32768).astype(int), numbers)


@settings(max_examples=40, deadline=None)
@given(cuts=st.lists(st.tuples(st.integers(0, 10_500), st.integers(0, 4_000)), max_size=12))
def test_any_ascending_spans_are_right(ramp: Path, cuts: list[tuple[int, int]]) -> None:
    spans = [(start, start + length) for start, length in sorted(cuts)]
    for (start, end), samples in zip(spans, pcm_spans(ramp, spans), strict=True):
        numbers = np.arange(min(start * 16, 160_000), min(end * 16, 160_000)) % 30_011
        assert np.array_equal(np.rint(samples * 32768).astype(int), numbers)


@pytest.mark.parametrize("spans", [[(5, 4)], [(10, 20), (5, 20)], [(-1, 5)]])
def test_spans_that_do_not_ascend_are_refused(ramp: Path, spans: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="ascend"):
        pcm_spans(ramp, spans)


def test_memory_does_not_grow_with_the_recording(tmp_path: Path) -> None:
    def peak(seconds: int) -> int:
        path = make.sound(tmp_path / f"{seconds}.flac", make.tone(seconds, rate=16_000),
                          container="flac", codec="flac")  # fmt: skip
        tracemalloc.start()
        for _ in pcm_blocks(path, block_ms=5000):
            pass
        for _ in pcm_spans(path, [(n, n + 500) for n in range(0, seconds * 1000, 700)]):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(240) < peak(30) * 1.5


def test_a_damaged_tape_is_heard_to_its_end_at_the_right_times(tmp_path: Path) -> None:
    """A beep in the last second must still be in the last second."""
    samples = make.tone(30, rate=44_100, level=0.05)
    samples[:, 29 * 44_100 :] *= 10
    path = make.sound(tmp_path / "a.m4a", samples, rate=44_100, container="ipod", codec="aac")
    data = bytearray(path.read_bytes())
    rng = random.Random(1)
    for at in range(20_000, 200_000, 30_000):
        data[at : at + 3000] = rng.randbytes(3000)
    path.write_bytes(data)
    blocks = pcm_blocks(path)
    heard = np.concatenate(list(blocks)).astype(np.int32)
    assert blocks.damaged_packets > 3
    assert blocks.filled_ms > 300
    assert blocks.heard_ms == pytest.approx(30_000, abs=150)
    assert np.abs(heard[29 * 16_000 + 1600 :]).max() > 10_000


def test_sound_that_begins_after_the_picture_is_led_in_by_silence(tmp_path: Path) -> None:
    path = make.film(tmp_path / "a.mp4", seconds=2, sound_starts_s=0.5)
    samples = np.abs(whole(path).astype(np.int32))
    assert samples[: 16 * 450].max() < 600
    assert samples[16 * 600 : 16 * 2000].max() > 5000
    assert len(samples) == pytest.approx(2.5 * 16_000, abs=1000)


def test_nothing_to_hear_is_said_with_a_code(every_kind: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(MediaRefused) as refused:
        pcm_blocks(every_kind["WebM"])
    assert refused.value.code == "no_sound"
    empty = write_wav(tmp_path / "empty.wav", np.zeros(0), rate=16_000)
    with pytest.raises(MediaRefused) as refused:
        list(pcm_blocks(empty))
    assert refused.value.code == "undecodable"


def test_sound_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch, ramp: Path) -> None:
    monkeypatch.setattr(limits, "LONGEST_SOUND_MS", 5000)
    with pytest.raises(MediaRefused) as refused:
        list(pcm_blocks(ramp))
    assert refused.value.code == "too_long"


def test_stopping_early_gives_the_file_back(ramp: Path) -> None:
    def descriptors() -> int:
        return sum(str(ramp) in str(fd.readlink()) for fd in Path("/proc/self/fd").iterdir()
                   if fd.is_symlink())  # fmt: skip

    blocks, spans = pcm_blocks(ramp, block_ms=100), pcm_spans(ramp, [(0, 5)])
    next(blocks), next(spans)
    assert descriptors() == 2
    blocks.close()
    spans.close()
    assert descriptors() == 0


def test_stereo_float_is_given_for_copies(tmp_path: Path) -> None:
    path = make.sound(tmp_path / "a.wav", make.tone(1, rate=48_000, channels=2), rate=48_000)
    with SoundReader(path, rate=48_000, layout="stereo", sample_format="flt") as reader:
        samples = np.concatenate(list(reader))
    assert samples.shape == (48_000, 2)
    assert samples.dtype == np.float32
    assert np.abs(samples).max() == pytest.approx(0.3, abs=0.001)


def test_silence_of_unsigned_bytes_is_the_middle() -> None:
    like = AudioFrame("u8", "mono", 10)
    like.sample_rate = 8000
    (frame,) = sound._silence(like, 0.001)
    assert set(frame.to_ndarray().ravel().tolist()) == {0x80}


def test_the_clock_believes_holes_but_not_leaps() -> None:
    clock = Clock(None)
    assert clock.place_s(100.0, expected_s=0.0) == 0.0
    assert clock.place_s(101.5, expected_s=1.0) == 1.5
    assert clock.place_s(None, expected_s=2.0) == 2.0
    assert clock.place_s(9e9, expected_s=2.5) == 2.5
    assert clock.place_s(9e9 + 1, expected_s=3.5) == pytest.approx(3.5)
    assert clock.place_s(0.0, expected_s=4.0) == 4.0
