"""A task of the sandbox whose import ends when the pipe TEST_IMPORT_PIPE is opened for writing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

Path(os.environ["TEST_IMPORT_PIPE"]).read_bytes()


def finish(args: dict[str, Any], progress: Callable[..., None]) -> dict[str, Any]:
    """Return at once."""
    return {"finished": True}
