"""Details of events: fields that the kind lacks, and values of another type, are refused."""

from __future__ import annotations

from typing import Any

import pytest

from archive.audit import details
from archive.audit.details import DETAILS, UnfitDetail
from archive.models.vocabulary import EVENT_KINDS, EventKind
from tests.support.events import details_of


def test_every_kind_has_details() -> None:
    assert set(DETAILS) == set(EVENT_KINDS)


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_details_of_the_kind_are_accepted(kind: EventKind) -> None:
    details.require_fitting(kind, details_of(kind))


@pytest.mark.parametrize(
    ("kind", "changes", "fault"),
    [
        ("account.opened", {"role": "manager"}, "role is 'manager'"),
        ("account.opened", {"witnesss": []}, "witnesss is not a field"),
        ("file.refused", {"size_bytes": "12"}, "size_bytes is '12'"),
        ("file.refused", {"size_bytes": True}, "size_bytes is True"),
        ("sample.removed", {"kept": [1]}, r"kept is \[1\]"),
        ("account.described", {"name": "Lan"}, "name has no fields"),
        ("account.described", {"name": {"before": "Lan"}}, "name.after is missing"),
        (
            "interview.described",
            {"people": {"witnesss": {"before": [], "after": []}}},
            "people.witnesss is not a field",
        ),
    ],
)
def test_other_details_are_refused(kind: EventKind, changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(UnfitDetail, match=fault):
        details.require_fitting(kind, {**details_of(kind), **changes})


@pytest.mark.parametrize("kind", [kind for kind in EVENT_KINDS if DETAILS[kind]])
def test_missing_details_are_refused(kind: EventKind) -> None:
    whole = details_of(kind)
    for name in whole:
        with pytest.raises(UnfitDetail, match=f"{name} is missing"):
            details.require_fitting(
                kind, {key: value for key, value in whole.items() if key != name}
            )
