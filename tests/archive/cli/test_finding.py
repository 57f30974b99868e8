"""`flask search` and `flask reindex`: shapes, rights, and whatever may be typed."""

from __future__ import annotations

import pytest

from archive.toolbox import Toolbox
from tests.cast import CAST
from tests.shell import Shell
from tests.told import index_all, told

HIT_KEYS = {
    "accession", "segment", "start_ms", "end_ms", "speaker", "text", "marks", "state", "score",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _interviews(toolbox: Toolbox) -> None:
    told(toolbox, "LK-1", "Dạ.", "Sau ngày giải phóng tôi về lại chợ.")
    told(toolbox, "LK-2", "Giải phóng, giải phóng rồi.", audience="staff", state="machine")
    told(toolbox, "LK-3", "Giải phóng xong thì học lại.", audience="registered")
    index_all(toolbox)


def test_the_shape_that_scripts_read(shell: Shell) -> None:
    found = shell.json("search", "giai phong", "--as", "public")
    assert found["total"] == 1
    [hit] = found["hits"]
    assert hit.keys() >= HIT_KEYS
    assert (hit["accession"], hit["state"], hit["speaker"]) == ("LK-1", "approved", "Giọng 1")
    assert (hit["start_ms"], hit["end_ms"]) == (10_000, 19_000)
    assert [hit["text"][a:b] for a, b in hit["marks"]] == ["giải", "phóng"]


def test_the_rights_of_whoever_is_named_apply(shell: Shell) -> None:
    def found(*words: str) -> set[str]:
        hits = shell.json("search", "giai phong", *words)["hits"]
        return {hit["accession"] for hit in hits}

    assert found("--as", "public") == {"LK-1"}
    assert found("--as", CAST["sam"].email) == {"LK-1", "LK-3"}
    assert found("--as", CAST["cleo"].email.upper()) == {"LK-1", "LK-2", "LK-3"}
    assert found() == {"LK-1", "LK-2", "LK-3"}  # who has the shell has the files
    assert "nobody@archive.test" in shell.refuses(
        "unknown_account", "search", "chợ", "--as", "nobody@archive.test"
    )


def test_best_first_and_no_more_than_asked_for(shell: Shell) -> None:
    found = shell.json("search", "giai phong", "--limit", "2")
    assert (found["total"], len(found["hits"])) == (3, 2)
    scores = [hit["score"] for hit in found["hits"]]
    assert scores == sorted(scores, reverse=True)
    assert found["hits"][0]["accession"] == "LK-2"  # says it twice
    shell.misused("search", "chợ", "--limit", "0")
    shell.misused("search", "chợ", "--limit", "many")


def test_more_than_a_page_of_hits(shell: Shell, toolbox: Toolbox) -> None:
    told(toolbox, "LK-4", *(f"Con đò thứ {number}." for number in range(130)))
    index_all(toolbox)
    found = shell.json("search", "con do", "--limit", "120")
    assert (found["total"], len(found["hits"])) == (130, 120)
    assert len({hit["segment"] for hit in found["hits"]}) == 120
    assert len(shell.json("search", "con do", "--limit", "10000")["hits"]) == 130


def test_people_read_lines(shell: Shell) -> None:
    said = shell.says("search", "giai phong", "--as", "public")
    assert said == "1 found\nLK-1 10.0s Giọng 1: Sau ngày giải phóng tôi về lại chợ.\n"
    assert shell.json("search", "xyzzy") == {"total": 0, "hits": []}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "query_empty"),
        ("?!", "query_empty"),
        ("x" * 100_000, "query_too_long"),
        ("một " * 33, "query_too_many_words"),
        ("n*", "query_prefix_too_short"),
        ("ch\udce1", "not_utf8"),
    ],
)
def test_what_cannot_be_asked(shell: Shell, text: str, code: str) -> None:
    shell.refuses(code, "search", text)


@pytest.mark.parametrize("text", ["' OR 1=1 --", "*" * 30, '"', "(chợ", "\x00", "AND NOT", "-x"])
def test_hostile_text_finds_what_it_finds(shell: Shell, text: str) -> None:
    assert shell.run("search", "--", text).exit_code in (0, 1)


def test_reindex_makes_the_index_from_nothing(shell: Shell, toolbox: Toolbox) -> None:
    before = shell.json("search", "giai phong")
    assert shell.json("reindex") == {"passages": 4 + 3}
    assert shell.json("search", "giai phong") == before


def test_an_index_that_cannot_be_read_asks_to_be_made_anew(shell: Shell, toolbox: Toolbox) -> None:
    toolbox.index.close()
    for path in toolbox.settings.index_dir.glob("on_disk-*/*.seg"):
        path.unlink()
    assert "flask reindex" in shell.refuses("index_damaged", "search", "chợ")
    shell.json("reindex")
    assert shell.json("search", "chợ")["total"] == 1
