"""Write recordings of many channels; PyAV cannot write most of these layouts."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from numpy.typing import NDArray

# KSDATAFORMAT_SUBTYPE_PCM without the format tag in its first two bytes
_PCM_GUID = bytes.fromhex("0000 0000 1000 8000 00aa00389b71")
MASK_5_1, MASK_7_1, MASK_QUAD, MASK_LFE = 0x3F, 0x63F, 0x33, 0x8


def hum(seconds: float, *, rate: int = 16_000, level: float = 0.3) -> NDArray[np.float32]:
    """A hum with overtones that swells as syllables do; its highest sample is `level`."""
    at = np.arange(round(seconds * rate)) / rate
    overtones = [np.sin(2 * np.pi * 180 * n * at + n * n) / n for n in range(1, 12)]
    swelling = np.sum(overtones, axis=0) * (0.7 + 0.3 * np.sin(2 * np.pi * 3 * at))
    return np.asarray(level * swelling / np.abs(swelling).max(), np.float32)


def hum_on_track(track: int, channels: int, samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The samples on one track, silence on all others; shaped (channels, samples)."""
    tracks = np.zeros((channels, len(samples)), np.float32)
    tracks[track] = samples
    return tracks


def wav(
    path: Path, tracks: NDArray[np.float32], *, rate: int = 16_000, mask: int | None = None
) -> Path:
    """16 bit PCM; with `mask` (0 included) as WAVE_FORMAT_EXTENSIBLE."""
    channels = len(tracks)
    tag = 1 if mask is None else 0xFFFE
    head = struct.pack(
        "<HHIIHH", tag, channels, rate, rate * channels * 2 & 0xFFFFFFFF, channels * 2, 16
    )
    if mask is not None:
        head += struct.pack("<HHIH", 22, 16, mask, 1) + _PCM_GUID
    sound = np.clip(np.rint(tracks.T * 32767), -32768, 32767).astype("<i2").tobytes()
    return _riff(path, head, sound)


def float_wav(path: Path, tracks: NDArray[np.float32], *, rate: int = 16_000) -> Path:
    """32 bit float PCM, which may hold more than full scale and what is not a number."""
    channels = len(tracks)
    head = struct.pack("<HHIIHH", 3, channels, rate, rate * channels * 4, channels * 4, 32)
    return _riff(path, head, tracks.T.astype("<f4").tobytes())


def _riff(path: Path, head: bytes, sound: bytes) -> Path:
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head
    body += b"data" + struct.pack("<I", len(sound)) + sound
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def caf(
    path: Path, tracks: NDArray[np.float32], labels: tuple[int, ...], *, rate: int = 16_000
) -> Path:
    """16 bit PCM whose channels are labelled one by one (CoreAudioBaseTypes.h)."""
    channels = len(tracks)
    form = struct.pack(">d4sIIIII", rate, b"lpcm", 2, 2 * channels, 1, channels, 16)
    positions = struct.pack(">III", 0, 0, channels)
    positions += b"".join(struct.pack(">II3f", label, 0, 0, 0, 0) for label in labels)
    sound = bytes(4) + np.rint(tracks.T * 32767).astype("<i2").tobytes()
    chunks = ((b"desc", form), (b"chan", positions), (b"data", sound))
    path.write_bytes(
        b"caff\x00\x01\x00\x00"
        + b"".join(name + struct.pack(">q", len(body)) + body for name, body in chunks)
    )
    return path


def encoded(
    path: Path,
    tracks: NDArray[np.float32],
    *,
    container: str,
    codec: str,
    layout: str,
    rate: int = 48_000,
    options: dict[str, str] | None = None,
    gap_s: float = 0.0,
) -> Path:
    """The tracks in any layout of an encoder; after the first half the stamps leap by `gap_s`."""
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout=layout, options=options or {})
        assert isinstance(stream, AudioStream)
        stream.codec_context.open()
        size = stream.codec_context.frame_size or 1024
        resampler = av.AudioResampler(stream.format.name, layout, rate, size)
        packed = np.ascontiguousarray(tracks.T, np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        half_s = tracks.shape[1] / rate / 2
        for one in [*resampler.resample(frame), *resampler.resample(None), None]:
            for packet in stream.encode(one):
                assert packet.pts is not None
                if packet.pts * packet.time_base >= half_s:
                    packet.pts += round(gap_s / packet.time_base)
                    packet.dts = packet.pts
                out.mux(packet)
    return path
