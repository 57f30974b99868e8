"""Invalid lists of operations are refused with their field and change nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from archive.models.base import new_id
from tests.support.editor_api_client import EditorClient

ClientOf = Callable[[str | None], FlaskClient]


@pytest.mark.parametrize(
    "step",
    [
        None,
        5,
        "split",
        [],
        {},
        {"op": "explode"},
        {"op": ["split"]},
        {"op": "split"},
        {"op": "split", "seg": "\ud800", "rev": 1, "char": 3, "new_id": "x"},
        {"op": "split", "seg": "S", "rev": 1, "char": 10**30, "new_id": "N"},
        {"op": "split", "seg": "S", "rev": 1, "char": 0, "new_id": "N"},
        {"op": "split", "seg": "S", "rev": 1, "char": 8, "new_id": "not an id"},
        {"op": "split", "seg": "S", "rev": 1, "char": 8, "new_id": "S"},
        {"op": "split", "seg": "S", "rev": 1, "char": 8, "at_ms": -1, "new_id": "N"},
        {"op": "merge", "ids": "S", "revs": [1, 1]},
        {"op": "merge", "ids": ["S"], "revs": [1]},
        {"op": "merge", "ids": ["S", "S"], "revs": [1, 1]},
        {"op": "merge", "ids": [None, {}], "revs": [1, 1]},
        {"op": "delete", "seg": "S", "rev": 1},
        {"op": "set_speaker", "ids": [], "speaker": "A"},
        {"op": "set_speaker", "ids": ["S"], "speaker": None},
        {"op": "insert", "new_id": "N", "after": "S", "start": 1, "end": 2},
        {"op": "insert", "new_id": "S", "after": "S", "start": 20_000, "end": 20_100, "text": "a"},
        {"op": "insert", "new_id": "n" * 26, "after": None, "start": 0, "end": 9, "text": "a"},
        {"op": "insert", "new_id": "N", "after": 7, "start": 0, "end": 9, "text": "a"},
        {"op": "insert", "new_id": "N", "after": "S", "start": 0, "end": 2**31, "text": "a"},
        {"op": "insert", "new_id": "N", "after": "S", "start": 20_000, "end": 20_100, "text": " "},
        {
            "op": "insert",
            "new_id": "N",
            "after": "S",
            "start": 20_000,
            "end": 20_100,
            "text": "a",
            "recording": "N",
        },
        {
            "op": "insert",
            "new_id": "N",
            "after": "S",
            "start": 20_000,
            "end": 20_100,
            "text": "a " * 20_000,
        },
        {"op": "move_boundary"},
        {"op": "move_boundary", "left": "S", "right": "S", "at_ms": 5},
        {"op": "move_boundary", "left": "S", "right": "T", "at_ms": 1.5},
        {"op": "move_boundary", "left": "T", "right": "S", "at_ms": 20_000},
        {"op": "shift"},
        {"op": "shift", "from": None, "delta_ms": 5},
        {"op": "shift", "from": "S", "delta_ms": "5"},
        {"op": "shift", "from": 0, "delta_ms": -1},
        {"op": "shift", "from": 99_000, "delta_ms": 1},
        {"op": "shift", "from": "x", "delta_ms": 1},
        {"op": "shift", "from": 0, "delta_ms": 1, "recording": "N"},
        {"op": "shift", "from": 0, "delta_ms": 2**31 - 1},
        {"op": "replace"},
        {"op": "replace", "find": "", "with": "a", "ids": ["S"], "expected": 0},
        {"op": "replace", "find": " \u200b\u0000 ", "with": "", "ids": ["S"], "expected": 0},
        {"op": "replace", "find": ".*", "with": "a", "ids": ["S"], "expected": 1},
        {"op": "replace", "find": "nước", "with": "a", "ids": ["S"], "expected": 2},
        {"op": "replace", "find": "nước", "with": "a" * 30_000, "ids": ["S"], "expected": 1},
        {"op": "replace", "find": "nước", "with": "a", "ids": [], "expected": 0},
        {"op": "revert"},
        {"op": "revert", "ids": ["S"], "revs": [1], "to": []},
        {"op": "revert", "ids": ["S"], "revs": [1], "to": [2]},
        {"op": "revert", "ids": ["S"], "revs": [1], "to": [-1]},
        {"op": "revert", "ids": ["S"], "revs": [1, 1], "to": [1]},
        {"op": "revert", "ids": ["S"], "revs": [1], "to": [1], "joined": ["T"]},
        {"op": "revert", "ids": ["S"], "revs": [1], "to": [1], "joined": "T"},
    ],
    ids=str,
)
def test_impossible_operation_undoes_the_whole_list(editor: EditorClient, step: Any) -> None:
    ids = {"S": editor.ids[2], "T": editor.ids[3], "N": new_id()}

    def named(value: Any) -> Any:
        if isinstance(value, list):
            return [named(v) for v in value]
        return ids.get(value, value) if isinstance(value, str) else value

    if isinstance(step, dict):
        step = {name: named(value) for name, value in step.items()}
    before = editor.transcript()
    done = {"op": "delete", "seg": editor.ids[4], "rev": 1, "reason": "thừa"}
    answer = editor.apply_operations(done, step)
    assert answer.status_code == 422, answer.get_data(as_text=True)
    assert editor.transcript() == before


@pytest.mark.parametrize(
    "step",
    [
        {"op": "split", "seg": "S", "rev": 9, "char": 8, "new_id": "01JDEXAMPZE000000000000NEW"},
        {"op": "merge", "ids": ["S", "T"], "revs": [9, 1]},
        {"op": "delete", "seg": "S", "rev": 9, "reason": ""},
        {"op": "revert", "ids": ["S"], "revs": [-1], "to": [1]},
    ],
    ids=lambda step: step["op"],
)
def test_stale_operation_is_refused_with_current_state(
    editor: EditorClient, step: dict[str, Any]
) -> None:
    """As it lies in the archive: not as an earlier step of the same list would have left it."""
    ids = {"S": editor.ids[2], "T": editor.ids[3]}
    step = {k: ids.get(v, v) if isinstance(v, str) else v for k, v in step.items()}
    step["ids"] = [ids[name] for name in step.get("ids", [])]
    before = editor.transcript()
    named = {"op": "set_speaker", "ids": [editor.ids[2]], "speaker": "Cô Ba"}
    key = new_id()
    answer = editor.apply_operations(named, step, key=key)
    error = answer.get_json()
    assert (answer.status_code, error["error"]) == (412, "stale")
    assert error["theirs"] == before["segments"][2]
    assert editor.transcript() == before
    # The key was not used up: nothing was done under it.
    assert editor.apply_operations(named, key=key).status_code == 200


@pytest.mark.parametrize("listed", [None, {}, "x", [], [{}] * 501])
def test_invalid_list_of_operations_is_refused(editor: EditorClient, listed: Any) -> None:
    answer = editor.client.post(
        f"/api/v1/transcripts/{editor.version}/ops",
        json={"ops": listed},
        headers={"Idempotency-Key": new_id()},
    )
    assert (answer.status_code, answer.get_json()["field"]) == (422, "ops")
