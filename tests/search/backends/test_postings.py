"""Blocks read whole and postings read one by one give the same arrays."""

from pathlib import Path

import numpy as np
import pytest
from whoosh import index as whoosh_index

from search.backends import postings
from search.backends.base import IndexedInterview
from search.backends.on_disk import OnDisk
from search.backends.schema import ACCESS, WORDS
from search.passages import PassageDocument
from search.query import parse
from search.results import SearchRequest


@pytest.fixture
def index(tmp_path: Path) -> OnDisk:
    made = OnDisk(tmp_path)
    documents = [
        PassageDocument(
            pid=str(n), interview=f"I{n % 9}", version=1, access=frozenset({"public"}),
            text=" ".join(["má"] * (n % 4 + 1) + [f"số{n % 50}", "chung"]),
        )
        for n in range(2500)
    ]  # fmt: skip
    made.put_many(
        IndexedInterview(f"I{k}", 1, [d for d in documents if d.interview == f"I{k}"])
        for k in range(9)
    )
    return made


def test_both_ways_of_reading_agree_over_several_blocks(index: OnDisk) -> None:
    path = index._folder.current()
    reader = whoosh_index.open_dir(str(path)).reader()
    for field, term in [(WORDS, "ma~1"), (WORDS, "chung"), (WORDS, "sô7~1"), (ACCESS, "public")]:
        fast = index._refreshed().postings(field, term)
        plain = postings.read_plainly(
            reader.postings(field, term.encode()), has_positions=field == WORDS
        )
        for one, other in zip(fast, plain, strict=True):
            np.testing.assert_array_equal(one, other)
    assert len(index._refreshed().postings(WORDS, "chung").documents) == 2500
    reader.close()


def test_another_codec_is_read_through_the_public_interface(
    index: OnDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = SearchRequest(query=parse('"má má" chung'), access=frozenset({"public"}))
    expected = index.find(request)
    index.close()
    monkeypatch.setattr(postings, "_has_blocks", lambda _: False)
    assert index.find(request) == expected
    assert expected.total == 1875


def test_the_cache_lets_go_of_what_was_not_used() -> None:
    cache = postings.PostingCache(1_000)
    some = postings.Postings(*(np.zeros(10, np.int32) for _ in range(3)))
    for n in range(5):
        cache.keep(("s", "f", str(n)), some)
        cache.get(("s", "f", "0"))
    assert cache.size_bytes <= 1_000
    assert cache.get(("s", "f", "0")) is some
    assert cache.get(("s", "f", "1")) is None
    cache.forget({"s"})
    assert cache.size_bytes == 0
