"""`flask search` and `flask reindex`: JSON shapes, access rights, invalid queries."""

from __future__ import annotations

import pytest

from archive.toolbox import Toolbox
from tests.support.cast import CAST
from tests.support.cli_runner import CliRunner
from tests.support.searchable_interviews import add_interview_with_text, index_all

HIT_KEYS = {
    "accession",
    "segment",
    "start_ms",
    "end_ms",
    "speaker",
    "text",
    "marks",
    "state",
    "score",
}


@pytest.fixture(autouse=True)
def _interviews(toolbox: Toolbox) -> None:
    add_interview_with_text(toolbox, "LK-1", "Dạ.", "Sau ngày giải phóng tôi về lại chợ.")
    add_interview_with_text(
        toolbox, "LK-2", "Giải phóng, giải phóng rồi.", audience="staff", state="machine"
    )
    add_interview_with_text(toolbox, "LK-3", "Giải phóng xong thì học lại.", audience="registered")
    index_all(toolbox)


def test_search_json_has_the_documented_shape(runner: CliRunner) -> None:
    result = runner.json("search", "giai phong", "--as", "public")
    assert result["total"] == 1
    [hit] = result["hits"]
    assert hit.keys() >= HIT_KEYS
    assert (hit["accession"], hit["state"], hit["speaker"]) == ("LK-1", "approved", "Giọng 1")
    assert (hit["start_ms"], hit["end_ms"]) == (10_000, 19_000)
    assert [hit["text"][a:b] for a, b in hit["marks"]] == ["giải", "phóng"]


def test_search_as_an_account_applies_its_rights(runner: CliRunner) -> None:
    def accessions(*options: str) -> set[str]:
        hits = runner.json("search", "giai phong", *options)["hits"]
        return {hit["accession"] for hit in hits}

    assert accessions("--as", "public") == {"LK-1"}
    assert accessions("--as", CAST["sam"].email) == {"LK-1", "LK-3"}
    assert accessions("--as", CAST["cleo"].email.upper()) == {"LK-1", "LK-2", "LK-3"}
    assert accessions() == {"LK-1", "LK-2", "LK-3"}  # the command line has all rights
    assert "nobody@archive.test" in runner.fails(
        "unknown_account", "search", "chợ", "--as", "nobody@archive.test"
    )


def test_search_with_limit_returns_the_best_hits(runner: CliRunner) -> None:
    result = runner.json("search", "giai phong", "--limit", "2")
    assert (result["total"], len(result["hits"])) == (3, 2)
    scores = [hit["score"] for hit in result["hits"]]
    assert scores == sorted(scores, reverse=True)
    assert result["hits"][0]["accession"] == "LK-2"  # contains the phrase twice
    runner.usage_error("search", "chợ", "--limit", "0")
    runner.usage_error("search", "chợ", "--limit", "many")


def test_search_with_a_large_limit_reads_several_pages(runner: CliRunner, toolbox: Toolbox) -> None:
    add_interview_with_text(toolbox, "LK-4", *(f"Con đò thứ {number}." for number in range(130)))
    index_all(toolbox)
    result = runner.json("search", "con do", "--limit", "120")
    assert (result["total"], len(result["hits"])) == (130, 120)
    assert len({hit["segment"] for hit in result["hits"]}) == 120
    assert len(runner.json("search", "con do", "--limit", "10000")["hits"]) == 130


def test_search_without_json_prints_lines(runner: CliRunner) -> None:
    message = runner.output("search", "giai phong", "--as", "public")
    assert message == "1 found\nLK-1 10.0s Giọng 1: Sau ngày giải phóng tôi về lại chợ.\n"
    assert runner.json("search", "xyzzy") == {"total": 0, "hits": []}


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
def test_search_with_an_invalid_query_fails_with_its_code(
    runner: CliRunner, text: str, code: str
) -> None:
    runner.fails(code, "search", text)


@pytest.mark.parametrize("text", ["' OR 1=1 --", "*" * 30, '"', "(chợ", "\x00", "AND NOT", "-x"])
def test_search_with_hostile_text_does_not_crash(runner: CliRunner, text: str) -> None:
    assert runner.run("search", "--", text).exit_code in (0, 1)


def test_reindex_rebuilds_the_same_index(runner: CliRunner, toolbox: Toolbox) -> None:
    before = runner.json("search", "giai phong")
    assert runner.json("reindex") == {"passages": 4 + 3}
    assert runner.json("search", "giai phong") == before


def test_reindex_leaves_no_replaced_index_on_the_disk(runner: CliRunner, toolbox: Toolbox) -> None:
    """Words that were removed or hidden since would stay in its files."""
    runner.json("reindex")
    [left] = toolbox.settings.index_dir.glob("on_disk-*")
    assert left.name == toolbox.index.generation().partition(":")[0]


def test_search_with_a_damaged_index_advises_reindex(runner: CliRunner, toolbox: Toolbox) -> None:
    toolbox.index.close()
    for path in toolbox.settings.index_dir.glob("on_disk-*/*.seg"):
        path.unlink()
    assert "flask reindex" in runner.fails("index_damaged", "search", "chợ")
    runner.json("reindex")
    assert runner.json("search", "chợ")["total"] == 1
