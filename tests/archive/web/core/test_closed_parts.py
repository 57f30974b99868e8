"""A rule about a time or one recording closes it in contents, citations, quotes and lists."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient

from archive.access import Rights, Scope
from archive.actions.discovery import home
from archive.actions.holdings import playback
from archive.actions.rights import explanations
from archive.actions.transcripts import rendition
from archive.models import (
    Annotation,
    Contribution,
    Interview,
    Job,
    MediaFile,
    Person,
    Recording,
    Segment,
    TranscriptVersion,
)
from archive.models.base import utc_now
from archive.toolbox import Toolbox
from tests.archive.web.core.conftest import CloseByRule
from tests.support import sample_transcript
from tests.support.cli_runner import CliRunner
from tests.support.rights import rights_of_machine, rights_of_role

ClientOf = Callable[[str | None], FlaskClient]
PAGE = "/en/interviews/LK-1"
CLOSED_MS = (12_000, 20_000)


@pytest.fixture
def recordings(toolbox: Toolbox) -> list[str]:
    """The ids of the two recordings of a public interview; the second has a text of its own."""
    with toolbox.database.writing() as db:
        interview = sample_transcript.add_interview(db)
        db.add(Recording(interview_id=interview.id, part=2, duration_ms=3_600_000))
        db.flush()
        db.expire(interview)
        first, second = (recording.id for recording in interview.recordings)
        version = sample_transcript.add_approved_version(db, interview)
        gone = Person(full_name="Lê Ẩn", given_name="Ẩn", sort_key="an")
        db.add(gone)
        db.flush()
        removed = Contribution(
            interview_id=interview.id, person_id=gone.id, role="witness", removed_at=utc_now()
        )
        db.add(removed)
        db.flush()
        for segment in version.segments:
            segment.recording_id = first
        version.segments[-1].recording_id = second
        version.segments[-1].contribution_id = removed.id
        for start_ms, title in ((1_000, "Mục mở"), (13_000, "Mục kín")):
            db.add(
                Annotation(
                    interview_id=interview.id,
                    recording_id=first,
                    kind="index_point",
                    start_ms=start_ms,
                    title=title,
                )
            )
    return [first, second]


def without_chance(page: str, part: str) -> str:
    """Return a page without its nonces and the number of the part in its address."""
    return re.sub(r'nonce="[^"]*"|name="csrf.token"[^>]*|part(=|%3D)' + part, "", page)


def test_contents_of_a_time_that_is_closed_are_not_listed(
    recordings: list[str], close: CloseByRule, client_of: ClientOf
) -> None:
    assert "Mục kín" in client_of(None).get(PAGE).get_data(as_text=True)
    close(recordings[0], "know", span_ms=CLOSED_MS)
    page = client_of(None).get(PAGE).get_data(as_text=True)
    assert ("Mục mở" in page, "Mục kín" in page) == (True, False)


def test_each_recording_has_a_heading_on_the_page_and_in_the_contents(
    recordings: list[str], toolbox: Toolbox, close: CloseByRule, client_of: ClientOf
) -> None:
    with toolbox.database.writing() as db:
        for point in db.query(Annotation).filter_by(title="Mục kín"):
            point.recording_id = recordings[1]
    heading = re.compile(r'<h2 class="part-heading" lang="en">(.*?)</h2>')
    listed = re.compile(r'<li class="contents-list__part">(.*?)</li>')
    page = client_of(None).get(PAGE).get_data(as_text=True)
    assert heading.findall(page) == ["Part 1 – length 00:01:00", "Part 2 – length 01:00:00"]
    assert listed.findall(page) == ["Part 1", "Part 2"]
    second = page.index("Part 2 – length")
    assert page.index("gánh nước") < second < page.index("đồng hồ nước")
    cited = client_of(None).get(f"{PAGE}?t=24-34&part=2").get_data(as_text=True)
    scope = re.search(r"data-cite-scope>(.*?)</p>", cited, re.DOTALL)
    assert scope is not None
    words = " ".join(re.sub("<[^>]*>", "", scope[1]).split())
    assert words == "Part 2 · The passage from 00:00:24 to 00:00:34"
    close(recordings[1], "know")
    page = client_of(None).get(PAGE).get_data(as_text=True)
    assert heading.findall(page) == []
    assert "Part 2" not in page


def test_a_recording_with_a_closed_time_keeps_its_part_in_heading_contents_and_citation(
    recordings: list[str], toolbox: Toolbox, close: CloseByRule, client_of: ClientOf
) -> None:
    with toolbox.database.writing() as db:
        for point in db.query(Annotation):
            point.recording_id = recordings[1]
    close(recordings[1], "know", span_ms=CLOSED_MS)
    public = client_of(None)
    page = public.get(PAGE).text
    assert ("đồng hồ nước" in page, "Part 2 – length 01:00:00" in page) == (True, True)
    assert ("Mục mở" in page, "Mục kín" in page) == (True, False)
    assert '?t=1&amp;part=2" data-seek="1000" data-of="2"' in page
    assert "Part 2 is not open to listeners now." in page
    statuses = [public.get(f"{PAGE}/cite?t={t}&part=2").status_code for t in ("24-34", "13-15")]
    assert statuses == [200, 404]
    assert "part 2, " in public.get(f"{PAGE}/cite?t=24-34&part=2").text
    assert "1 hour" in public.get("/en/interviews").text


@pytest.mark.parametrize(("action", "status"), [("know", 404), ("quote", 403)])
def test_a_time_that_is_closed_is_not_cited(
    recordings: list[str],
    close: CloseByRule,
    client_of: ClientOf,
    action: str,
    status: int,
) -> None:
    close(recordings[0], action, span_ms=CLOSED_MS)
    public, queries = client_of(None), ("?t=13-15", "?t=1-3", "")
    statuses = [public.get(f"{PAGE}/cite{query}").status_code for query in queries]
    assert statuses == [status, 200, 200]
    box = ["data-citation" in public.get(PAGE + query).text for query in queries]
    assert box == [False, True, True]


@pytest.mark.parametrize("action", ["read", "quote"])
def test_explanations_of_a_closed_time_agree_with_its_page(
    recordings: list[str],
    close: CloseByRule,
    client_of: ClientOf,
    toolbox: Toolbox,
    monkeypatch: pytest.MonkeyPatch,
    action: str,
) -> None:
    rule = close(recordings[0], action, span_ms=CLOSED_MS)
    rights_as = explanations.rights_as

    def with_rule(*args: Any, **kwargs: Any) -> Rights:
        return replace(rights_as(*args, **kwargs), rules=(rule,))

    monkeypatch.setattr(explanations, "rights_as", with_rule)
    public = client_of(None)
    assert public.get(f"{PAGE}/cite?t=1-3").status_code == 200
    name = {"read": "Read the transcript", "quote": "Get a citation"}[action]
    page = client_of("ada").get(f"{PAGE}/rights").text
    assert f"{name}: part 1, from 00:00:12 to 00:00:20" in page
    assert f"{name}: part 1<" not in page
    printed = CliRunner(client_of(None).application).output("access", "explain", "LK-1")
    assert f"{action} (part 1, 00:00:12–00:00:20) no  closed" in printed


def test_a_time_that_is_closed_to_quoting_is_not_on_the_front_page(
    recordings: list[str], close: CloseByRule, toolbox: Toolbox
) -> None:
    rule = close(recordings[0], "quote", span_ms=(0, 60_000))
    public = rights_of_role("", public_states=frozenset({"approved"}))
    with toolbox.database.writing() as db:
        for segment in db.query(Segment).filter_by(recording_id=recordings[0]):
            segment.text = "Hồi đó hẻm tôi có cái giếng chung, sáng nào mấy bà cũng ra gánh nước."
    with toolbox.database.reading() as db:
        assert home.daily_quotes(db, public, date(2026, 12, 1))
        assert home.daily_quotes(db, replace(public, rules=(rule,)), date(2026, 12, 1)) == []


@pytest.mark.parametrize("action", ["know", "hear"])
def test_a_recording_with_a_closed_time_is_not_heard(
    recordings: list[str],
    close: CloseByRule,
    toolbox: Toolbox,
    client_of: ClientOf,
    action: str,
) -> None:
    with toolbox.database.writing() as db:
        interview = db.query(Interview).one()
        file = MediaFile(
            interview_id=interview.id, recording_id=recordings[0], role="access", path="a.m4a"
        )
        db.add(file)
        db.flush()
        file_id = file.id
    close(recordings[0], action, span_ms=CLOSED_MS)
    assert client_of(None).get(f"/media/{file_id}").status_code == 403


def test_an_unknown_recording_is_nowhere_counted_or_named(
    recordings: list[str], close: CloseByRule, client_of: ClientOf
) -> None:
    public = client_of(None)
    assert "1 hour" in public.get("/en/interviews").text
    assert "Lê Ẩn" in public.get(PAGE).text
    close(recordings[1], "know")
    assert "1 hour" not in public.get("/en/interviews").text
    first = public.get(f"{PAGE}?t=1-3").text
    assert "data-citation" in first
    assert "Lê Ẩn" not in first
    cited = str(public.get(f"{PAGE}/cite?t=1-3").json)
    assert "Lê Ẩn" not in cited
    assert "phần 1" not in cited
    second, third = (public.get(f"{PAGE}?t=1-3&part={part}").text for part in (2, 3))
    assert without_chance(second, "2") == without_chance(third, "3")
    assert [public.get(f"{PAGE}/cite?t=1-3&part={n}").status_code for n in (2, 3)] == [404, 404]


def test_label_counts_the_segments_of_open_times(
    recordings: list[str], close: CloseByRule, client_of: ClientOf, toolbox: Toolbox
) -> None:
    with toolbox.database.writing() as db:
        for segment in db.query(Segment):
            segment.state = "machine"

    def label_and_segments() -> tuple[str, int]:
        answer = client_of(None).get(f"{PAGE}/words").json or {}
        return answer["label"], len(answer["segments"])

    label, segments = label_and_segments()
    assert ("5 of 5 segments" in label, segments) == (True, 5)
    close(recordings[0], "know", span_ms=CLOSED_MS)
    label, segments = label_and_segments()
    assert 1 < segments < 5
    assert f"{segments} of {segments} segments" in label


def test_contents_of_a_recording_that_may_not_be_heard_keep_their_part(
    recordings: list[str], close: CloseByRule, client_of: ClientOf, toolbox: Toolbox
) -> None:
    with toolbox.database.writing() as db:
        for point in db.query(Annotation):
            point.recording_id = recordings[1]
    close(recordings[1], "hear")
    assert '?t=13&amp;part=2" data-seek="13000" data-of="2"' in client_of(None).get(PAGE).text


def test_times_of_the_interviewer_are_closed_with_the_words(
    recordings: list[str], close: CloseByRule, toolbox: Toolbox
) -> None:
    rule = close(recordings[0], "read")
    public = rights_of_role("", public_states=frozenset({"approved"}))
    with toolbox.database.reading() as db:
        interviews = db.query(Interview).all()
        assert playback.interviewer_spans(db, public, interviews)
        closed = replace(public, rules=(rule,))
        assert playback.interviewer_spans(db, closed, interviews) == {}


def test_a_hidden_span_with_a_recording_of_another_interview_hides_its_time_everywhere(
    recordings: list[str], toolbox: Toolbox
) -> None:
    with toolbox.database.writing() as db:
        interview = db.query(Interview).one()
        other = sample_transcript.add_interview(db, "LK-2")
        db.add(
            Annotation(
                interview_id=interview.id,
                recording_id=other.recordings[0].id,
                kind="redaction",
                start_ms=CLOSED_MS[0],
                end_ms=CLOSED_MS[1],
                title="",
            )
        )
        db.flush()
        version = db.query(TranscriptVersion).one()
        turns = rendition.for_reader(db, rights_of_machine("test"), interview, version).turns
    assert [turn.is_redacted for turn in turns] == [False, False, True, False, False]


def test_citation_of_a_closed_passage_leaves_out_whether_it_was_heard(
    recordings: list[str], toolbox: Toolbox, close: CloseByRule, client_of: ClientOf
) -> None:
    def cited() -> str:
        found: str = client_of(None).get(f"{PAGE}/cite?t=20-24").json["chicago"]  # type: ignore[index]
        return found

    with toolbox.database.writing() as db:
        version = db.query(TranscriptVersion).one()
        version.segments[3].state = "edited"
    assert "this passage not checked" in cited()
    close(recordings[0], "read", span_ms=(20_500, 23_500))
    assert "this passage not checked" not in cited()


def test_a_scope_takes_nothing_of_another_owner(recordings: list[str], toolbox: Toolbox) -> None:
    with toolbox.database.writing() as db:
        interview = db.query(Interview).one()
        other = sample_transcript.add_interview(db, "LK-2")
        file = MediaFile(
            interview_id=interview.id, recording_id=recordings[0], role="access", path="a.m4a"
        )
        damaged = MediaFile(
            interview_id=interview.id, recording_id=other.recordings[0].id, role="access"
        )
        with pytest.raises(ValueError, match="recording belongs to another"):
            Scope(interview, recording_id=other.recordings[0].id)
        with pytest.raises(ValueError, match="recording belongs to another"):
            Scope(interview, damaged)
        with pytest.raises(ValueError, match="of another recording"):
            Scope(interview, file, recording_id=recordings[1])
        with pytest.raises(ValueError, match="is needed"):
            Scope(None, Job(kind="derive", interview_id=interview.id))
        with pytest.raises(ValueError, match="is needed"):
            Scope(recording_id=recordings[0])


def test_file_row_with_the_recording_of_another_interview_is_not_given(
    recordings: list[str], toolbox: Toolbox, client_of: ClientOf
) -> None:
    """Of a damaged row no interview can say who may have its bytes; nor is it an error page."""
    with toolbox.database.writing() as db:
        mine = db.query(Interview).one()
        other = sample_transcript.add_interview(db, "LK-2", audience="staff")
        foreign = other.recordings[0].id
        files = [
            MediaFile(interview_id=mine.id, recording_id=foreign, role=role, path="a.m4a")
            for role in ("access", "original")
        ]
        db.add_all(files)
        db.flush()
        sound_id, original_id = (file.id for file in files)
    toolbox.derivatives_dir.mkdir(parents=True, exist_ok=True)
    (toolbox.derivatives_dir / "a.m4a").write_bytes(b"secret sound")
    addresses = (f"/media/{sound_id}", f"/en/files/{original_id}", f"/files/{original_id}/original")
    for member in (None, "cleo", "ada"):
        for address in addresses:
            with client_of(member).get(address) as response:
                assert response.status_code in {303, 401, 404}, (member, address)
                assert b"secret sound" not in response.data
