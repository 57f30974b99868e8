"""Invented passages and queries for the contract of search backends."""

from __future__ import annotations

import random
from dataclasses import replace

from search.backends.base import Backend, IndexedInterview
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


def numbered_interview(number: int, seed: int, *, version: int = 1) -> IndexedInterview:
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
                    "recording": f"{name}/part {1 + index % 2}",
                },
            )
        )
    return IndexedInterview(name, version, documents)


def fill(backend: Backend) -> None:
    """Fill: a batch, single puts, a new version, an emptied and a dropped interview."""
    backend.put_many([numbered_interview(number, 1) for number in range(18)])
    for number in range(18, 24):
        one = numbered_interview(number, 1)
        backend.put(one.interview, one.documents, one.version)
    for number in (3, 7, 20):
        one = numbered_interview(number, 2, version=2)
        backend.put(one.interview, one.documents, one.version)
    backend.put("HCM-005", [], 3)
    backend.drop("HCM-011", "never-there")


def search_as(
    backend: Backend, text: str, access: frozenset[str] = PUBLIC, **more: object
) -> SearchResults:
    request = SearchRequest(
        query=parse_query(text), access=access, facets=("year", "role", "collection")
    )
    return replace(backend.find(replace(request, **more)), generation="")  # type: ignore[arg-type]


def answers(backend: Backend, access: frozenset[str], **more: frozenset[str]) -> list[object]:
    """Return everything that a reader is given for every query, suggestions included."""
    given: list[object] = []
    for text in (*QUERIES, "giau phong", "dẹt"):
        request = replace(SearchRequest(query=parse_query(text), access=access), **more)  # type: ignore[arg-type]
        given += [search_as(backend, text, access, **more), backend.suggest(request)]
    return given
