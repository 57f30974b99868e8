"""The scripted engine returns exactly its script."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from transcription.engines.base import ModelUnreadable
from transcription.engines.scripted import SUFFIX, ScriptedEngine, ScriptedFailure

FIVE_SECONDS = np.zeros(80_000, np.float32)


def test_scripted_model_returns_entries_then_nothing(tmp_path: Path) -> None:
    script = [[[0, 900, "Dạ, tôi nhớ."], [1000, 9000, "Nhớ lắm."]], "the power is cut", []]
    (tmp_path / f"two{SUFFIX}").write_text(json.dumps(script), "utf-8")
    model = ScriptedEngine().load("two", models_dir=tmp_path)
    first = model.transcribe(FIVE_SECONDS, language="vi", prompt="Tên riêng")
    assert [(s.start_ms, s.end_ms, s.text) for s in first] == [
        (0, 900, "Dạ, tôi nhớ."),
        (1000, 5000, "Nhớ lắm."),
    ]
    with pytest.raises(ScriptedFailure, match="the power is cut"):
        model.transcribe(FIVE_SECONDS, language="vi")
    assert model.transcribe(FIVE_SECONDS, language="vi") == []
    assert model.transcribe(FIVE_SECONDS, language="vi") == []
    assert [(call[0], call[1]) for call in model.calls] == [(5000, "Tên riêng")] + [(5000, "")] * 3


def test_tally_depends_on_the_length_only() -> None:
    model = ScriptedEngine().load("tally", models_dir=Path("nowhere"))
    segments = model.transcribe(np.zeros(16 * 12_000, np.float32), language="vi")
    assert [(s.start_ms, s.end_ms, s.text) for s in segments] == [
        (0, 4999, "Đây là câu 1."),
        (5000, 9999, "Đây là câu 2."),
        (10000, 11999, "Đây là câu 3."),
    ]


@pytest.mark.parametrize("junk", ["", "{", "[[1]]", '[[[0, "a", "b"]]]', "7"])
def test_load_of_damaged_script_raises_model_unreadable(tmp_path: Path, junk: str) -> None:
    (tmp_path / f"torn{SUFFIX}").write_text(junk, "utf-8")
    with pytest.raises(ModelUnreadable):
        ScriptedEngine().model_info("torn", models_dir=tmp_path)
