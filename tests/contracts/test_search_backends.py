"""Every backend in the registry returns the results of ``in_memory``, in the same order."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from search.backends.base import Backend, IndexedInterview
from search.backends.in_memory import InMemory
from search.backends.registry import BACKENDS, open_backend
from search.backends.terms import MOST_PREFIX_TERMS
from search.highlight import highlight_ranges
from search.passages import PassageDocument
from search.query import parse_query
from search.results import SearchRequest, SearchResults

PUBLIC = frozenset({"public"})
STAFF = frozenset({"public", "staff"})

SENTENCES = [
    "Sau ngày giải phóng tôi về lại chợ Bến Thành tìm việc làm",
    "Ngày ba mươi tháng tư năm bảy lăm cả nhà tôi ở quận 1",
    "Hồi đó ủy ban nhân dân phường cấp sổ gạo cho từng hộ",
    "UBND quận mời bà con họp tổ dân phố mỗi tối thứ năm",
    "Tôi vô hợp tác xã dệt năm 1978 làm ca đêm với má tôi",
    "Ngoai Bac gui vao may dong chi giai phong va ma toi nau com",
    "Ở TP.HCM lúc ấy xếp hàng mua gạo mua mắm từ sáng sớm",
    "Thành phố Hồ Chí Minh năm 1986 bắt đầu đổi mới",
    "Cái mả của ông nội nằm ở Cần Giờ gần rừng Sác",
    "Con mà đi kinh tế mới thì mẹ ở lại với ngoại",
    "Hoà bình rồi ai cũng mừng, hòa thuận trong xóm",
    "Kỹ sư Mỹ để lại máy dệt, thợ kĩ thuật mình sửa chạy lại",
    "30/4/1975 giải phóng, 2-9-1975 mít tinh lớn lắm",
    "Ngày 30 tháng 4 năm nào cũng cúng giỗ anh Tư",
    "Không có gì quý hơn độc lập tự do, ông nói vậy",
    "Sài-gòn mưa ngập tới gối, Sài Gòn nắng chang chang",
    "Phá rào là bung ra làm ăn, xé rào mua lúa giá cao",
    "Má, má ơi, con đây, má nghe không má",
    "Chị em thanh niên xung phong ở Q.1 đi đào kênh",
    "Giãi bày với tổ trưởng rồi mới được giải quyết",
    "Đường về phong ba, đương lúc khó khăn, duong con dai",
    "Nước lên tháng 10 năm 1978 lụt hết xóm Chiếu",
    "Tháng mười năm bảy tám nước ngập tới mái nhà",
    "Năm 1975-1976 học lại ở trường Marie Curie",
]
ENGLISH = [
    "The factories closed on April 30, 1975 and my mother's house was taken",
    "She worked in a factory near the market, the church was next to two churches",
]
QUERIES = [
    "giai phong",
    "giải phóng",
    "giãi phóng",
    "má",
    "ma",
    "mả",
    "mà",
    '"má"',
    '"giải phóng"',
    '"giai phong"',
    '"bến thành tìm"',
    "cho ben thanh",
    "bến chợ thành",
    "hoà bình",
    "hòa",
    "ki thuat",
    "kỹ thuật",
    "30/4/1975",
    "30-4-1975",
    "30 tháng 4 năm 1975",
    "tháng 10 năm 1978",
    "ba mươi tháng tư năm bảy lăm",
    "30/4",
    "1975",
    '"năm 1975"',
    "TP.HCM",
    "thanh pho ho chi minh",
    '"ở TP.HCM lúc"',
    "UBND quận",
    "ủy ban nhân dân",
    "quan 1",
    "Q.1",
    "sài gòn",
    '"sai gon"',
    "phong*",
    "ng*",
    "gaio~",
    "phogn~ giải",
    "factory",
    "factories",
    "mother",
    '"factories closed"',
    "độc lập tự do",
    '"quý hơn độc lập"',
    "tôi",
    "xyzxyz",
    "đường",
    "duong",
    '"30/4/1975 giải phóng"',
    '"má má"',
    '"má ơi con đây má"',
    "may",
    "máy",
    "mấy",
    '"tờ ngoại" gạo',
    "gạo mua mua gạo",
    '"tôi về lại" chợ',  # the neighbours are not the rarest words of their clauses
    'lại "chợ bến thành"',
]


def interview(number: int, seed: int, *, version: int = 1) -> IndexedInterview:
    """Passages of shuffled sentences, with an overlap into the next, mixed access and fields."""
    draw = random.Random(seed * 1000 + number)
    name = f"HCM-{number:03d}"
    is_english = number % 7 == 6
    pool = ENGLISH if is_english else SENTENCES
    texts = [". ".join(draw.sample(pool, draw.randint(1, 2))) for _ in range(draw.randint(2, 9))]
    documents = []
    for index, text in enumerate(texts):
        following = " ".join(texts[index + 1].split()[:8]) if index + 1 < len(texts) else ""
        documents.append(
            PassageDocument(
                pid=f"{name}/{index}/{version}",
                interview=name,
                version=version,
                text=f"{text} {following}".rstrip(),
                overlap_from=len(text),
                access=draw.choice([PUBLIC, frozenset({"staff"}), frozenset({"staff", "public"})]),
                fields={
                    "collection": draw.choice(["chợ", "dệt", "kinh tế mới"]),
                    "year": {str(draw.randint(1975, 1979)) for _ in range(2)},
                    "language": "en" if is_english else "vi",
                    "role": draw.choice(["witness", "interviewer"]),
                    "state": draw.choice(["machine", "approved"]),
                },
            )
        )
    return IndexedInterview(name, version, documents)


def fill(backend: Backend) -> None:
    """Fill: a batch, single puts, a new version, an emptied and a dropped interview."""
    backend.put_many([interview(number, 1) for number in range(18)])
    for number in range(18, 24):
        one = interview(number, 1)
        backend.put(one.interview, one.documents, one.version)
    for number in (3, 7, 20):
        one = interview(number, 2, version=2)
        backend.put(one.interview, one.documents, one.version)
    backend.put("HCM-005", [], 3)
    backend.drop("HCM-011", "never-there")


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


@pytest.fixture(params=sorted(BACKENDS))
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    backend = open_backend(request.param, tmp_path / "index")
    yield backend
    backend.close()


def search_as(
    backend: Backend, text: str, access: frozenset[str] = PUBLIC, **more: object
) -> SearchResults:
    request = SearchRequest(
        query=parse_query(text), access=access, facets=("year", "role", "collection")
    )
    return replace(backend.find(replace(request, **more)), generation="")  # type: ignore[arg-type]


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


def test_find_is_independent_of_hidden_passages(empty: Backend) -> None:
    shown = [interview(number, 1) for number in range(8)]
    only_public = [
        replace(one, documents=[d for d in one.documents if "public" in d.access]) for one in shown
    ]
    empty.put_many(only_public)
    questions = [*QUERIES, "giau phong", "dẹt"]
    before = [search_as(empty, text) for text in questions]
    suggested = [
        empty.suggest(SearchRequest(query=parse_query(t), access=PUBLIC)) for t in questions
    ]
    empty.put_many(shown)
    assert [search_as(empty, text) for text in questions] == before
    assert [
        empty.suggest(SearchRequest(query=parse_query(t), access=PUBLIC)) for t in questions
    ] == suggested
    assert empty.health().passages > sum(len(one.documents) for one in only_public)


@pytest.mark.parametrize("text", ["ng*", "ng* chợ", "chợ ng*"])
def test_more_hidden_words_than_a_prefix_may_have_change_nothing(empty: Backend, text: str) -> None:
    """The first words of a prefix are looked at, in their order: hidden ones must not count."""
    letters = "abcdefghijklmnop"
    hidden_words = " ".join(f"ng{one}{other}" for one in letters for other in letters)
    assert len(hidden_words.split()) > MOST_PREFIX_TERMS

    def passage(name: str, access: str, words: str) -> IndexedInterview:
        document = PassageDocument(
            pid=name, interview=name, version=1, text=words, access=frozenset({access})
        )
        return IndexedInterview(name, 1, [document])

    shown = passage("HCM-001", "public", "chợ ngzz chợ")
    empty.put_many([shown, passage("HCM-002", "public", "chợ xa ngzz xa chợ")])
    before = search_as(empty, text)
    assert before.total == 2
    empty.put_many([passage("HCM-003", "staff", f"chợ {hidden_words} chợ")])
    assert search_as(empty, text) == before


def test_find_excludes_closed_interviews(empty: Backend) -> None:
    fill(empty)
    closed = frozenset({"HCM-001", "HCM-004", "HCM-006", "never-there"})
    questions = [*QUERIES, "giau phong", "dẹt"]
    results = [search_as(empty, text, STAFF, closed=closed) for text in questions]
    suggested = [
        empty.suggest(SearchRequest(query=parse_query(t), access=STAFF, closed=closed))
        for t in questions
    ]
    assert results != [search_as(empty, text, STAFF) for text in questions]
    empty.drop(*closed)
    assert results == [search_as(empty, text, STAFF) for text in questions]
    assert suggested == [
        empty.suggest(SearchRequest(query=parse_query(t), access=STAFF)) for t in questions
    ]


def test_rebuild_replaces_all_interviews(empty: Backend) -> None:
    fill(empty)
    kept = [interview(number, 5) for number in range(3)]
    assert empty.rebuild(kept) == sum(len(one.documents) for one in kept)
    fresh = InMemory()
    fresh.put_many(kept)
    assert empty.indexed_versions() == fresh.indexed_versions()
    for text in QUERIES:
        assert search_as(empty, text, STAFF) == search_as(fresh, text, STAFF)


def test_optimise_changes_no_results(empty: Backend) -> None:
    fill(empty)
    before = [search_as(empty, text, STAFF) for text in QUERIES], empty.indexed_versions()
    empty.optimise()
    empty.optimise()
    assert ([search_as(empty, text, STAFF) for text in QUERIES], empty.indexed_versions()) == before
    assert empty.health().segments == 1


def test_put_twice_equals_put_once(empty: Backend) -> None:
    one = interview(1, 1)
    empty.put(one.interview, one.documents, one.version)
    first = search_as(empty, "tôi", STAFF)
    generation = empty.generation()
    empty.put(one.interview, one.documents, one.version)
    assert search_as(empty, "tôi", STAFF) == first
    assert empty.generation() != generation


def test_find_before_the_first_write_returns_nothing(empty: Backend) -> None:
    assert search_as(empty, "tôi").total == 0
    assert empty.indexed_versions() == {}
    assert empty.suggest(SearchRequest(query=parse_query("toi"), access=PUBLIC)) == ()


def test_put_many_with_an_error_writes_nothing(empty: Backend) -> None:
    fill(empty)
    before = search_as(empty, "tôi", STAFF)

    def broken() -> Iterator[IndexedInterview]:
        yield interview(1, 9, version=9)
        raise RuntimeError("the reader of the database fell over")

    with pytest.raises(RuntimeError):
        empty.put_many(broken())
    assert search_as(empty, "tôi", STAFF) == before
    assert empty.put_many([interview(1, 9, version=9)]) > 0


def test_indexed_interview_refuses_other_passages() -> None:
    with pytest.raises(ValueError, match="is not of"):
        IndexedInterview("other", 1, interview(1, 1).documents)


def test_find_does_not_return_words_of_the_overlap(empty: Backend) -> None:
    def passage(pid: str, text: str, own: int) -> PassageDocument:
        return PassageDocument(
            pid=pid, interview="A", version=1, text=text, overlap_from=own, access=PUBLIC
        )

    first, second = "chúng tôi bị đẩy tới phá", "rào mà làm ăn"
    empty.put(
        "A", [passage("1", f"{first} {second}", len(first)), passage("2", second, len(second))], 1
    )
    assert [hit.pid for hit in search_as(empty, "rao").hits] == ["2"]
    assert [hit.pid for hit in search_as(empty, '"phá rào"').hits] == ["1"]
    assert [hit.pid for hit in search_as(empty, '"làm ăn"').hits] == ["2"]
    assert search_as(empty, '"phá rào"').total == 1


@pytest.mark.parametrize("text", QUERIES)
def test_highlight_ranges_mark_every_found_passage(oracle: Backend, text: str) -> None:
    query = parse_query(text)
    found = oracle.find(SearchRequest(query=query, access=STAFF, per_page=100))
    texts = {
        document.pid: (document.text, "en" if "en" in document.field_values("language") else "")
        for number in range(24)
        for one in (interview(number, 1), interview(number, 2, version=2))
        for document in one.documents
    }
    for hit in found.hits:
        passage, language = texts[hit.pid]
        assert highlight_ranges(passage, query, language=language)
