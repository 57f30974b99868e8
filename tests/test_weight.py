"""What the process that serves does not carry: no decoder to attack, no model to feed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEAVY = {"av", "PIL", "pillow_heif", "torch", "whisper"}
LOOK = "import json, sys, app; app.create_app(); print(json.dumps(sorted(sys.modules)))"


def test_the_web_process_opens_no_media_and_no_model(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=ROOT, check=True, capture_output=True, text=True,
        env={**os.environ, "LOIKE_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    loaded = set(json.loads(told.stdout))
    assert "archive.web.uploads" in loaded
    assert loaded & HEAVY == set()
