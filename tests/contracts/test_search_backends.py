"""Every backend in the registry answers as ``in_memory`` does: same hits, same order."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from search.backends.base import Backend, IndexedInterview
from search.backends.in_memory import InMemory
from search.backends.registry import BACKENDS, open_backend
from search.highlight import marks
from search.passages import PassageDocument
from search.query import parse
from search.results import Results, SearchRequest

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
    "giai phong", "giải phóng", "giãi phóng", "má", "ma", "mả", "mà", '"má"', '"giải phóng"',
    '"giai phong"', '"bến thành tìm"', "cho ben thanh", "bến chợ thành", "hoà bình", "hòa",
    "ki thuat", "kỹ thuật", "30/4/1975", "30-4-1975", "30 tháng 4 năm 1975", "tháng 10 năm 1978",
    "ba mươi tháng tư năm bảy lăm", "30/4", "1975", '"năm 1975"', "TP.HCM", "thanh pho ho chi minh",
    '"ở TP.HCM lúc"', "UBND quận", "ủy ban nhân dân", "quan 1", "Q.1", "sài gòn", '"sai gon"',
    "phong*", "ng*", "gaio~", "phogn~ giải", "factory", "factories", "mother", '"factories closed"',
    "độc lập tự do", '"quý hơn độc lập"', "tôi", "xyzxyz", "đường", "duong",
    '"30/4/1975 giải phóng"',
    '"má má"', '"má ơi con đây má"', "may", "máy", "mấy", '"tờ ngoại" gạo', "gạo mua mua gạo",
]  # fmt: skip


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
    """A history: a batch, single puts, a correction, an emptied and a dropped interview."""
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


def ask(backend: Backend, text: str, access: frozenset[str] = PUBLIC, **more: object) -> Results:
    request = SearchRequest(query=parse(text), access=access, facets=("year", "role", "collection"))
    return replace(backend.find(replace(request, **more)), generation="")  # type: ignore[arg-type]


@pytest.mark.parametrize("text", QUERIES)
def test_same_hits_scores_facets_and_order_as_the_oracle(
    filled: Backend, oracle: Backend, text: str
) -> None:
    for access in (PUBLIC, STAFF):
        assert ask(filled, text, access) == ask(oracle, text, access)
        second = ask(filled, text, access, page=2, per_page=5)
        assert second == ask(oracle, text, access, page=2, per_page=5)
        grouped = ask(filled, text, access, group_by_interview=True, per_page=4)
        assert grouped == ask(oracle, text, access, group_by_interview=True, per_page=4)
        assert filled.suggest(SearchRequest(query=parse(text), access=access)) == oracle.suggest(
            SearchRequest(query=parse(text), access=access)
        )


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
def test_filters_narrow_hits_and_facets_alike(
    filled: Backend, oracle: Backend, filters: dict[str, frozenset[str]]
) -> None:
    for text in ("tôi", "giai phong", "má"):
        assert ask(filled, text, STAFF, filters=filters) == ask(
            oracle, text, STAFF, filters=filters
        )


def test_an_empty_set_of_allowed_values_matches_nothing(filled: Backend) -> None:
    assert ask(filled, "tôi").total > 0
    assert ask(filled, "tôi", filters={"interview": frozenset()}).total == 0


def test_no_group_sees_nothing(filled: Backend) -> None:
    assert ask(filled, "tôi", frozenset()) == Results(
        total=0, interviews=0, facets={"year": {}, "role": {}, "collection": {}}
    )


def test_versions_tell_what_is_indexed(filled: Backend, oracle: Backend) -> None:
    versions = filled.versions()
    assert versions == oracle.versions()
    assert versions["HCM-005"] == 3
    assert versions["HCM-007"] == 2
    assert "HCM-011" not in versions


def test_hidden_passages_change_nothing_that_a_reader_sees(empty: Backend) -> None:
    shown = [interview(number, 1) for number in range(8)]
    only_public = [
        replace(one, documents=[d for d in one.documents if "public" in d.access]) for one in shown
    ]
    empty.put_many(only_public)
    questions = [*QUERIES, "giau phong", "dẹt"]
    before = [ask(empty, text) for text in questions]
    suggested = [empty.suggest(SearchRequest(query=parse(t), access=PUBLIC)) for t in questions]
    empty.put_many(shown)
    assert [ask(empty, text) for text in questions] == before
    assert [
        empty.suggest(SearchRequest(query=parse(t), access=PUBLIC)) for t in questions
    ] == suggested
    assert empty.health().passages > sum(len(one.documents) for one in only_public)


def test_what_was_closed_since_is_as_if_it_were_not_there(empty: Backend) -> None:
    fill(empty)
    closed = frozenset({"HCM-001", "HCM-004", "HCM-006", "never-there"})
    questions = [*QUERIES, "giau phong", "dẹt"]
    asked = [ask(empty, text, STAFF, closed=closed) for text in questions]
    suggested = [
        empty.suggest(SearchRequest(query=parse(t), access=STAFF, closed=closed)) for t in questions
    ]
    assert asked != [ask(empty, text, STAFF) for text in questions]
    empty.drop(*closed)
    assert asked == [ask(empty, text, STAFF) for text in questions]
    assert suggested == [
        empty.suggest(SearchRequest(query=parse(t), access=STAFF)) for t in questions
    ]


def test_rebuild_replaces_everything(empty: Backend) -> None:
    fill(empty)
    kept = [interview(number, 5) for number in range(3)]
    assert empty.rebuild(kept) == sum(len(one.documents) for one in kept)
    fresh = InMemory()
    fresh.put_many(kept)
    assert empty.versions() == fresh.versions()
    for text in QUERIES:
        assert ask(empty, text, STAFF) == ask(fresh, text, STAFF)


def test_tidying_changes_no_answer(empty: Backend) -> None:
    fill(empty)
    before = [ask(empty, text, STAFF) for text in QUERIES], empty.versions()
    empty.tidy()
    empty.tidy()
    assert ([ask(empty, text, STAFF) for text in QUERIES], empty.versions()) == before
    assert empty.health().segments == 1


def test_putting_twice_is_putting_once(empty: Backend) -> None:
    one = interview(1, 1)
    empty.put(one.interview, one.documents, one.version)
    first = ask(empty, "tôi", STAFF)
    generation = empty.generation()
    empty.put(one.interview, one.documents, one.version)
    assert ask(empty, "tôi", STAFF) == first
    assert empty.generation() != generation


def test_before_the_first_write_nothing_is_found(empty: Backend) -> None:
    assert ask(empty, "tôi").total == 0
    assert empty.versions() == {}
    assert empty.suggest(SearchRequest(query=parse("toi"), access=PUBLIC)) == ()


def test_a_failing_batch_writes_nothing(empty: Backend) -> None:
    fill(empty)
    before = ask(empty, "tôi", STAFF)

    def broken() -> Iterator[IndexedInterview]:
        yield interview(1, 9, version=9)
        raise RuntimeError("the reader of the database fell over")

    with pytest.raises(RuntimeError):
        empty.put_many(broken())
    assert ask(empty, "tôi", STAFF) == before
    assert empty.put_many([interview(1, 9, version=9)]) > 0


def test_a_passage_of_another_interview_is_refused() -> None:
    with pytest.raises(ValueError, match="is not of"):
        IndexedInterview("other", 1, interview(1, 1).documents)


def test_words_of_the_overlap_are_not_found_twice(empty: Backend) -> None:
    def passage(pid: str, text: str, own: int) -> PassageDocument:
        return PassageDocument(
            pid=pid, interview="A", version=1, text=text, overlap_from=own, access=PUBLIC
        )

    first, second = "chúng tôi bị đẩy tới phá", "rào mà làm ăn"
    empty.put(
        "A", [passage("1", f"{first} {second}", len(first)), passage("2", second, len(second))], 1
    )
    assert [hit.pid for hit in ask(empty, "rao").hits] == ["2"]
    assert [hit.pid for hit in ask(empty, '"phá rào"').hits] == ["1"]
    assert [hit.pid for hit in ask(empty, '"làm ăn"').hits] == ["2"]
    assert ask(empty, '"phá rào"').total == 1


@pytest.mark.parametrize("text", QUERIES)
def test_the_highlighter_marks_every_passage_that_is_found(oracle: Backend, text: str) -> None:
    query = parse(text)
    found = oracle.find(SearchRequest(query=query, access=STAFF, per_page=100))
    texts = {
        document.pid: (document.text, "en" if "en" in document.values("language") else "")
        for number in range(24)
        for one in (interview(number, 1), interview(number, 2, version=2))
        for document in one.documents
    }
    for hit in found.hits:
        passage, language = texts[hit.pid]
        assert marks(passage, query, language=language)
