from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app import create_app
from archive.actions.catalogue import interviews
from archive.actions.catalogue.interviews import Description
from archive.actions.office import first_run, settings
from archive.models import Job, User
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.support.cast import PASSWORD
from tests.support.empty_archive import delete_accounts
from tests.support.rights import rights_of_machine

GOOD = {
    "site_name": "Kho Quận 5",
    "site_tagline": "Phòng Lịch sử",
    "name": "Nguyễn Ánh",
    "email": "anh@archive.test",
    "password": PASSWORD,
    "start": "empty",
    "language": "vi",
}


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = create_app(delete_accounts(settings))
    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False, WTF_CSRF_ENABLED=False)
    yield app
    app.extensions["loi_ke"].database.dispose()


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    return app.test_client()


def users(toolbox: Toolbox) -> int:
    with toolbox.database.reading() as db:
        return db.scalar(select(func.count(User.id))) or 0


def jobs(toolbox: Toolbox) -> list[str]:
    with toolbox.database.reading() as db:
        return list(db.scalars(select(Job.kind)))


@pytest.mark.parametrize(
    "path", ["/vi/", "/vi/interviews", "/vi/search?q=x", "/vi/sign-in", "/vi/profile", "/vi/jobs"]
)
def test_every_page_redirects_to_first_run(visitor: FlaskClient, path: str) -> None:
    answer = visitor.get(path)
    assert (answer.status_code, answer.location) == (303, "/vi/first-run")


def test_first_run_page_has_both_languages_and_readiness(
    visitor: FlaskClient,
) -> None:
    assert "Kho này của đơn vị nào?" in visitor.get("/vi/first-run").text
    english = visitor.get("/en/first-run").text
    assert 'value="Lời Kể"' not in english
    assert "Whose archive is this?" in english
    assert "State of this machine" in english


def test_first_run_creates_and_signs_in_the_administrator(
    visitor: FlaskClient, toolbox: Toolbox
) -> None:
    answer = visitor.post("/vi/first-run", data=GOOD)
    assert (answer.status_code, answer.location) == (303, "/vi/")
    home = visitor.get("/vi/").text
    assert "Nguyễn Ánh" in home
    assert "Kho Quận 5" in home
    assert visitor.get("/vi/accounts").status_code == 200
    assert jobs(toolbox) == []
    again = visitor.get("/vi/first-run")
    assert (again.status_code, again.location) == (303, "/vi/")


def test_first_run_with_sample_enqueues_it_and_home_shows_it(
    visitor: FlaskClient, toolbox: Toolbox
) -> None:
    visitor.post("/en/first-run", data={**GOOD, "start": "sample", "language": "en"})
    assert jobs(toolbox) == [first_run.SAMPLE_JOB]
    assert "Loading the sample archive" in visitor.get("/en/").text


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"email": "no address"}, "email", "This is not an e-mail address."),
        ({"email": ""}, "email", "This is not an e-mail address."),
        ({"password": "short"}, "password", "at least 12 characters"),
        ({"password": "x" * 1025}, "password", "at most 1024 characters"),
        ({"name": "   "}, "name", "A name is needed"),
        ({"site_name": ""}, "site_name", "The archive needs a name of its own"),
    ],
)
def test_invalid_first_run_shows_field_problem_and_keeps_input(
    visitor: FlaskClient, toolbox: Toolbox, wrong: dict[str, str], field: str, sentence: str
) -> None:
    answer = visitor.post("/en/first-run", data={**GOOD, **wrong})
    assert answer.status_code == 422
    before, _found, after = answer.text.partition(f'id="{field}-problem"')
    assert sentence in after[:400]
    assert f'aria-describedby="{field}' in before
    assert f'value="{GOOD["site_tagline"]}"' in answer.text
    assert PASSWORD not in answer.text
    assert users(toolbox) == 0
    assert visitor.post("/en/first-run", data=GOOD).status_code == 303


def test_empty_first_run_form_is_answered(visitor: FlaskClient, toolbox: Toolbox) -> None:
    assert visitor.post("/vi/first-run", data={}).status_code == 422
    assert users(toolbox) == 0


def test_second_first_run_creates_no_administrator(app: Flask, toolbox: Toolbox) -> None:
    first, second = app.test_client(), app.test_client()
    assert second.get("/vi/first-run").status_code == 200
    first.post("/vi/first-run", data=GOOD)
    late = second.post("/vi/first-run", data={**GOOD, "email": "late@archive.test"})
    assert (late.status_code, late.location) == (303, "/vi/sign-in")
    assert "Set-Cookie" not in late.headers
    assert users(toolbox) == 1


def test_office_language_is_used_without_browser_preference(visitor: FlaskClient) -> None:
    visitor.post("/en/first-run", data={**GOOD, "language": "en"})
    other = visitor.application.test_client()
    for accepted, language in ((None, "en"), ("fr", "en"), ("vi", "vi"), ("en-GB", "en")):
        headers = {"Accept-Language": accepted} if accepted else {}
        assert other.get("/", headers=headers).location == f"/{language}/"


def test_settings_can_be_changed_later(visitor: FlaskClient) -> None:
    visitor.post("/vi/first-run", data=GOOD)
    form = {"site_name": "<b>Kho mới</b>", "language": "vi", "accession_prefix": "VPLS"}
    assert visitor.post("/vi/office", data=form).status_code == 303
    page = visitor.get("/vi/").text
    assert "&lt;b&gt;Kho mới&lt;/b&gt;" in page
    assert "<b>Kho mới" not in page
    assert 'value="VPLS"' in visitor.get("/vi/office").text
    assert "VPLS-" in visitor.get("/vi/interviews/new").text


@pytest.mark.parametrize(("name", "typed"), [("site_name", " "), ("accession_prefix", "<LK>/")])
def test_invalid_settings_are_refused_and_kept_in_the_form(
    visitor: FlaskClient, name: str, typed: str
) -> None:
    visitor.post("/vi/first-run", data=GOOD)
    form = {"site_name": "Kho mới", "accession_prefix": "LK", name: typed}
    answer = visitor.post("/vi/office", data=form)
    assert answer.status_code == 422
    assert f'id="{name}-problem"' in answer.text
    assert "Kho mới" not in visitor.get("/vi/").text


def test_unnamed_archive_shows_its_administrator_the_missing_name(
    visitor: FlaskClient, toolbox: Toolbox
) -> None:
    visitor.post("/en/first-run", data=GOOD)
    question = "This archive has no name yet."
    assert question not in visitor.get("/en/office").text
    with toolbox.database.writing() as db:
        settings.set_value(db, "site_name", settings.PROGRAM_NAME)  # as first runs once suggested
        interviews.create(db, rights_of_machine("test"), Description(title="Chuyện"))
    assert question in visitor.get("/en/office").text
    assert question in visitor.get("/en/").text
    assert 'value="Lời Kể"' not in visitor.get("/en/office").text
    assert (
        visitor.post(
            "/en/office", data={"site_name": "Kho mới", "accession_prefix": "LK"}
        ).status_code
        == 303
    )
    assert question not in visitor.get("/en/").text
