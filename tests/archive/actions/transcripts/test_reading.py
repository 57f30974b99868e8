"""What the page of an interview is made of, for each reader."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from archive.access import NotVisible, Rights
from archive.actions.transcripts import reading, versions
from archive.models import Annotation
from archive.models.base import new_id
from tests.support import sample_transcript
from tests.support.rights import rights_of_machine

RightsOf = Callable[[str | None], Rights]


def test_load_page_returns_readable_version_per_reader(db: Session, rights_of: RightsOf) -> None:
    of = sample_transcript.add_interview(db)
    assert reading.load_page(db, rights_of(None), of).withheld == ""
    version = sample_transcript.add_version(db, of)
    public = reading.load_page(db, rights_of(None), of)
    assert (public.version, public.withheld, list(public.turns)) == (None, "not_yet_approved", [])
    assert reading.load_page(db, rights_of("sam"), of).version is version
    sample_transcript.approve(db, of, version)
    following = versions.open_next(db, rights_of_machine("t"), of, version, reason="sai")
    assert reading.load_page(db, rights_of(None), of).version is version
    assert reading.load_page(db, rights_of(None), of, number=2).version is None
    assert reading.load_page(db, rights_of("sam"), of, number=2).version is following
    assert [v.number for v in reading.load_page(db, rights_of(None), of).versions] == [1]


def test_load_page_of_closed_interview_raises_not_visible(db: Session, rights_of: RightsOf) -> None:
    of = sample_transcript.add_interview(db, audience="staff")
    sample_transcript.add_approved_version(db, of)
    for name in (None, "sam"):
        with pytest.raises(NotVisible):
            reading.load_page(db, rights_of(name), of)
    assert reading.load_page(db, rights_of("cleo"), of).version is not None


def test_load_page_places_headings_at_nearest_boundary(db: Session, rights_of: RightsOf) -> None:
    of = sample_transcript.add_interview(db)
    sample_transcript.add_version(db, of)
    for start_ms, title in ((0, "Mở đầu"), (11_000, "Gánh nước"), (59_000, "Sau cùng")):
        db.add(Annotation(id=new_id(), interview_id=of.id, start_ms=start_ms, title=title))
    found = reading.load_page(db, rights_of("sam"), of)
    assert [row.turn.speaker.full for row in found.turns][:2] == [
        "Trần Minh",
        "Bà Nguyễn Thị Sen",
    ]
    assert [[h.title for h in turn.headings] for turn in found.turns] == [
        ["Mở đầu"],
        [],
        ["Gánh nước"],
        [],
        ["Sau cùng"],
    ]
    assert [a.title for a in found.contents] == ["Mở đầu", "Gánh nước", "Sau cùng"]


def test_readable_version_equals_version_of_page(db: Session, rights_of: RightsOf) -> None:
    interview = sample_transcript.add_interview(db)
    approved = sample_transcript.add_approved_version(db, interview)
    versions.open_next(db, rights_of("rob"), interview, approved, reason="tên riêng")
    for name in ("cleo", None):
        for number in (None, 1, 2, 3, 10**30):
            rights = rights_of(name)
            page = reading.load_page(db, rights, interview, number=number)
            alone = reading.readable_version(db, rights, interview, number=number)
            assert alone is page.version, (name, number)
