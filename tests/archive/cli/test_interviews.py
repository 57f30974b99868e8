from __future__ import annotations

import json

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, update

from archive.actions.catalogue import collections
from archive.db import Database
from archive.models import Interview, User
from tests.support.rights import rights_of_machine


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["interview", "add", *arguments])


def stored_interviews(database: Database) -> list[Interview]:
    with database.reading() as db:
        result = list(db.scalars(select(Interview).order_by(Interview.accession)))
        for interview in result:
            assert interview.contributions is not None
            for contribution in interview.contributions:
                assert contribution.person.full_name
    return result


def test_interview_add_with_all_options_stores_them(app: Flask, database: Database) -> None:
    with database.writing() as db:
        collections.add(db, rights_of_machine("test"), code="NGHE-PHO", title="Nghề trong phố")
        db.execute(update(User).where(User.role == "archivist").values(is_active=False))
    result = run(
        app,
        "--title",
        "Tiệm sửa máy thu thanh",
        "--accession",
        "LK-2019-014",
        "--language",
        "vi",
        "--witness",
        "Bùi Công Trực",
        "--witness",
        "Lê An",
        "--interviewer",
        "Nguyễn Hòa",
        "--held-on",
        "1978~",
        "--collection",
        "nghe-pho",
        "--audience",
        "public",
        "--json",
    )
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {"accession": "LK-2019-014"}
    (interview,) = stored_interviews(database)
    assert [p.full_name for p in interview.people("witness")] == ["Bùi Công Trực", "Lê An"]
    assert [p.full_name for p in interview.people("interviewer")] == ["Nguyễn Hòa"]
    assert (interview.audience, interview.held_edtf) == ("public", "1978~")


def test_interview_add_with_a_title_uses_defaults(app: Flask, database: Database) -> None:
    result = run(app, "--title", "Một")
    assert result.exit_code == 0
    (interview,) = stored_interviews(database)
    assert interview.accession in result.stdout
    assert (interview.audience, interview.languages) == ("staff", ["vi"])


def test_interview_add_with_a_known_name_reuses_the_person(app: Flask, database: Database) -> None:
    for _ in range(2):
        assert run(app, "--title", "Một", "--witness", "Lê An").exit_code == 0
    first, second = stored_interviews(database)
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
def test_interview_add_with_an_invalid_option_fails_and_stores_nothing(
    app: Flask, database: Database, arguments: tuple[str, ...], code: str
) -> None:
    result = run(app, *arguments, "--witness", "Lê An", "--json")
    assert result.exit_code == 1
    assert f"[{code}]" in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.output
    assert stored_interviews(database) == []


def test_interview_add_with_a_used_accession_fails(app: Flask) -> None:
    assert run(app, "--title", "a", "--accession", "LK-1").exit_code == 0
    second = run(app, "--title", "b", "--accession", "lk-1")
    assert second.exit_code == 1
    assert "[accession_taken]" in second.stderr


def test_interview_add_with_an_unknown_audience_is_a_usage_error(app: Flask) -> None:
    assert run(app, "--title", "a", "--audience", "everybody").exit_code == 2
    assert run(app).exit_code == 2
