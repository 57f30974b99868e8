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

from media import limits, mixing
from media.errors import MediaRefused
from media.sound import SoundReader, pcm_blocks, pcm_spans
from media.timestamps import TimestampNormaliser
from tests.support import media_files


@pytest.fixture(scope="module")
def ramp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds at 16 kHz in which every sample encodes its own index."""
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


def all_samples(path: Path) -> NDArray[Any]:
    return np.concatenate(list(pcm_blocks(path)))


def test_pcm_blocks_have_the_given_size_and_all_samples(ramp: Path) -> None:
    blocks = list(pcm_blocks(ramp, block_ms=3000))
    assert [len(block) for block in blocks] == [48_000, 48_000, 48_000, 16_000]
    assert all(block.dtype == np.int16 for block in blocks)
    assert np.array_equal(np.concatenate(blocks), np.arange(160_000) % 30_011)


def test_pcm_blocks_decoded_ms_is_the_true_duration(ramp: Path) -> None:
    blocks = pcm_blocks(ramp)
    list(blocks)
    assert (blocks.decoded_ms, blocks.damaged_packets, blocks.filled_ms) == (10_000, 0, 0)
    assert blocks.fraction == pytest.approx(1.0, abs=0.1)


def test_pcm_blocks_decode_every_kind_of_sound(every_kind: dict[str, Path]) -> None:
    for name, path in every_kind.items():
        if name in ("WebM", "JPEG", "PNG", "TIFF", "HEIC", "PDF", "DOCX"):
            continue
        samples = all_samples(path)
        assert len(samples) == pytest.approx(16_000, abs=1_500), name
        assert np.abs(samples.astype(np.int32)).max() > 3000, name


def test_pcm_blocks_mix_channels_and_resample(tmp_path: Path) -> None:
    left = media_files.tone(1, rate=48_000, channels=2)
    left[1] = 0
    samples = all_samples(media_files.sound(tmp_path / "a.wav", left, rate=48_000))
    assert len(samples) == 16_000
    assert np.abs(samples).max() == pytest.approx(0.15 * 32768, rel=0.05)


def test_pcm_blocks_mix_four_channels_without_layout(tmp_path: Path) -> None:
    samples = np.tile((media_files.tone(1)[0] * 32767)[:, None], (1, 4))
    assert (
        np.abs(all_samples(write_wav(tmp_path / "a.wav", samples, rate=16_000, channels=4))).max()
        > 0
    )


def test_pcm_spans_are_exact_to_the_sample(ramp: Path) -> None:
    spans = [(0, 10), (10, 20), (15, 1020), (1000, 2500), (9_990, 12_000), (20_000, 21_000)]
    given_ = list(pcm_spans(ramp, spans))
    for (start, end), samples in zip(spans, given_, strict=True):
        numbers = np.arange(start * 16, min(end * 16, 160_000)) % 30_011
        assert samples.dtype == np.float32
        assert np.array_equal(np.rint(samples * 32768).astype(int), numbers)


@settings(max_examples=40)
@given(cuts=st.lists(st.tuples(st.integers(0, 10_500), st.integers(0, 4_000)), max_size=12))
def test_pcm_spans_for_any_ascending_spans_are_exact(
    ramp: Path, cuts: list[tuple[int, int]]
) -> None:
    spans = [(start, start + length) for start, length in sorted(cuts)]
    for (start, end), samples in zip(spans, pcm_spans(ramp, spans), strict=True):
        numbers = np.arange(min(start * 16, 160_000), min(end * 16, 160_000)) % 30_011
        assert np.array_equal(np.rint(samples * 32768).astype(int), numbers)


@pytest.mark.parametrize("spans", [[(5, 4)], [(10, 20), (5, 20)], [(-1, 5)]])
def test_pcm_spans_not_ascending_raise_value_error(
    ramp: Path, spans: list[tuple[int, int]]
) -> None:
    with pytest.raises(ValueError, match="ascend"):
        pcm_spans(ramp, spans)


def test_memory_is_constant_for_any_duration(tmp_path: Path) -> None:
    def peak(seconds: int) -> int:
        path = media_files.sound(
            tmp_path / f"{seconds}.flac",
            media_files.tone(seconds, rate=16_000),
            container="flac",
            codec="flac",
        )
        tracemalloc.start()
        for _ in pcm_blocks(path, block_ms=5000):
            pass
        for _ in pcm_spans(path, [(n, n + 500) for n in range(0, seconds * 1000, 700)]):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(240) < peak(30) * 1.5


def test_pcm_blocks_of_damaged_file_keep_times(tmp_path: Path) -> None:
    """A beep in the last second must still be in the last second."""
    samples = media_files.tone(30, rate=44_100, level=0.05)
    samples[:, 29 * 44_100 :] *= 10
    path = media_files.sound(
        tmp_path / "a.m4a", samples, rate=44_100, container="ipod", codec="aac"
    )
    data = bytearray(path.read_bytes())
    rng = random.Random(1)
    for at in range(20_000, 200_000, 30_000):
        data[at : at + 3000] = rng.randbytes(3000)
    path.write_bytes(data)
    blocks = pcm_blocks(path)
    samples = np.concatenate(list(blocks)).astype(np.int32)
    assert blocks.damaged_packets > 3
    assert blocks.filled_ms > 300
    assert blocks.decoded_ms == pytest.approx(30_000, abs=150)
    assert np.abs(samples[29 * 16_000 + 1600 :]).max() > 10_000


def test_pcm_blocks_start_with_silence_if_the_picture_is_earlier(tmp_path: Path) -> None:
    path = media_files.film(tmp_path / "a.mp4", seconds=2, sound_starts_s=0.5)
    samples = np.abs(all_samples(path).astype(np.int32))
    assert samples[: 16 * 450].max() < 600
    assert samples[16 * 600 : 16 * 2000].max() > 5000
    assert len(samples) == pytest.approx(2.5 * 16_000, abs=1000)


def test_pcm_blocks_without_sound_raise_a_code(every_kind: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(MediaRefused) as refused:
        pcm_blocks(every_kind["WebM"])
    assert refused.value.code == "no_sound"
    empty = write_wav(tmp_path / "empty.wav", np.zeros(0), rate=16_000)
    with pytest.raises(MediaRefused) as refused:
        list(pcm_blocks(empty))
    assert refused.value.code == "undecodable"


def test_pcm_blocks_beyond_the_limit_raise_too_long(
    monkeypatch: pytest.MonkeyPatch, ramp: Path
) -> None:
    monkeypatch.setattr(limits, "LONGEST_SOUND_MS", 5000)
    with pytest.raises(MediaRefused) as refused:
        list(pcm_blocks(ramp))
    assert refused.value.code == "too_long"


def test_pcm_blocks_closed_early_close_the_file(ramp: Path) -> None:
    def descriptors() -> int:
        return sum(
            str(ramp) in str(fd.readlink())
            for fd in Path("/proc/self/fd").iterdir()
            if fd.is_symlink()
        )

    blocks, spans = pcm_blocks(ramp, block_ms=100), pcm_spans(ramp, [(0, 5)])
    next(blocks), next(spans)
    assert descriptors() == 2
    blocks.close()
    spans.close()
    assert descriptors() == 0


def test_sound_reader_yields_stereo_float(tmp_path: Path) -> None:
    path = media_files.sound(
        tmp_path / "a.wav", media_files.tone(1, rate=48_000, channels=2), rate=48_000
    )
    with SoundReader(path, rate=48_000, layout="stereo", sample_format="flt") as reader:
        samples = np.concatenate(list(reader))
    assert samples.shape == (48_000, 2)
    assert samples.dtype == np.float32
    assert np.abs(samples).max() == pytest.approx(0.3, abs=0.001)


def test_silent_frame_of_unsigned_bytes_is_0x80() -> None:
    like = AudioFrame("u8", "mono", 10)
    like.sample_rate = 8000
    ((count, (frame,)),) = mixing.ChannelMixer(like, "mono").silence(like, 0.001)
    assert count == 8
    assert set(frame.to_ndarray().ravel().tolist()) == {0x80}


def test_timestamp_normaliser_keeps_gaps_and_ignores_jumps() -> None:
    clock = TimestampNormaliser(None)
    assert clock.to_seconds(100.0, expected_s=0.0) == 0.0
    assert clock.to_seconds(101.5, expected_s=1.0) == 1.5
    assert clock.to_seconds(None, expected_s=2.0) == 2.0
    assert clock.to_seconds(9e9, expected_s=2.5) == 2.5
    assert clock.to_seconds(9e9 + 1, expected_s=3.5) == pytest.approx(3.5)
    assert clock.to_seconds(0.0, expected_s=4.0) == 4.0
