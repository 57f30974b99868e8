"""Every step of the editor has a way back that is made of steps, to the very words and times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.db import Database
from archive.models.base import new_id
from tests import spoken
from tests.archive.web.editing_desk import Desk, check_sound

Step = dict[str, Any]

WORDS = st.sampled_from(["nước", "giếng", "chung.", "bà", "Phải,", "hẻm mình", "“nước máy”"])
KINDS = ("split", "merge", "insert", "delete", "move_boundary", "shift", "set_speaker", "replace")
NUMBERS = st.tuples(st.integers(0, 30), st.integers(0, 45), WORDS, WORDS)
Numbers = tuple[int, int, str, str]


@pytest.fixture
def desk(database: Database, client_of: Callable[[str | None], FlaskClient]) -> Desk:
    client = client_of("cleo")
    with database.writing() as db:
        version = spoken.version(db, spoken.interview(db))
        return Desk(client, version.id, [s.id for s in version.segments])


def step_of(told: list[dict[str, Any]], kind: str, numbers: Numbers) -> tuple[Step, list[str]]:
    """The step, and the segments whose earlier states its way back may need."""
    which, number, find, put = numbers
    at = which % len(told)
    one, other = told[at], told[(at + 1) % len(told)]
    ids = [one["id"], other["id"]]
    steps: dict[str, Step] = {
        "split": {"seg": one["id"], "rev": one["rev"], "char": number, "new_id": new_id()},
        "merge": {"ids": ids, "revs": [one["rev"], other["rev"]]},
        "insert": {
            "new_id": new_id(), "after": one["id"], "start": one["end"] - 10 * (number % 3),
            "end": one["end"] + 400, "text": put, "speaker": "Cô Ba",
        },
        "delete": {"seg": one["id"], "rev": one["rev"], "reason": "thử"},
        "move_boundary": {
            "left": one["id"], "right": other["id"], "at_ms": one["start"] + 300 * number,
        },
        "shift": {"from": one["id"], "delta_ms": 100 * (number - 20)},
        "set_speaker": {"ids": ids, "speaker": "Cô Ba"},
        "replace": {
            "ids": ids, "find": find, "with": put,
            "expected": sum(s["text"].count(find) for s in (one, other)),
        },
    }  # fmt: skip
    return {"op": kind, **steps[kind]}, ids


def way_back(step: Step, before: dict[str, int], after: dict[str, int]) -> list[Step]:
    """Made of steps only; `before` and `after` are revisions by segment."""
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


def shown(desk: Desk) -> list[dict[str, Any]]:
    """What a person sees and hears: everything but numbers of revisions and who did it."""
    told = desk.read()
    check_sound(told)
    hidden = ("rev", "at", "by", "by_name")
    return [{k: v for k, v in s.items() if k not in hidden} for s in told["segments"]]


def known(desk: Desk, ids: list[str]) -> dict[str, int]:
    """The newest revision of each, of ended ones too."""
    found = {}
    for one in ids:
        listed = desk.client.get(f"/api/v1/segments/{one}/revisions").get_json()
        found[one] = listed["revisions"][0]["rev"]
    return found


@settings(
    max_examples=8, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(
    before=st.lists(st.tuples(st.sampled_from(KINDS), NUMBERS), max_size=2),
    last=st.lists(NUMBERS, min_size=1, max_size=2),
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_step_and_its_way_back_restore_text_times_and_words(
    desk: Desk, kind: str, before: list[tuple[str, Numbers]], last: list[Numbers]
) -> None:
    history: list[tuple[list[dict[str, Any]], list[Step]]] = []
    for name, numbers in [*before, *((kind, one) for one in last)]:
        seen = shown(desk)
        step, ids = step_of(desk.read()["segments"], name, numbers)
        revisions = known(desk, ids)
        answer = desk.operate(step)
        assert answer.status_code in (200, 422), answer.get_data(as_text=True)
        if (
            answer.status_code == 422
            or not answer.get_json()["segments"] + answer.get_json()["ended"]
        ):
            assert shown(desk) == seen
            continue
        history.append((seen, way_back(step, revisions, known(desk, ids))))
    for seen, back in reversed(history):
        answer = desk.operate(*knowing(desk, back))
        assert answer.status_code == 200, (back, answer.get_data(as_text=True))
        assert shown(desk) == seen


def knowing(desk: Desk, steps: list[Step]) -> list[Step]:
    """The steps with the revisions of now, which a browser knows from the answers."""
    now: dict[str, int] = {}
    told = []
    for step in steps:
        named = step.get("ids") or [step[key] for key in ("seg",) if key in step]
        for one in named:
            now[one] = now[one] + 1 if one in now else known(desk, [one])[one]
        revs = [now[one] for one in named]
        told.append({**step, "revs": revs} if "ids" in step else {**step, "rev": sum(revs)})
    return told
