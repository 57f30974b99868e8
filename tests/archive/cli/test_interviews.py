from __future__ import annotations

import json

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from archive.access import machine
from archive.actions import collections
from archive.db import Database
from archive.models import Interview


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["interview", "add", *arguments])


def kept(database: Database) -> list[Interview]:
    with database.reading() as db:
        found = list(db.scalars(select(Interview).order_by(Interview.accession)))
        for interview in found:
            assert interview.contributions is not None
            for contribution in interview.contributions:
                assert contribution.person.full_name
    return found


def test_an_interview_is_taken_in_with_everything(app: Flask, database: Database) -> None:
    with database.writing() as db:
        collections.add(db, machine("test"), code="NGHE-PHO", title="Nghề trong phố")
    done = run(
        app, "--title", "Tiệm sửa máy thu thanh", "--accession", "LK-2019-014", "--language", "vi",
        "--witness", "Bùi Công Trực", "--witness", "Lê An", "--interviewer", "Nguyễn Hòa",
        "--held-on", "1978~", "--collection", "nghe-pho", "--audience", "public", "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"accession": "LK-2019-014"}
    (interview,) = kept(database)
    assert [p.full_name for p in interview.people("witness")] == ["Bùi Công Trực", "Lê An"]
    assert [p.full_name for p in interview.people("interviewer")] == ["Nguyễn Hòa"]
    assert (interview.audience, interview.held_edtf) == ("public", "1978~")


def test_a_title_is_enough(app: Flask, database: Database) -> None:
    done = run(app, "--title", "Một")
    assert done.exit_code == 0
    (interview,) = kept(database)
    assert interview.accession in done.stdout
    assert (interview.audience, interview.languages) == ("staff", ["vi"])


def test_a_known_name_is_not_made_twice(app: Flask, database: Database) -> None:
    for _ in range(2):
        assert run(app, "--title", "Một", "--witness", "Lê An").exit_code == 0
    first, second = kept(database)
    assert first.people("witness")[0].id == second.people("witness")[0].id


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--title", " "), "title_missing"),
        (("--title", "x" * 1000), "text_too_long"),
        (("--title", "a", "--accession", "../x"), "accession_refused"),
        (("--title", "a", "--accession", "new"), "accession_refused"),
        (("--title", "a", "--held-on", "hồi nhỏ"), "held_refused"),
        (("--title", "a", "--collection", "NOPE"), "collection_unknown"),
        (("--title", "a", "--language", "Vietnamese"), "language_refused"),
        (("--title", "a", "--witness", " "), "person_name_missing"),
    ],
)
def test_what_is_wrong_ends_with_a_sentence_and_nothing_is_kept(
    app: Flask, database: Database, arguments: tuple[str, ...], code: str
) -> None:
    done = run(app, *arguments, "--witness", "Lê An", "--json")
    assert done.exit_code == 1
    assert f"[{code}]" in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.output
    assert kept(database) == []


def test_the_same_number_twice(app: Flask) -> None:
    assert run(app, "--title", "a", "--accession", "LK-1").exit_code == 0
    again = run(app, "--title", "b", "--accession", "lk-1")
    assert again.exit_code == 1
    assert "[accession_taken]" in again.stderr


def test_an_unknown_audience_is_a_mistake_in_the_command(app: Flask) -> None:
    assert run(app, "--title", "a", "--audience", "everybody").exit_code == 2
    assert run(app).exit_code == 2
