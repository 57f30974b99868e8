"""Decoding by block and one by one gives the same arrays."""

from pathlib import Path

import numpy as np
import pytest
from whoosh import index as whoosh_index

from search.backends import postings
from search.backends.base import IndexedInterview
from search.backends.on_disk import OnDisk
from search.backends.schema import ACCESS, WORDS
from search.passages import PassageDocument
from search.query import parse_query
from search.results import SearchRequest


@pytest.fixture
def index(tmp_path: Path) -> OnDisk:
    made = OnDisk(tmp_path)
    documents = [
        PassageDocument(
            pid=str(n),
            interview=f"I{n % 9}",
            version=1,
            access=frozenset({"public"}),
            text=" ".join(["má"] * (n % 4 + 1) + [f"số{n % 50}", "chung"]),
        )
        for n in range(2500)
    ]
    made.put_many(
        IndexedInterview(f"I{k}", 1, [d for d in documents if d.interview == f"I{k}"])
        for k in range(9)
    )
    return made


def test_decoding_by_block_and_one_by_one_agree(index: OnDisk) -> None:
    path = index._folder.current()
    reader = whoosh_index.open_dir(str(path)).reader()
    for field, term in [(WORDS, "ma~1"), (WORDS, "chung"), (WORDS, "sô7~1"), (ACCESS, "public")]:
        fast = index._current_snapshot().postings(field, term)
        plain = postings.decode_one_by_one(
            reader.postings(field, term.encode()), has_positions=field == WORDS
        )
        for one, other in zip(fast, plain, strict=True):
            np.testing.assert_array_equal(one, other)
    assert len(index._current_snapshot().postings(WORDS, "chung").documents) == 2500
    reader.close()


def test_decode_of_other_codec_uses_the_public_interface(
    index: OnDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = SearchRequest(query=parse_query('"má má" chung'), access=frozenset({"public"}))
    expected = index.find(request)
    index.close()
    monkeypatch.setattr(postings, "_has_blocks", lambda _: False)
    assert index.find(request) == expected
    assert expected.total == 1875


def test_posting_cache_evicts_least_recently_used() -> None:
    cache = postings.PostingCache(1_000)
    some = postings.Postings(*(np.zeros(10, np.int32) for _ in range(3)))
    for n in range(5):
        cache.add(("s", "f", str(n)), some)
        cache.get(("s", "f", "0"))
    assert cache.size_bytes <= 1_000
    assert cache.get(("s", "f", "0")) is some
    assert cache.get(("s", "f", "1")) is None
    cache.drop_segments({"s"})
    assert cache.size_bytes == 0
