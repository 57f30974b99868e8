"""The page of an interview as rendered by the server, without scripts."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from archive.actions.catalogue import interviews
from archive.actions.catalogue.interviews import Description
from archive.db import Database
from tests.support import sample_transcript
from tests.support.rights import rights_of_machine

ClientOf = Callable[[str | None], FlaskClient]
PAGE = "/vi/interviews/LK-1"


@pytest.fixture
def public(database: Database, client_of: ClientOf) -> FlaskClient:
    with database.writing() as db:
        sample_transcript.add_approved_version(db, sample_transcript.add_interview(db))
    return client_of(None)


def read(client: FlaskClient, address: str) -> str:
    return html.unescape(client.get(address).get_data(as_text=True))


def cited(page: str, style: str) -> str:
    """The words of a citation, without the marks that keep its codes on one line."""
    found = re.search(rf'data-citation="{style}">(.*?)</(?:blockquote|pre)>', page, re.DOTALL)
    return re.sub(r"<[^>]+>", "", found[1]) if found else ""


def chosen(page: str) -> str:
    """The start of the turn that is marked."""
    found = re.search(r'class="turn[^"]* turn--current".*?data-start="(\d+)"', page, re.DOTALL)
    return found[1] if found else ""


@pytest.mark.parametrize(
    ("query", "start"),
    [
        ("t=12-20", "12000"),
        ("t=11-20", "12000"),
        ("t=5", "4000"),
        ("t=0:13-0:15", "12000"),
        ("t=40-50", ""),
        ("t=abc", ""),
        ("t=", ""),
        ("t=20-12", ""),
        ("t=-5", "0"),
        ("t=" + "9" * 400, ""),
        ("t=5&part=2", ""),
        ("t=5&part=" + "9" * 30, ""),
        ("t=5&part=x", "4000"),
        ("t=5&version=" + "9" * 30, ""),
    ],
)
def test_link_marks_the_segment_of_its_span(public: FlaskClient, query: str, start: str) -> None:
    answer = public.get(f"{PAGE}?{query}")
    assert answer.status_code == 200
    assert chosen(answer.get_data(as_text=True)) == start


def test_citation_names_times_and_version(public: FlaskClient) -> None:
    page = read(public, f"{PAGE}?t=12-20")
    assert "ký hiệu LK-1, 00:00:12–00:00:20, bản v1" in cited(page, "vietnamese")
    assert '<span class="no-break">00:00:12–00:00:20,</span>' in page
    assert "Đoạn từ 00:00:12 đến 00:00:20" in page
    data = public.get("/en/interviews/LK-1/cite?t=12-20").get_json()
    assert set(data) == {"vietnamese", "chicago", "bibtex", "ris", "address"}
    assert data["address"].endswith("/en/interviews/LK-1?t=12-20")
    assert "March 12, 2020" in data["chicago"]
    whole = public.get("/en/interviews/LK-1/cite").get_json()
    assert "00:00" not in whole["vietnamese"]


def test_words_route_returns_word_times(public: FlaskClient) -> None:
    data = public.get("/en/interviews/LK-1/words").get_json()["segments"]
    assert len(data) == 5
    first = next(iter(data.values()))
    assert first["times"][:4] == [0, 444, 444, 888]


def test_citation_style_has_its_own_language_on_every_page(
    database: Database, public: FlaskClient
) -> None:
    with database.writing() as db:
        of = sample_transcript.find_interview(db)
        of.held_as_told, of.held_edtf, of.title = "", "1998~", '<b>Phá rào</b> & "xé rào"'
    for language in ("vi", "en"):
        page = public.get(f"/{language}/interviews/LK-1").get_data(as_text=True)
        assert "<b>Phá rào" not in page
        assert "“<b>Phá rào</b> & ‘xé rào’”" in html.unescape(page)
        data = public.get(f"/{language}/interviews/LK-1/cite").get_json()
        assert "phỏng vấn khoảng 1998" in data["vietnamese"]
        assert "about 1998" in data["chicago"]


def test_action_buttons_are_shown_to_actors_who_may_use_them(
    public: FlaskClient, client_of: ClientOf
) -> None:
    assert 'id="work"' not in read(public, PAGE)
    assert 'id="work"' not in read(client_of("sam"), PAGE)
    buttons = {
        "hoa": {"Sửa mô tả", "Tải tệp lên", "Gỡ băng", "Lịch sử chỉnh sửa"},
        "cleo": {"Gỡ băng", "Lịch sử chỉnh sửa"},
        "rob": {"Mở phiên bản mới", "Lịch sử chỉnh sửa"},
    }
    every = {name for names in buttons.values() for name in names}
    for member, expected in buttons.items():
        page = read(client_of(member), PAGE)
        work = page[page.index('id="work"') : page.index('id="text"')]
        assert {name for name in every if f">{name}<" in work} == expected, member


def test_interview_without_recording_is_called_interviewed(
    database: Database, client_of: ClientOf
) -> None:
    with database.writing() as db:
        data = Description(title="Chuyện", held_as_told="12/5/2019", held_edtf="2019-05-12")
        interviews.create(db, rights_of_machine("test"), data, accession="LK-2")
    page = read(client_of("hoa"), "/en/interviews/LK-2")
    assert "Interviewed 12" in page
    assert "Recorded" not in page
    assert "Add the contents" in page


def test_machine_text_is_labelled_everywhere(database: Database, client_of: ClientOf) -> None:
    with database.writing() as db:
        of = sample_transcript.add_interview(db)
        sample_transcript.add_version(db, of).options = {"knows_only": "demo_sentences"}
    page = read(client_of("sam"), PAGE)
    assert "Bản máy, chưa ai nghe" in page  # the head
    assert page.count("Bản gỡ băng tự động – chưa hiệu đính") == 2  # the note, the paper
    assert "chỉ biết năm mươi câu của chính nó" in page
    assert "bản gỡ băng tự động, chưa hiệu đính" in page  # the citation
    assert "gánh nước" not in read(client_of(None), PAGE)
    assert client_of(None).get("/vi/interviews/LK-1/words").get_json() == {}
