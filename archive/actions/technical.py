"""Technical metadata of an original, read by a child process that may die of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from media import sandboxed
from media.kinds import Kind
from media.refusals import MediaRefused

TIMED_GROUPS = ("sound", "video")


def look_into(path: Path, kind: Kind) -> dict[str, Any]:
    """What can be known without playing it; a file that cannot be opened is kept all the same.

    `kind` and `pronom` name the format; `problem` is the code of why the rest is missing.
    """
    facts: dict[str, Any] = {}
    if kind.group in TIMED_GROUPS:
        try:
            facts = sandboxed.probe(path).as_json()
        except MediaRefused as refused:
            facts = {"problem": refused.code}
    warnings = [*facts.get("warnings", ()), *kind.warnings]
    return {**facts, "kind": kind.name, "pronom": kind.pronom, "warnings": warnings}
