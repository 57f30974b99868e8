"""The web process imports no decoder and no model library."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEAVY = {"av", "PIL", "pillow_heif", "torch", "whisper"}
PRINT_MODULES = "import json, sys, app; app.create_app(); print(json.dumps(sorted(sys.modules)))"


def test_web_process_imports_no_decoder_and_no_model(tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-c", PRINT_MODULES],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "LOIKE_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
    )
    loaded = set(json.loads(process.stdout))
    assert "archive.web.holdings.uploads" in loaded
    assert loaded & HEAVY == set()
