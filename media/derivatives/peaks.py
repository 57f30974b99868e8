"""Recipe of the waveform: the loudest sample of each 1/20 and each 1/2 second.

Layout, little-endian; a file is one block after the other, 20 per second first:

    0  4 bytes  "LKPK"
    4  u8       version of the layout, 1
    5  u8       peaks per second (20, then 2)
    6  u8       channels, 1: the mix of all (`media/mixing.py`)
    7  u8       0
    8  u32      count
    12 count bytes: absolute peaks, 0 (silence) to 255 (full scale)

The last peak may cover a shorter time. Blocks follow without a gap; a reader may use the
first one only.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from media.derivatives.base import Progress, RecipeOutput, atomic_write
from media.derivatives.errors import as_derivative_refused
from media.sound import SPEECH_RATE, pcm_blocks

MAGIC = b"LKPK"
LAYOUT_VERSION = 1
FINE, COARSE = 20, 2
MEDIA_TYPE = "application/vnd.loi-ke.peaks"
_HEADER = struct.Struct("<4sBBBBI")


def make(source: Path, target_dir: Path, progress: Progress) -> RecipeOutput:
    """Compute the peaks in one pass; memory: ten seconds of sound and a byte per peak."""
    with as_derivative_refused():
        blocks = pcm_blocks(source, block_ms=10_000)
        per_peak = SPEECH_RATE // FINE
        fine = bytearray()
        for block in blocks:
            fine += _peaks(block, per_peak).tobytes()
            progress(blocks.fraction * 0.99)
        coarse = _coarser(np.frombuffer(fine, np.uint8), FINE // COARSE)
        target = target_dir / "peaks.lkpk"
        with atomic_write(target) as temp:
            temp.write_bytes(_block(FINE, bytes(fine)) + _block(COARSE, coarse.tobytes()))
    progress(1.0)
    detail = {
        "duration_ms": blocks.decoded_ms,
        "peak": max(fine, default=0),
        "damaged_packets": blocks.damaged_packets,
        "filled_ms": blocks.filled_ms,
    }
    return RecipeOutput(path=target, media_type=MEDIA_TYPE, detail=detail)


def read_peaks(data: bytes) -> dict[int, bytes]:
    """Parse a file of peaks into {peaks per second: bytes}. Raises ValueError."""
    return dict(_blocks(data))


def _blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        if len(data) - at < _HEADER.size:
            raise ValueError("a block of peaks is cut off")
        magic, version, rate, _, _, count = _HEADER.unpack_from(data, at)
        at += _HEADER.size
        if magic != MAGIC or version != LAYOUT_VERSION or at + count > len(data):
            raise ValueError("not peaks of this layout")
        yield rate, data[at : at + count]
        at += count


def _block(rate: int, peaks: bytes) -> bytes:
    return _HEADER.pack(MAGIC, LAYOUT_VERSION, rate, 1, 0, len(peaks)) + peaks


def _peaks(samples: NDArray[np.int16], size: int) -> NDArray[np.uint8]:
    loud = np.abs(samples.astype(np.int32))
    highest: NDArray[np.int32] = np.maximum.reduceat(loud, np.arange(0, len(loud), size))
    return np.minimum(255, (highest * 255 + 16384) // 32768).astype(np.uint8)


def _coarser(peaks: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    if not len(peaks):
        return peaks
    coarser: NDArray[np.uint8] = np.maximum.reduceat(peaks, np.arange(0, len(peaks), size))
    return coarser
