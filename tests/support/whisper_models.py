"""Location of recorded speech for optional tests; it may not be stored in the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DEFAULT_FOLDER = Path(__file__).parents[3] / "shared" / "samples"
FOLDER = Path(os.environ.get("LOIKE_TEST_SPEECH") or DEFAULT_FOLDER)
JFK = FOLDER / "jfk.flac"

needs_real_speech = pytest.mark.skipif(
    not JFK.is_file(),
    reason="no real speech: LOIKE_TEST_SPEECH or ../shared/samples holds no jfk.flac",
)
