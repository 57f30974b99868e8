"""The drawing in docs/architecture.md is the one that the imports give today."""

from __future__ import annotations

from tools import import_graph


def test_drawing_is_up_to_date() -> None:
    assert import_graph.PAGE.read_text(encoding="utf-8") == import_graph.render_page(), (
        "run: python -m tools.import_graph"
    )
