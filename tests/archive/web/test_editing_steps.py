"""Lists of steps that cannot be done: refused with their field, and nothing is changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from archive.db import Database
from archive.models.base import new_id
from tests import spoken
from tests.archive.web.editing_desk import Desk

ClientOf = Callable[[str | None], FlaskClient]


@pytest.fixture
def desk(database: Database, client_of: ClientOf) -> Desk:
    client = client_of("cleo")
    with database.writing() as db:
        version = spoken.version(db, spoken.interview(db))
        return Desk(client, version.id, [s.id for s in version.segments])


@pytest.mark.parametrize(
    "step",
    [
        None, 5, "split", [], {}, {"op": "explode"}, {"op": ["split"]},
        {"op": "split"}, {"op": "split", "seg": "\ud800", "rev": 1, "char": 3, "new_id": "x"},
        {"op": "split", "seg": "S", "rev": 1, "char": 10**30, "new_id": "N"},
        {"op": "split", "seg": "S", "rev": 1, "char": 0, "new_id": "N"},
        {"op": "split", "seg": "S", "rev": 1, "char": 8, "new_id": "not an id"},
        {"op": "split", "seg": "S", "rev": 1, "char": 8, "new_id": "S"},
        {"op": "split", "seg": "S", "rev": 1, "char": 8, "at_ms": -1, "new_id": "N"},
        {"op": "merge", "ids": "S", "revs": [1, 1]}, {"op": "merge", "ids": ["S"], "revs": [1]},
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
        {"op": "insert", "new_id": "N", "after": "S", "start": 20_000, "end": 20_100,
         "text": "a", "recording": "N"},
        {"op": "insert", "new_id": "N", "after": "S", "start": 20_000, "end": 20_100,
         "text": "a " * 20_000},
        {"op": "move_boundary"}, {"op": "move_boundary", "left": "S", "right": "S", "at_ms": 5},
        {"op": "move_boundary", "left": "S", "right": "T", "at_ms": 1.5},
        {"op": "move_boundary", "left": "T", "right": "S", "at_ms": 20_000},
        {"op": "shift"}, {"op": "shift", "from": None, "delta_ms": 5},
        {"op": "shift", "from": "S", "delta_ms": "5"}, {"op": "shift", "from": 0, "delta_ms": -1},
        {"op": "shift", "from": 99_000, "delta_ms": 1}, {"op": "shift", "from": "x", "delta_ms": 1},
        {"op": "shift", "from": 0, "delta_ms": 1, "recording": "N"},
        {"op": "shift", "from": 0, "delta_ms": 2**31 - 1},
        {"op": "replace"}, {"op": "replace", "find": "", "with": "a", "ids": ["S"], "expected": 0},
        {"op": "replace", "find": " \u200b\u0000 ", "with": "", "ids": ["S"], "expected": 0},
        {"op": "replace", "find": ".*", "with": "a", "ids": ["S"], "expected": 1},
        {"op": "replace", "find": "nước", "with": "a", "ids": ["S"], "expected": 2},
        {"op": "replace", "find": "nước", "with": "a" * 30_000, "ids": ["S"], "expected": 1},
        {"op": "replace", "find": "nước", "with": "a", "ids": [], "expected": 0},
        {"op": "revert"}, {"op": "revert", "ids": ["S"], "revs": [1], "to": []},
        {"op": "revert", "ids": ["S"], "revs": [1], "to": [2]},
        {"op": "revert", "ids": ["S"], "revs": [1], "to": [-1]},
        {"op": "revert", "ids": ["S"], "revs": [1, 1], "to": [1]},
        {"op": "revert", "ids": ["S"], "revs": [1], "to": [1], "joined": ["T"]},
        {"op": "revert", "ids": ["S"], "revs": [1], "to": [1], "joined": "T"},
    ],
    ids=str,
)  # fmt: skip
def test_steps_that_cannot_be_done_undo_the_whole_list(desk: Desk, step: Any) -> None:
    ids = {"S": desk.ids[2], "T": desk.ids[3], "N": new_id()}

    def named(value: Any) -> Any:
        if isinstance(value, list):
            return [named(v) for v in value]
        return ids.get(value, value) if isinstance(value, str) else value

    if isinstance(step, dict):
        step = {name: named(value) for name, value in step.items()}
    before = desk.read()
    done = {"op": "delete", "seg": desk.ids[4], "rev": 1, "reason": "thừa"}
    answer = desk.operate(done, step)
    assert answer.status_code == 422, answer.get_data(as_text=True)
    assert desk.read() == before


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
def test_a_step_on_another_state_is_not_done_and_told_the_present_one(
    desk: Desk, step: dict[str, Any]
) -> None:
    """As it lies in the archive: not as an earlier step of the same list would have left it."""
    ids = {"S": desk.ids[2], "T": desk.ids[3]}
    step = {k: ids.get(v, v) if isinstance(v, str) else v for k, v in step.items()}
    step["ids"] = [ids[name] for name in step.get("ids", [])]
    before = desk.read()
    named = {"op": "set_speaker", "ids": [desk.ids[2]], "speaker": "Cô Ba"}
    key = new_id()
    answer = desk.operate(named, step, key=key)
    told = answer.get_json()
    assert (answer.status_code, told["error"]) == (412, "stale")
    assert told["theirs"] == before["segments"][2]
    assert desk.read() == before
    # The key was not used up: nothing was done under it.
    assert desk.operate(named, key=key).status_code == 200


@pytest.mark.parametrize("listed", [None, {}, "x", [], [{}] * 501])
def test_lists_of_steps_that_are_none(desk: Desk, listed: Any) -> None:
    answer = desk.client.post(
        f"/api/v1/transcripts/{desk.version}/ops", json={"ops": listed},
        headers={"Idempotency-Key": new_id()},
    )  # fmt: skip
    assert (answer.status_code, answer.get_json()["field"]) == (422, "ops")
