"""Merge a submitted form with what a colleague saved while it was open.

The field `was` travels with a form: its values, as JSON, when it was opened. A change that only
one of the two made is kept; fields that both changed to different values are reported.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from archive.web.core.forms import Form


def snapshot(values: Mapping[str, str]) -> str:
    """Return the value of `was` for a form that is opened with these values."""
    return json.dumps(dict(values), ensure_ascii=False)


def merge(mine: Form, theirs: Form, names: Iterable[str]) -> tuple[Form, dict[str, str]]:
    """Return `mine` with their changes of `names`, and their values of the fields both changed.

    Only `was` and `names` are merged; the caller copies other fields of `theirs`, such as its
    revision.
    """
    was = _opened_with(mine)
    merged, conflicts = dict(mine.values), {}
    for name in names:
        my, their = mine.values.get(name, ""), theirs.values.get(name, "")
        if my == their:
            continue
        if my == was.get(name):
            merged[name] = their
        elif their != was.get(name):
            conflicts[name] = their
    merged["was"] = theirs.values["was"]
    return Form(merged, dict(mine.problems)), conflicts


def _opened_with(form: Form) -> dict[str, Any]:
    try:
        found = json.loads(form.values.get("was", ""))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
