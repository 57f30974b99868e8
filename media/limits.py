"""Limits on memory, time and size, against hostile and damaged files.

Measured needs: the largest picture we take (300 million pixels) decodes in 1.9 GiB of
address space; an hour of sound in 0.3 GiB.
"""

from __future__ import annotations

MIB = 1024 * 1024

MEMORY_BYTES = 4096 * MIB
OUTPUT_BYTES = 64 * 1024 * MIB
STALL_S = 120.0
PROBE_WALL_S = 120.0
DERIVE_WALL_S = 24 * 3600.0
DERIVE_CPU_S = 24 * 3600

LONGEST_SOUND_MS = 48 * 3600 * 1000
MOST_PIXELS = 300_000_000
MOST_VIDEO_PIXELS = 8192 * 4320
MOST_STREAMS = 64
# What libswresample converts (SWR_CH_MAX).
MOST_CHANNELS = 64
