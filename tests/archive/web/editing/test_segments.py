"""The editor's API under hostile, repeated and simultaneous requests.

The contract itself, example by example, is tried in `test_documentation.py`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from archive.actions.catalogue import people
from archive.db import Database
from archive.models import (
    Contribution,
    SavedOperation,
    Segment,
    SegmentDraft,
    SegmentRevision,
)
from archive.models.base import new_id
from archive.models.transcript import TranscriptVersion
from tests.support import sample_transcript
from tests.support.editor_api_client import EditorClient, assert_valid_segments, run_concurrently
from tests.support.rights import rights_of_machine

ClientOf = Callable[[str | None], FlaskClient]
LONG = 10 * 1024 * 1024


def test_save_then_load_returns_the_saved_segment(editor: EditorClient) -> None:
    answer = editor.save(1, text="Hẻm  tôi có\tgiếng\u00a0chung.", start=4_100, flags=["unclear"])
    assert answer.status_code == 200
    data = editor.transcript()
    assert data["segments"][1] == answer.get_json()["segment"]
    assert data["segments"][1]["text"] == "Hẻm tôi có giếng chung."
    assert data["segments"][1]["flags"] == ["unclear"]
    assert_valid_segments(data)


def test_repeated_request_gets_first_response_and_changes_nothing(
    editor: EditorClient, database: Database
) -> None:
    key = new_id()
    first = editor.save(1, key=key, text="Hẻm tôi.")
    editor.save(1, rev=2, text="Hẻm tui.")
    again = editor.save(1, key=key, text="Hẻm tôi.")
    assert (again.status_code, again.get_json()) == (200, first.get_json())
    assert editor.transcript()["segments"][1]["text"] == "Hẻm tui."
    key = new_id()
    cut = {
        "op": "split",
        "seg": editor.ids[2],
        "rev": 1,
        "char": 8,
        "at_ms": None,
        "new_id": new_id(),
    }
    assert (
        editor.apply_operations(cut, key=key).get_json()
        == editor.apply_operations(cut, key=key).get_json()
    )
    assert len(editor.transcript()["segments"]) == 6
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(SavedOperation)) == 3


def test_repeated_conflict_stores_one_draft(editor: EditorClient, database: Database) -> None:
    editor.save(1, text="Hồi đó hẻm tui có cái giếng chung.")
    key = new_id()
    answers = [
        editor.save(1, key=key, text="Hồi đó hẻm mình có cái giếng chung.") for _ in range(2)
    ]
    assert [a.status_code for a in answers] == [412, 412]
    assert answers[0].get_json() == answers[1].get_json()
    with database.reading() as db:
        draft = db.scalars(select(SegmentDraft)).one()
        assert draft.text == "Hồi đó hẻm mình có cái giếng chung."
    assert editor.transcript()["segments"][1]["text"] == "Hồi đó hẻm tui có cái giếng chung."


def test_idempotency_key_is_per_user(editor: EditorClient, client_of: ClientOf) -> None:
    key = new_id()
    assert editor.save(1, key=key, text="Một.").status_code == 200
    other = editor.save(0, key=key, client=client_of("rob"), text="Hai.")
    assert (other.status_code, other.get_json()["segment"]["text"]) == (200, "Hai.")


@pytest.mark.parametrize("key", ["short", "a" * 65, "khóa-có-dấu", "two words", ""])
def test_invalid_idempotency_key_is_refused(editor: EditorClient, key: str) -> None:
    answer = editor.client.patch(
        f"/api/v1/segments/{editor.ids[0]}",
        json={"text": "A"},
        headers={"If-Match": '"1"', "Idempotency-Key": key.encode().decode("latin-1")},
    )
    assert (answer.status_code, answer.get_json()["error"]) == (428, "idempotency_key_missing")


@pytest.mark.parametrize("rev", ["0", "99", "-1", "²", "9" * 5000, "1.0", "", "*", "abc", "1e3"])
def test_if_match_with_unknown_revision_is_stale(editor: EditorClient, rev: str) -> None:
    answer = editor.save(1, rev=rev.encode().decode("latin-1"), text="Khác.")
    assert (answer.status_code, answer.get_json()["field"]) == (422, "revision")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"\xff\xfe",
        b'{"text": 1}',
        b'{"text": ["a"]}',
        b'{"start": NaN}',
        b'{"start": Infinity}',
        b'{"start": 1.5}',
        b'{"start": true}',
        b'{"start": 99999999999999999999}',
        b'{"end": -99999999999999999999}',
        b'{"end": 2147483648}',
        b'{"start": ' + b"9" * 5_000 + b"}",
        b'{"state": "approved"}',
        b'{"state": {}}',
        b'{"flags": "a"}',
        b'{"flags": [1]}',
        b'{"flags": {}}',
        b'{"speaker": 5}',
        b'{"start": 5, "end": 4}',
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"text": "' + b"a" * 60_000 + b'"}',
        b'{"text": "' + b"a " * 10_001 + b'"}',
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
def test_invalid_body_is_refused_with_its_field_and_changes_nothing(
    editor: EditorClient, body: bytes
) -> None:
    before = editor.transcript()
    answer = editor.save(1, data=body)
    assert answer.status_code == 422, answer.get_data(as_text=True)
    assert answer.get_json()["error"] == "segment_refused"
    assert answer.get_json()["field"]
    assert editor.transcript() == before


def test_save_of_ten_megabytes_is_413(editor: EditorClient) -> None:
    answer = editor.save(1, data=b'{"text": "' + b"a" * LONG + b'"}')
    assert (answer.status_code, answer.get_json()["error"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (r"Nh\u00e0 \ud800t\u00f4i", "Nhà tôi"),
        (r"Nh\u0000\u00e0\u0007 t\u00f4i", "Nhà tôi"),
        (r"Nha\u0300 to\u0302i", "Nhà tôi"),
        (r"\ufeffNh\u00e0\n\n t\u00f4i\u2028", "\ufeffNhà tôi"),
        (r"\u0001", ""),
    ],
)
def test_save_drops_control_characters_and_keeps_words(
    editor: EditorClient, sent: str, kept: str
) -> None:
    body = f'{{"text": "{sent}", "speaker": "A\\ud800\\u0000", "flags": ["b\\u0000"]}}'
    data = editor.save(1, data=body.encode()).get_json()["segment"]
    assert (data["text"], data["speaker"], data["flags"]) == (kept, "A", ["b"])
    assert_valid_segments(editor.transcript())


def test_merged_save_names_the_colleague(editor: EditorClient, client_of: ClientOf) -> None:
    editor.save(1, client=client_of("rob"), text="Hồi đó, hẻm tôi có cái giếng chung.")
    data = editor.save(
        1, text="Hồi đó hẻm tôi có cái giếng chung ngay.", speaker="Cô Ba"
    ).get_json()
    assert (data["merged"], data["theirs"]["rev"], data["theirs"]["by_name"]) == (True, 2, "Rob")
    assert data["theirs"]["by"]
    assert data["segment"]["speaker"] == "Cô Ba"


def test_save_merges_changes_of_different_fields(editor: EditorClient, client_of: ClientOf) -> None:
    rob = client_of("rob")
    editor.save(1, client=rob, start=4_100, state="heard")
    editor.save(1, client=rob, rev=2, flags=["unclear"])
    data = editor.save(1, speaker="Cô Ba", end=11_900).get_json()
    s = data["segment"]
    assert (s["start"], s["end"], s["speaker"], s["state"], s["flags"]) == (
        4_100,
        11_900,
        "Cô Ba",
        "heard",
        ["unclear"],
    )
    assert (data["merged"], data["theirs"]["rev"]) == (True, 3)


def test_save_of_joined_segment_returns_where_its_text_is(editor: EditorClient) -> None:
    first, second, third = editor.ids[1:4]
    editor.apply_operations(
        {"op": "merge", "ids": [second, third], "revs": [1, 1]},
        {"op": "merge", "ids": [first, second], "revs": [1, 2]},
    )
    answer = editor.save(3, text="Rồi sau này có nước máy phải không cô?")
    data = answer.get_json()
    [place] = data["map"]
    assert (answer.status_code, data["replaced_by"], place["id"]) == (410, [first], first)
    start, end = place["at"], place["at"] + place["length"]
    assert place["text"][start:end] == sample_transcript.LINES[3][3]
    retold = place["text"][:start] + "Rồi sau này có nước máy phải không cô?" + place["text"][end:]
    assert editor.save(1, rev=place["rev"], text=retold).status_code == 200
    assert editor.save(3, text="Lại nữa.").get_json()["map"][0]["at"] is None
    editor.apply_operations({"op": "delete", "seg": editor.ids[4], "rev": 1, "reason": ""})
    data = editor.save(4, text="Muộn rồi.").get_json()
    assert (data["replaced_by"], data["map"]) == ([], [])


@pytest.mark.parametrize(
    "query", ["since=9999999999999999999999", "since=-1", "since=abc", "since=", "words=2"]
)
def test_load_with_invalid_arguments_returns_all_segments(editor: EditorClient, query: str) -> None:
    answer = editor.client.get(f"/api/v1/transcripts/{editor.version}?{query}")
    assert (answer.status_code, len(answer.get_json()["segments"])) == (200, 5)


def test_load_has_version_revision_as_etag(editor: EditorClient) -> None:
    address = f"/api/v1/transcripts/{editor.version}"
    assert editor.client.get(address).headers["ETag"] == '"t-1"'
    editor.save(0, text="Thưa bà?")
    assert editor.client.get(address).headers["ETag"] == '"t-2"'


def test_operation_on_segment_of_another_version_is_404(
    editor: EditorClient, database: Database, client_of: ClientOf
) -> None:
    with database.writing() as db:
        foreign = (
            sample_transcript.add_version(db, sample_transcript.add_interview(db, "LK-2"))
            .segments[0]
            .id
        )
    answer = editor.apply_operations({"op": "delete", "seg": foreign, "rev": 1, "reason": ""})
    assert answer.status_code == 404


def test_speaker_of_another_interview_is_refused(editor: EditorClient, database: Database) -> None:
    """The id would be stored as a label, and shown as a name."""
    with database.writing() as db:
        other = sample_transcript.add_interview(db, "LK-2")
        person = people.add(db, rights_of_machine("test"), people.PersonFacts(full_name="Lê Khác"))
        foreign = Contribution(interview_id=other.id, person_id=person.id, role="witness")
        db.add(foreign)
        db.flush()
        speaker = foreign.id
    named = {"op": "set_speaker", "ids": [editor.ids[2]], "speaker": speaker}
    inserted = editor.save(1, speaker=speaker)
    for answer in (editor.apply_operations(named), inserted):
        assert (answer.status_code, answer.get_json()["field"]) == (422, "speaker")
    assert speaker not in editor.client.get(f"/api/v1/transcripts/{editor.version}").text


def test_save_without_form_token_is_refused(
    app: Flask, editor: EditorClient, client_of: ClientOf
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    answer = editor.save(1, text="Giả mạo.")
    assert (answer.status_code, answer.get_json()["error"]) == (400, "stale_form")
    app.config["WTF_CSRF_ENABLED"] = False
    assert editor.transcript()["segments"][1]["rev"] == 1


@pytest.mark.parametrize(
    "backend", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
class TestTogether:
    """Several writers at one segment, on SQLite and on PostgreSQL."""

    def test_concurrent_saves_lose_no_update(
        self, editor: EditorClient, client_of: ClientOf, database: Database
    ) -> None:
        words = sample_transcript.LINES[1][3].split()
        people = [client_of(name) for name in ("cleo", "rob", "ben", "ada")]

        def change(number: int) -> Callable[[], TestResponse]:
            mine = [*words]
            mine[number * 2] = f"{mine[number * 2]}-{number}"
            return lambda: editor.save(1, client=people[number], text=" ".join(mine))

        answers = run_concurrently(*(change(number) for number in range(4)))
        assert [a.status_code for a in answers] == [200] * 4
        data = editor.transcript()
        assert data["segments"][1]["text"] == "Hồi-0 đó hẻm-1 tôi có-2 cái giếng-3 chung."
        assert (data["segments"][1]["rev"], data["revision"]) == (5, 5)
        assert_valid_segments(data)
        with database.reading() as db:
            kept = db.scalars(
                select(SegmentRevision.revision).where(SegmentRevision.segment_id == editor.ids[1])
            )
            assert sorted(kept) == [1, 2, 3, 4, 5]

    def test_concurrent_repeats_of_a_request_are_executed_once(
        self, editor: EditorClient, database: Database
    ) -> None:
        key = new_id()
        text = "Hẻm tôi có giếng."
        clients = [editor.client.application.test_client() for _ in range(3)]
        cookie = editor.client.get_cookie("loike_session")
        assert cookie is not None
        for client in clients:
            client.set_cookie("loike_session", cookie.value)

        def ask(client: FlaskClient) -> Callable[[], TestResponse]:
            return lambda: editor.save(1, key=key, client=client, text=text)

        answers = run_concurrently(*(ask(client) for client in clients))
        assert {a.status_code for a in answers} == {200}
        assert len({a.get_data() for a in answers}) == 1
        with database.reading() as db:
            assert db.get_one(Segment, editor.ids[1]).revision == 2
            assert db.get_one(TranscriptVersion, editor.version).revision == 2

    def test_concurrent_splits_of_a_segment_refuse_the_second(self, editor: EditorClient) -> None:
        def cut() -> TestResponse:
            return editor.apply_operations(
                {
                    "op": "split",
                    "seg": editor.ids[2],
                    "rev": 1,
                    "char": 8,
                    "at_ms": None,
                    "new_id": new_id(),
                }
            )

        answers = run_concurrently(cut, cut)
        assert sorted(a.status_code for a in answers) == [200, 412]
        assert len(editor.transcript()["segments"]) == 6
        assert_valid_segments(editor.transcript())
