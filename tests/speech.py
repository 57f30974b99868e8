"""Where real speech lies, for tests that are extra: it is not ours to keep in the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

BESIDE = Path(__file__).parent.parent.parent / "shared" / "samples"
FOLDER = Path(os.environ.get("LOIKE_TEST_SPEECH") or BESIDE)
JFK = FOLDER / "jfk.flac"

needs_real_speech = pytest.mark.skipif(
    not JFK.is_file(),
    reason="no real speech: LOIKE_TEST_SPEECH or ../shared/samples holds no jfk.flac",
)
