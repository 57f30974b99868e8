"""Every operation of the editor has an inverse made of operations, restoring words and times."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.models.base import new_id
from tests.support.editor_api_client import EditorClient, assert_valid_segments

Step = dict[str, Any]

WORDS = st.sampled_from(["nước", "giếng", "chung.", "bà", "Phải,", "hẻm mình", "“nước máy”"])
KINDS = ("split", "merge", "insert", "delete", "move_boundary", "shift", "set_speaker", "replace")
NUMBERS = st.tuples(st.integers(0, 30), st.integers(0, 45), WORDS, WORDS)
Numbers = tuple[int, int, str, str]


def operation_of(rows: list[dict[str, Any]], kind: str, numbers: Numbers) -> tuple[Step, list[str]]:
    """Return the operation, and the segments whose earlier revisions its inverse may need."""
    which, number, find, put = numbers
    at = which % len(rows)
    one, other = rows[at], rows[(at + 1) % len(rows)]
    ids = [one["id"], other["id"]]
    steps: dict[str, Step] = {
        "split": {"seg": one["id"], "rev": one["rev"], "char": number, "new_id": new_id()},
        "merge": {"ids": ids, "revs": [one["rev"], other["rev"]]},
        "insert": {
            "new_id": new_id(),
            "after": one["id"],
            "start": one["end"] - 10 * (number % 3),
            "end": one["end"] + 400,
            "text": put,
            "speaker": "Cô Ba",
        },
        "delete": {"seg": one["id"], "rev": one["rev"], "reason": "thử"},
        "move_boundary": {
            "left": one["id"],
            "right": other["id"],
            "at_ms": one["start"] + 300 * number,
        },
        "shift": {"from": one["id"], "delta_ms": 100 * (number - 20)},
        "set_speaker": {"ids": ids, "speaker": "Cô Ba"},
        "replace": {
            "ids": ids,
            "find": find,
            "with": put,
            "expected": sum(s["text"].count(find) for s in (one, other)),
        },
    }
    return {"op": kind, **steps[kind]}, ids


def inverse_of(step: Step, before: dict[str, int], after: dict[str, int]) -> list[Step]:
    """Return the inverse as operations; `before` and `after` are revisions by segment."""
    changed = [one for one in before if after[one] != before[one]]
    revert = {"op": "revert", "ids": changed, "to": [before[one] for one in changed]}
    match step["op"]:
        case "split":
            return [{"op": "merge", "ids": [step["seg"], step["new_id"]]}, revert]
        case "merge":
            first, second = step["ids"]
            return [{"op": "revert", "ids": [first], "to": [before[first]], "joined": [second]}]
        case "insert":
            return [{"op": "delete", "seg": step["new_id"], "reason": ""}]
        case "shift":
            return [{**step, "delta_ms": -step["delta_ms"]}]
        case _:
            return [revert]


def segments_without_revision(editor: EditorClient) -> list[dict[str, Any]]:
    """Return all segments without revision numbers and authors."""
    items = editor.transcript()
    assert_valid_segments(items)
    hidden = ("rev", "at", "by", "by_name")
    return [{k: v for k, v in s.items() if k not in hidden} for s in items["segments"]]


def current_revisions(editor: EditorClient, ids: list[str]) -> dict[str, int]:
    """Return the current revision of each segment, ended ones included."""
    found = {}
    for one in ids:
        listed = editor.client.get(f"/api/v1/segments/{one}/revisions").get_json()
        found[one] = listed["revisions"][0]["rev"]
    return found


@settings(
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    before=st.lists(st.tuples(st.sampled_from(KINDS), NUMBERS), max_size=2),
    last=st.lists(NUMBERS, min_size=1, max_size=2),
)
@pytest.mark.parametrize("kind", KINDS)
def test_operation_and_inverse_restore_text_times_and_words(
    editor: EditorClient, kind: str, before: list[tuple[str, Numbers]], last: list[Numbers]
) -> None:
    history: list[tuple[list[dict[str, Any]], list[Step]]] = []
    for name, numbers in [*before, *((kind, one) for one in last)]:
        seen = segments_without_revision(editor)
        step, ids = operation_of(editor.transcript()["segments"], name, numbers)
        revisions = current_revisions(editor, ids)
        answer = editor.apply_operations(step)
        assert answer.status_code in (200, 422), answer.get_data(as_text=True)
        if (
            answer.status_code == 422
            or not answer.get_json()["segments"] + answer.get_json()["ended"]
        ):
            assert segments_without_revision(editor) == seen
            continue
        history.append((seen, inverse_of(step, revisions, current_revisions(editor, ids))))
    for seen, back in reversed(history):
        answer = editor.apply_operations(*with_current_revisions(editor, back))
        assert answer.status_code == 200, (back, answer.get_data(as_text=True))
        assert segments_without_revision(editor) == seen


def with_current_revisions(editor: EditorClient, steps: list[Step]) -> list[Step]:
    """Return the operations with current revisions, which a browser has from responses."""
    now: dict[str, int] = {}
    items = []
    for step in steps:
        named = step.get("ids") or [step[key] for key in ("seg",) if key in step]
        for one in named:
            now[one] = now[one] + 1 if one in now else current_revisions(editor, [one])[one]
        revs = [now[one] for one in named]
        items.append({**step, "revs": revs} if "ids" in step else {**step, "rev": sum(revs)})
    return items
