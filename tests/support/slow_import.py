"""A task of the sandbox whose import takes the seconds of TEST_IMPORT_S."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

threading.Event().wait(float(os.environ["TEST_IMPORT_S"]))


def finish(args: dict[str, Any], progress: Callable[..., None]) -> dict[str, Any]:
    """Return at once."""
    return {"finished": True}
