"""Technical metadata of an original, read in a sandboxed child process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from media import sandboxed
from media.errors import MediaRefused
from media.kinds import Kind

TIMED_GROUPS = ("sound", "video")


def probe_original(path: Path, kind: Kind) -> dict[str, Any]:
    """Return technical metadata; unreadable files are described by `problem`, not refused.

    `kind` and `pronom` name the format; `problem` is a code.
    """
    facts: dict[str, Any] = {}
    if kind.group in TIMED_GROUPS:
        try:
            facts = sandboxed.probe(path).as_json()
        except MediaRefused as refused:
            facts = {"problem": refused.code}
    warnings = [*facts.get("warnings", ()), *kind.warnings]
    return {**facts, "kind": kind.name, "pronom": kind.pronom, "warnings": warnings}
