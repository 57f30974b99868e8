from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from archive.models import Collection, Interview
from archive.settings import Settings
from archive.toolbox import Toolbox
from archive.web.discovery.search import highlight
from tests.support.searchable_interviews import add_interview_with_text, index_all

ClientOf = Callable[[str | None], FlaskClient]
GIANG = "Giám đốc dám phá rào để cứu nhà máy."
CHO = "Tôi bán hàng ở chợ Bình Tây từ năm 1979."


@pytest.fixture
def searchable(toolbox: Toolbox) -> Toolbox:
    """Three open interviews and a closed one."""
    with toolbox.database.writing() as db:
        db.add(Collection(code="D5", title="Quận 5 <1>"))
    add_interview_with_text(toolbox, "LK-1", GIANG, CHO, told_from_year=1978, told_to_year=1982)
    add_interview_with_text(
        toolbox, "LK-2", "Phá rào thì ai cũng sợ.", state="corrected", told_from_year=1981
    )
    add_interview_with_text(
        toolbox, "LK-3", "We broke the fence.", language="en", told_from_year=1990
    )
    add_interview_with_text(
        toolbox, "LK-9", "Chuyện phá rào chưa ai biết.", audience="staff", told_from_year=1999
    )
    with toolbox.database.writing() as db:
        collection = db.query(Collection).one()
        db.query(Interview).filter_by(accession="LK-1").one().collection_id = collection.id
    index_all(toolbox)
    return toolbox


def accessions(page: str) -> set[str]:
    results = page.partition('id="results"')[2]
    return set(re.findall(r"(?:LK|MAU)-\d", results))


def counts(page: str) -> dict[str, int]:
    boxes = re.findall(
        r'value="([^"]+)"[^>]*>[^<]*<span class="check-label__count tabular-nums">(\d+)</span>',
        page,
    )
    return {value: int(count) for value, count in boxes}


def test_query_without_marks_matches_words_with_marks(
    searchable: Toolbox, client_of: ClientOf
) -> None:
    for query in ("pha rao", "phá rào", "PHA RAO", "  pha   rao ", '"phá rào"'):
        page = client_of(None).get("/vi/search", query_string={"q": query}).text
        assert "<mark>phá rào</mark>" in page, query
        assert accessions(page) == {"LK-1"}, query
        assert f'value="{html.escape(query).replace("&quot;", "&#34;")}"' in page
    assert (
        f'value="{html.escape(query, quote=True).strip()}"' in page or '"' in query or "  " in query
    )


def test_search_finds_and_counts_readable_interviews_only(
    searchable: Toolbox, client_of: ClientOf
) -> None:
    for name, found in (
        (None, {"LK-1"}),
        ("sam", {"LK-1", "LK-2"}),
        ("cleo", {"LK-1", "LK-2", "LK-9"}),
    ):
        page = client_of(name).get("/en/search?q=pha+rao").text
        assert accessions(page) == found
        total = f"{len(found)} passage{'s' if len(found) > 1 else ''}"
        assert total in page
        assert counts(page)["unknown"] == len(found)
        assert ("1999" in page) is (name == "cleo")


def test_hit_links_to_its_passage(searchable: Toolbox, client_of: ClientOf) -> None:
    reader = client_of(None)
    page = reader.get("/vi/search?q=cho+binh+tay").text
    found = re.search(r'<p class="hit__time tabular-nums"><a href="([^"]+)">00:00:1\d</a>', page)
    assert found is not None
    address = html.unescape(found.group(1))
    assert re.search(r"\?t=1[0-9.]+-19\.0#s-", address)
    assert reader.get(address.partition("#")[0]).status_code == 200


FILTERS: tuple[tuple[dict[str, str | list[str]], set[str]], ...] = (
    ({"state": "corrected"}, {"LK-2"}),
    ({"state": ["approved", "corrected"]}, {"LK-1", "LK-2"}),
    ({"collection": "D5"}, {"LK-1"}),
    ({"language": "en"}, set()),
    ({"role": "witness"}, set()),
    ({"from": "1983"}, set()),
    ({"from": "1982"}, {"LK-1"}),
    ({"to": "1980"}, {"LK-1"}),
    ({"from": "1981", "to": "1981"}, {"LK-1", "LK-2"}),
    ({"from": "2000", "to": "1900"}, set()),
    ({"from": "x", "to": "99999999999999999999"}, {"LK-1", "LK-2"}),
    ({"state": "no such state"}, set()),
    ({"collection": "' OR 1=1"}, set()),
)


def test_filters_narrow_hits(searchable: Toolbox, client_of: ClientOf) -> None:
    sam = client_of("sam")
    for filters, found in FILTERS:
        page = sam.get("/en/search", query_string={"q": "pha rao", **filters}).text
        assert accessions(page) == found, filters
        assert ("Search without filters" in page) is (not found), filters


def test_chip_removes_its_filter(searchable: Toolbox, client_of: ClientOf) -> None:
    sam = client_of("sam")
    page = sam.get("/en/search?q=pha+rao&state=corrected&from=1981").text
    chips = re.findall(r'<a class="chip chip--active" href="([^"]+)">\s*([^<]*)', page)
    assert len(chips) == 2
    # "corrected" means submitted for approval; whether segments were heard is another question
    assert "Checked against audio" not in page
    for href, _words in chips:
        assert sam.get(html.unescape(href)).status_code == 200
    without_state = html.unescape(next(h for h, words in chips if "Corrected" in words))
    assert accessions(sam.get(without_state).text) == {"LK-1", "LK-2"}


def test_year_chip_removes_both_limits(searchable: Toolbox, client_of: ClientOf) -> None:
    sam = client_of("sam")
    page = sam.get("/en/search?q=pha+rao&from=1979&to=1980").text
    assert accessions(page) == {"LK-1"}
    (href,) = re.findall(r'<a class="chip chip--active" href="([^"]+)"', page)
    assert accessions(sam.get(html.unescape(href)).text) == {"LK-1", "LK-2"}


def test_collection_titles_are_escaped(searchable: Toolbox, client_of: ClientOf) -> None:
    page = client_of(None).get("/vi/search?q=pha+rao&collection=D5").text
    assert "Quận 5 &lt;1&gt;" in page
    assert "Quận 5 <1>" not in page


def test_page_without_hits_links_to_other_searches(
    searchable: Toolbox, client_of: ClientOf
) -> None:
    page = client_of(None).get("/vi/search?q=pha+xao").text
    assert "Không tìm thấy đoạn nào có “pha xao”" in page
    assert "/vi/search?q=pha+rao" in page or "/vi/search?q=pha%20rao" in page
    assert "/vi/sign-in?next=" in page
    assert "/vi/sign-in?next=" not in client_of("sam").get("/vi/search?q=pha+xao").text


def test_suggestions_use_readable_text_only(searchable: Toolbox, client_of: ClientOf) -> None:
    assert "q=biet" in client_of("cleo").get("/vi/search?q=biex").text
    assert "q=biet" not in client_of("sam").get("/vi/search?q=biex").text


def test_search_finds_interview_by_title(searchable: Toolbox, client_of: ClientOf) -> None:
    page = client_of(None).get("/vi/search?q=chuyen+LK-1").text
    assert "Khớp phần mô tả của cuộc phỏng vấn" in page
    assert accessions(page) >= {"LK-1"}
    assert "LK-9" not in page


def test_invalid_query_shows_its_problem(searchable: Toolbox, client_of: ClientOf) -> None:
    for query, status, sentence in (
        ("", 200, "Type a few words that you remember"),
        ("   ", 200, "Type a few words that you remember"),
        ("!!! ???", 400, "There is no word to search for."),
        ("a " * 40, 400, "There are too many words."),
        ("a" * 1001, 400, "The search is too long."),
        ("x*", 400, "The beginning before * is too short."),
    ):
        answer = client_of(None).get("/en/search", query_string={"q": query})
        assert answer.status_code == status, query
        assert sentence in answer.text
        assert "Search again" not in answer.text, "the same words would be refused again"


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' OR 1=1 --",
    "\x00",
    "%",
    "*:*",
    "NOT",
    "AND OR",
    "field:value",
    "(((((",
    '"""',
    "[1 TO 9]",
    "\u202e",
    "🏠",
    "a" * 5000,
    "\\",
    "kind:description",
    "access:staff phá",
)


def test_hostile_query_is_escaped(searchable: Toolbox, client_of: ClientOf) -> None:
    for query in HOSTILE:
        answer = client_of(None).get("/vi/search", query_string={"q": query})
        assert answer.status_code in (200, 400), query
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
        assert "LK-9" not in answer.text


def test_invalid_page_number_is_answered(searchable: Toolbox, client_of: ClientOf) -> None:
    for page in ("0", "-1", "2", "100", "101", "99999999999", "x", ""):
        arguments = {"q": "phá rào", "page": page}
        answer = client_of(None).get("/vi/search", query_string=arguments)
        assert answer.status_code in (200, 400), page


def test_pages_contain_every_interview_once(toolbox: Toolbox, client_of: ClientOf) -> None:
    for number in range(23):
        add_interview_with_text(toolbox, f"X-{number:02}", "Sáng nào cũng gánh nước.")
    index_all(toolbox)
    reader, seen = client_of(None), []
    for page in (1, 2, 3):
        text = reader.get(f"/vi/search?q=ganh+nuoc&page={page}").text
        seen += re.findall(r'class="no-break">(X-\d\d)<', text.partition('id="results"')[2])
    assert sorted(seen) == [f"X-{number:02}" for number in range(23)]
    pager = reader.get("/vi/search?q=ganh+nuoc").text.partition('class="pager"')[2]
    for href in re.findall(r'href="(/[^"]+)"', pager.partition("</nav>")[0]):
        assert reader.get(html.unescape(href)).status_code == 200


def test_unreadable_index_shows_a_message(
    searchable: Toolbox, client_of: ClientOf, settings: Settings
) -> None:
    searchable.index.close()
    for file in settings.index_dir.rglob("*"):
        if file.is_file():
            file.write_bytes(b"broken")
    answer = client_of(None).get("/en/search?q=pha+rao")
    assert answer.status_code == 503
    assert "The search index is being rebuilt." in answer.text
    assert "Search again" in answer.text
    assert 'value="pha rao"' in answer.text
    assert client_of(None).get("/en/").status_code == 200


def test_text_closed_since_indexing_is_not_shown(searchable: Toolbox, client_of: ClientOf) -> None:
    with searchable.database.writing() as db:
        db.query(Interview).filter_by(accession="LK-1").one().audience = "staff"
    page = client_of(None).get("/vi/search?q=pha+rao").text
    assert "LK-1" not in page  # although the index has not heard of it yet
    assert "nhà máy" not in page


def test_highlight_merges_adjacent_marks_and_cuts_text() -> None:
    assert highlight("dám phá rào để", [(4, 7), (8, 11)]) == "dám <mark>phá rào</mark> để"
    assert highlight("phá, rào", [(0, 3), (5, 8)]) == "<mark>phá</mark>, <mark>rào</mark>"
    assert highlight("<b> & rào", [(6, 9)]) == "&lt;b&gt; &amp; <mark>rào</mark>"
    long = "chữ " * 400
    cut = highlight(long + "rào" + " chữ" * 400, [(len(long), len(long) + 3)])
    assert "<mark>rào</mark>" in cut
    assert cut.startswith("… ")
    assert cut.endswith(" …")
    assert len(cut) < 700


def test_samples_are_searched_separately(searchable: Toolbox, client_of: ClientOf) -> None:
    add_interview_with_text(
        searchable, "MAU-1", "Cái giếng của hẻm mẫu.", "Chiếc đò chiều.", is_sample=True
    )
    add_interview_with_text(searchable, "LK-8", "Hẻm nhỏ của tôi.")
    index_all(searchable)
    public = client_of(None)
    assert "MAU-1" not in public.get("/vi/search?q=hem").get_data(as_text=True)
    sample = public.get("/vi/search?q=hem&set=samples").get_data(as_text=True)
    assert accessions(sample) == {"MAU-1"}
    only_there = public.get("/vi/search?q=chiec+do").get_data(as_text=True)
    assert accessions(only_there) == {"MAU-1"}, "better than nothing, and marked"
    assert "Mẫu, hư cấu" in only_there
    by_name = public.get("/vi/search?q=MAU-1").text.partition('class="description-hits"')[2]
    assert "Mẫu, hư cấu" in by_name.partition("<ul>")[0]
