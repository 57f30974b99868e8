"""Every backend in the registry returns the results of ``in_memory``, in the same order."""

from collections.abc import Iterator

import pytest

from search.backends.base import Backend, IndexedInterview
from search.backends.in_memory import InMemory
from search.backends.registry import BACKENDS
from search.highlight import highlight_ranges
from search.passages import PassageDocument
from search.query import parse_query
from search.results import SearchRequest, SearchResults
from tests.support.search_passages import (
    PUBLIC,
    QUERIES,
    STAFF,
    fill,
    numbered_interview,
    search_as,
)


@pytest.fixture(scope="module")
def oracle() -> Backend:
    backend = InMemory()
    fill(backend)
    return backend


@pytest.fixture(scope="module", params=sorted(BACKENDS))
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Backend]:
    backend = BACKENDS[request.param](tmp_path_factory.mktemp("index"))
    fill(backend)
    yield backend
    backend.close()


@pytest.mark.parametrize("text", QUERIES)
def test_find_returns_the_results_of_the_reference_backend(
    filled: Backend, oracle: Backend, text: str
) -> None:
    for access in (PUBLIC, STAFF):
        assert search_as(filled, text, access) == search_as(oracle, text, access)
        second = search_as(filled, text, access, page=2, per_page=5)
        assert second == search_as(oracle, text, access, page=2, per_page=5)
        grouped = search_as(filled, text, access, group_by_interview=True, per_page=4)
        assert grouped == search_as(oracle, text, access, group_by_interview=True, per_page=4)
        assert filled.suggest(
            SearchRequest(query=parse_query(text), access=access)
        ) == oracle.suggest(SearchRequest(query=parse_query(text), access=access))


@pytest.mark.parametrize(
    "filters",
    [
        {"year": frozenset({"1975"})},
        {"year": frozenset({"1976", "1977"}), "role": frozenset({"witness"})},
        {"interview": frozenset({"HCM-002", "HCM-020"}), "state": frozenset({"approved"})},
        {"collection": frozenset({"chợ"}), "language": frozenset({"vi"})},
        {"collection": frozenset({"unheard of"})},
        {"no such field": frozenset({"x"})},
    ],
)
def test_find_with_filters_restricts_hits_and_facets(
    filled: Backend, oracle: Backend, filters: dict[str, frozenset[str]]
) -> None:
    for text in ("tôi", "giai phong", "má"):
        assert search_as(filled, text, STAFF, filters=filters) == search_as(
            oracle, text, STAFF, filters=filters
        )


def test_find_with_empty_filter_returns_nothing(filled: Backend) -> None:
    assert search_as(filled, "tôi").total > 0
    assert search_as(filled, "tôi", filters={"interview": frozenset()}).total == 0


def test_find_without_access_group_returns_nothing(filled: Backend) -> None:
    assert search_as(filled, "tôi", frozenset()) == SearchResults(
        total=0, interviews=0, facets={"year": {}, "role": {}, "collection": {}}
    )


def test_versions_returns_indexed_versions(filled: Backend, oracle: Backend) -> None:
    versions = filled.indexed_versions()
    assert versions == oracle.indexed_versions()
    assert versions["HCM-005"] == 3
    assert versions["HCM-007"] == 2
    assert "HCM-011" not in versions


def test_rebuild_replaces_all_interviews(empty_index: Backend) -> None:
    fill(empty_index)
    kept = [numbered_interview(number, 5) for number in range(3)]
    assert empty_index.rebuild(kept) == sum(len(one.documents) for one in kept)
    fresh = InMemory()
    fresh.put_many(kept)
    assert empty_index.indexed_versions() == fresh.indexed_versions()
    for text in QUERIES:
        assert search_as(empty_index, text, STAFF) == search_as(fresh, text, STAFF)


def test_optimise_changes_no_results(empty_index: Backend) -> None:
    fill(empty_index)
    before = (
        [search_as(empty_index, text, STAFF) for text in QUERIES],
        empty_index.indexed_versions(),
    )
    empty_index.optimise()
    empty_index.optimise()
    assert (
        [search_as(empty_index, text, STAFF) for text in QUERIES],
        empty_index.indexed_versions(),
    ) == before
    assert empty_index.health().segments == 1


def test_put_twice_equals_put_once(empty_index: Backend) -> None:
    one = numbered_interview(1, 1)
    empty_index.put(one.interview, one.documents, one.version)
    first = search_as(empty_index, "tôi", STAFF)
    generation = empty_index.generation()
    empty_index.put(one.interview, one.documents, one.version)
    assert search_as(empty_index, "tôi", STAFF) == first
    assert empty_index.generation() != generation


def test_find_before_the_first_write_returns_nothing(empty_index: Backend) -> None:
    assert search_as(empty_index, "tôi").total == 0
    assert empty_index.indexed_versions() == {}
    assert empty_index.suggest(SearchRequest(query=parse_query("toi"), access=PUBLIC)) == ()


def test_put_many_with_an_error_writes_nothing(empty_index: Backend) -> None:
    fill(empty_index)
    before = search_as(empty_index, "tôi", STAFF)

    def broken() -> Iterator[IndexedInterview]:
        yield numbered_interview(1, 9, version=9)
        raise RuntimeError("the reader of the database fell over")

    with pytest.raises(RuntimeError):
        empty_index.put_many(broken())
    assert search_as(empty_index, "tôi", STAFF) == before
    assert empty_index.put_many([numbered_interview(1, 9, version=9)]) > 0


def test_indexed_interview_refuses_other_passages() -> None:
    with pytest.raises(ValueError, match="is not of"):
        IndexedInterview("other", 1, numbered_interview(1, 1).documents)


def test_find_does_not_return_words_of_the_overlap(empty_index: Backend) -> None:
    def passage(pid: str, text: str, own: int) -> PassageDocument:
        return PassageDocument(
            pid=pid, interview="A", version=1, text=text, overlap_from=own, access=PUBLIC
        )

    first, second = "chúng tôi bị đẩy tới phá", "rào mà làm ăn"
    empty_index.put(
        "A", [passage("1", f"{first} {second}", len(first)), passage("2", second, len(second))], 1
    )
    assert [hit.pid for hit in search_as(empty_index, "rao").hits] == ["2"]
    assert [hit.pid for hit in search_as(empty_index, '"phá rào"').hits] == ["1"]
    assert [hit.pid for hit in search_as(empty_index, '"làm ăn"').hits] == ["2"]
    assert search_as(empty_index, '"phá rào"').total == 1


@pytest.mark.parametrize("text", QUERIES)
def test_highlight_ranges_mark_every_found_passage(oracle: Backend, text: str) -> None:
    query = parse_query(text)
    found = oracle.find(SearchRequest(query=query, access=STAFF, per_page=100))
    texts = {
        document.pid: (document.text, "en" if "en" in document.field_values("language") else "")
        for number in range(24)
        for one in (numbered_interview(number, 1), numbered_interview(number, 2, version=2))
        for document in one.documents
    }
    for hit in found.hits:
        passage, language = texts[hit.pid]
        assert highlight_ranges(passage, query, language=language)
