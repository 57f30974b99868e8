"""The editor's API under hostile, repeated and simultaneous requests.

The contract itself, example by example, is tried in `test_editing_docs.py`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from archive.db import Database
from archive.models import SavedOperation, Segment, SegmentDraft, SegmentRevision
from archive.models.base import new_id
from archive.models.transcript import TranscriptVersion
from tests import spoken
from tests.archive.web.editing_desk import Desk, all_at_once, check_sound

ClientOf = Callable[[str | None], FlaskClient]
LONG = 10 * 1024 * 1024


@pytest.fixture
def desk(database: Database, client_of: ClientOf) -> Desk:
    client = client_of("cleo")
    with database.writing() as db:
        version = spoken.version(db, spoken.interview(db))
        return Desk(client, version.id, [s.id for s in version.segments])


def test_what_is_saved_is_what_is_read(desk: Desk) -> None:
    answer = desk.save(1, text="Hẻm  tôi có\tgiếng\u00a0chung.", start=4_100, flags=["unclear"])
    assert answer.status_code == 200
    told = desk.read()
    assert told["segments"][1] == answer.get_json()["segment"]
    assert told["segments"][1]["text"] == "Hẻm tôi có giếng chung."
    assert told["segments"][1]["flags"] == ["unclear"]
    check_sound(told)


def test_the_answer_of_a_repeated_request_is_the_first_one_and_nothing_is_done_twice(
    desk: Desk, database: Database
) -> None:
    key = new_id()
    first = desk.save(1, key=key, text="Hẻm tôi.")
    desk.save(1, rev=2, text="Hẻm tui.")
    again = desk.save(1, key=key, text="Hẻm tôi.")
    assert (again.status_code, again.get_json()) == (200, first.get_json())
    assert desk.read()["segments"][1]["text"] == "Hẻm tui."
    key = new_id()
    cut = {"op": "split", "seg": desk.ids[2], "rev": 1, "char": 8, "at_ms": None,
           "new_id": new_id()}  # fmt: skip
    assert desk.operate(cut, key=key).get_json() == desk.operate(cut, key=key).get_json()
    assert len(desk.read()["segments"]) == 6
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(SavedOperation)) == 3


def test_a_repeated_conflict_is_one_draft(desk: Desk, database: Database) -> None:
    desk.save(1, text="Hồi đó hẻm tui có cái giếng chung.")
    key = new_id()
    answers = [desk.save(1, key=key, text="Hồi đó hẻm mình có cái giếng chung.") for _ in range(2)]
    assert [a.status_code for a in answers] == [412, 412]
    assert answers[0].get_json() == answers[1].get_json()
    with database.reading() as db:
        draft = db.scalars(select(SegmentDraft)).one()
        assert draft.text == "Hồi đó hẻm mình có cái giếng chung."
    assert desk.read()["segments"][1]["text"] == "Hồi đó hẻm tui có cái giếng chung."


def test_a_key_belongs_to_one_person(desk: Desk, client_of: ClientOf) -> None:
    key = new_id()
    assert desk.save(1, key=key, text="Một.").status_code == 200
    other = desk.save(0, key=key, client=client_of("rob"), text="Hai.")
    assert (other.status_code, other.get_json()["segment"]["text"]) == (200, "Hai.")


@pytest.mark.parametrize("key", ["short", "a" * 65, "khóa-có-dấu", "two words", ""])
def test_keys_that_are_none(desk: Desk, key: str) -> None:
    answer = desk.client.patch(
        f"/api/v1/segments/{desk.ids[0]}", json={"text": "A"},
        headers={"If-Match": '"1"', "Idempotency-Key": key.encode().decode("latin-1")},
    )  # fmt: skip
    assert (answer.status_code, answer.get_json()["error"]) == (428, "idempotency_key_missing")


@pytest.mark.parametrize("rev", ["0", "99", "-1", "²", "9" * 5000, "1.0", "", "*", "abc", "1e3"])
def test_revisions_that_never_were(desk: Desk, rev: str) -> None:
    answer = desk.save(1, rev=rev.encode().decode("latin-1"), text="Khác.")
    assert (answer.status_code, answer.get_json()["field"]) == (422, "revision")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b'"text"', b"{", b"\xff\xfe", b'{"text": 1}', b'{"text": ["a"]}',
        b'{"start": NaN}', b'{"start": Infinity}', b'{"start": 1.5}', b'{"start": true}',
        b'{"start": 99999999999999999999}', b'{"end": -99999999999999999999}',
        b'{"end": 2147483648}', b'{"start": ' + b"9" * 5_000 + b"}", b'{"state": "approved"}',
        b'{"state": {}}', b'{"flags": "a"}', b'{"flags": [1]}', b'{"flags": {}}',
        b'{"speaker": 5}', b'{"start": 5, "end": 4}',
        b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"text": "' + b"a" * 60_000 + b'"}', b'{"text": "' + b"a " * 10_001 + b'"}',
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)  # fmt: skip
def test_hostile_bodies_are_refused_with_their_field_and_change_nothing(
    desk: Desk, body: bytes
) -> None:
    before = desk.read()
    answer = desk.save(1, data=body)
    assert answer.status_code == 422, answer.get_data(as_text=True)
    assert answer.get_json()["error"] == "segment_refused"
    assert answer.get_json()["field"]
    assert desk.read() == before


def test_ten_megabytes_are_more_than_a_change(desk: Desk) -> None:
    answer = desk.save(1, data=b'{"text": "' + b"a" * LONG + b'"}')
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
def test_what_nobody_can_type_is_dropped_and_the_words_are_kept(
    desk: Desk, sent: str, kept: str
) -> None:
    body = f'{{"text": "{sent}", "speaker": "A\\ud800\\u0000", "flags": ["b\\u0000"]}}'
    told = desk.save(1, data=body.encode()).get_json()["segment"]
    assert (told["text"], told["speaker"], told["flags"]) == (kept, "A", ["b"])
    check_sound(desk.read())


def test_whoever_saved_meanwhile_is_named(desk: Desk, client_of: ClientOf) -> None:
    desk.save(1, client=client_of("rob"), text="Hồi đó, hẻm tôi có cái giếng chung.")
    told = desk.save(1, text="Hồi đó hẻm tôi có cái giếng chung ngay.", speaker="Cô Ba").get_json()
    assert (told["merged"], told["theirs"]["rev"], told["theirs"]["by_name"]) == (True, 2, "Rob")
    assert told["theirs"]["by"]
    assert told["segment"]["speaker"] == "Cô Ba"


def test_fields_of_two_people_are_merged_one_by_one(desk: Desk, client_of: ClientOf) -> None:
    rob = client_of("rob")
    desk.save(1, client=rob, start=4_100, state="heard")
    desk.save(1, client=rob, rev=2, flags=["unclear"])
    told = desk.save(1, speaker="Cô Ba", end=11_900).get_json()
    s = told["segment"]
    assert (s["start"], s["end"], s["speaker"], s["state"], s["flags"]) == (
        4_100, 11_900, "Cô Ba", "heard", ["unclear"],
    )  # fmt: skip
    assert (told["merged"], told["theirs"]["rev"]) == (True, 3)


def test_words_sent_to_a_joined_segment_are_told_where_it_is_now(desk: Desk) -> None:
    first, second, third = desk.ids[1:4]
    desk.operate({"op": "merge", "ids": [second, third], "revs": [1, 1]},
                 {"op": "merge", "ids": [first, second], "revs": [1, 2]})  # fmt: skip
    answer = desk.save(3, text="Rồi sau này có nước máy phải không cô?")
    told = answer.get_json()
    [place] = told["map"]
    assert (answer.status_code, told["replaced_by"], place["id"]) == (410, [first], first)
    start, end = place["at"], place["at"] + place["length"]
    assert place["text"][start:end] == spoken.LINES[3][3]
    retold = place["text"][:start] + "Rồi sau này có nước máy phải không cô?" + place["text"][end:]
    assert desk.save(1, rev=place["rev"], text=retold).status_code == 200
    assert desk.save(3, text="Lại nữa.").get_json()["map"][0]["at"] is None
    desk.operate({"op": "delete", "seg": desk.ids[4], "rev": 1, "reason": ""})
    told = desk.save(4, text="Muộn rồi.").get_json()
    assert (told["replaced_by"], told["map"]) == ([], [])


@pytest.mark.parametrize(
    "query", ["since=9999999999999999999999", "since=-1", "since=abc", "since=", "words=2"]
)
def test_odd_questions_are_answered_with_everything(desk: Desk, query: str) -> None:
    answer = desk.client.get(f"/api/v1/transcripts/{desk.version}?{query}")
    assert (answer.status_code, len(answer.get_json()["segments"])) == (200, 5)


def test_the_state_of_a_version_is_its_etag(desk: Desk) -> None:
    address = f"/api/v1/transcripts/{desk.version}"
    assert desk.client.get(address).headers["ETag"] == '"t-1"'
    desk.save(0, text="Thưa bà?")
    assert desk.client.get(address).headers["ETag"] == '"t-2"'


def test_segments_of_another_version_are_not_there(
    desk: Desk, database: Database, client_of: ClientOf
) -> None:
    with database.writing() as db:
        foreign = spoken.version(db, spoken.interview(db, "LK-2")).segments[0].id
    answer = desk.operate({"op": "delete", "seg": foreign, "rev": 1, "reason": ""})
    assert answer.status_code == 404


def test_a_change_without_the_token_of_the_page_is_forged(
    app: Flask, desk: Desk, client_of: ClientOf
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    answer = desk.save(1, text="Giả mạo.")
    assert (answer.status_code, answer.get_json()["error"]) == (400, "stale_form")
    app.config["WTF_CSRF_ENABLED"] = False
    assert desk.read()["segments"][1]["rev"] == 1


@pytest.mark.parametrize(
    "backend", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
class TestTogether:
    """Several writers at one segment, on SQLite and on PostgreSQL."""

    def test_no_update_is_lost(self, desk: Desk, client_of: ClientOf, database: Database) -> None:
        words = spoken.LINES[1][3].split()
        people = [client_of(name) for name in ("cleo", "rob", "ben", "ada")]

        def change(number: int) -> Callable[[], TestResponse]:
            mine = [*words]
            mine[number * 2] = f"{mine[number * 2]}-{number}"
            return lambda: desk.save(1, client=people[number], text=" ".join(mine))

        answers = all_at_once(*(change(number) for number in range(4)))
        assert [a.status_code for a in answers] == [200] * 4
        told = desk.read()
        assert told["segments"][1]["text"] == "Hồi-0 đó hẻm-1 tôi có-2 cái giếng-3 chung."
        assert (told["segments"][1]["rev"], told["revision"]) == (5, 5)
        check_sound(told)
        with database.reading() as db:
            kept = db.scalars(
                select(SegmentRevision.revision).where(SegmentRevision.segment_id == desk.ids[1])
            )
            assert sorted(kept) == [1, 2, 3, 4, 5]

    def test_twins_of_a_request_are_one(self, desk: Desk, database: Database) -> None:
        key = new_id()
        text = "Hẻm tôi có giếng."
        clients = [desk.client.application.test_client() for _ in range(3)]
        cookie = desk.client.get_cookie("loike_session")
        assert cookie is not None
        for client in clients:
            client.set_cookie("loike_session", cookie.value)

        def ask(client: FlaskClient) -> Callable[[], TestResponse]:
            return lambda: desk.save(1, key=key, client=client, text=text)

        answers = all_at_once(*(ask(client) for client in clients))
        assert {a.status_code for a in answers} == {200}
        assert len({a.get_data() for a in answers}) == 1
        with database.reading() as db:
            assert db.get_one(Segment, desk.ids[1]).revision == 2
            assert db.get_one(TranscriptVersion, desk.version).revision == 2

    def test_of_two_who_cut_the_same_segment_one_is_told(self, desk: Desk) -> None:
        def cut() -> TestResponse:
            return desk.operate({"op": "split", "seg": desk.ids[2], "rev": 1, "char": 8,
                                 "at_ms": None, "new_id": new_id()})  # fmt: skip

        answers = all_at_once(cut, cut)
        assert sorted(a.status_code for a in answers) == [200, 412]
        assert len(desk.read()["segments"]) == 6
        check_sound(desk.read())
