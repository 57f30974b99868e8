"""The scripted engine does exactly what its script says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from transcription.engines.base import ModelUnreadable
from transcription.engines.scripted import SUFFIX, Scripted, ScriptedFailure

FIVE_SECONDS = np.zeros(80_000, np.float32)


def test_a_script_is_followed_call_by_call_and_then_silent(tmp_path: Path) -> None:
    script = [[[0, 900, "Dạ, tôi nhớ."], [1000, 9000, "Nhớ lắm."]], "the power is cut", []]
    (tmp_path / f"two{SUFFIX}").write_text(json.dumps(script), "utf-8")
    model = Scripted().load("two", models_dir=tmp_path)
    first = model.hear(FIVE_SECONDS, language="vi", prompt="Tên riêng")
    assert [(s.start_ms, s.end_ms, s.text) for s in first] == [
        (0, 900, "Dạ, tôi nhớ."),
        (1000, 5000, "Nhớ lắm."),
    ]
    with pytest.raises(ScriptedFailure, match="the power is cut"):
        model.hear(FIVE_SECONDS, language="vi")
    assert model.hear(FIVE_SECONDS, language="vi") == []
    assert model.hear(FIVE_SECONDS, language="vi") == []
    assert [(call[0], call[1]) for call in model.calls] == [(5000, "Tên riêng")] + [(5000, "")] * 3


def test_the_tally_depends_on_the_length_alone() -> None:
    model = Scripted().load("tally", models_dir=Path("nowhere"))
    heard = model.hear(np.zeros(16 * 12_000, np.float32), language="vi")
    assert [(s.start_ms, s.end_ms, s.text) for s in heard] == [
        (0, 4999, "Đây là câu 1."),
        (5000, 9999, "Đây là câu 2."),
        (10000, 11999, "Đây là câu 3."),
    ]


@pytest.mark.parametrize("junk", ["", "{", "[[1]]", '[[[0, "a", "b"]]]', "7"])
def test_a_torn_script_is_unreadable(tmp_path: Path, junk: str) -> None:
    (tmp_path / f"torn{SUFFIX}").write_text(junk, "utf-8")
    with pytest.raises(ModelUnreadable):
        Scripted().describe("torn", models_dir=tmp_path)
