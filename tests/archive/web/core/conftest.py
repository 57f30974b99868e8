"""Fixtures for pages whose readers meet a rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from archive.access import Actor, ReaderAction, Rights, rights_today
from archive.settings import Settings
from tests.support.rights import ClosedUntil

CloseByRule = Callable[..., ClosedUntil]


@pytest.fixture
def close(monkeypatch: pytest.MonkeyPatch) -> CloseByRule:
    """Make a rule hold in every request: `about` is closed to all but staff for these actions."""

    def with_rule(
        about: str, *actions: ReaderAction, span_ms: tuple[int, int] | None = None
    ) -> ClosedUntil:
        rule = ClosedUntil(
            about=about,
            admits="staff",
            actions=frozenset(actions),
            opens=date.max,
            span_ms=span_ms,
        )

        def rights(actor: Actor, settings: Settings) -> Rights:
            return replace(rights_today(actor, settings), rules=(rule,))

        monkeypatch.setattr("archive.web.core.current.rights_today", rights)
        return rule

    return with_rule
