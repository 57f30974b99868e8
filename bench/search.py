"""Search over 20,000 passages: times by kind of query, ours beside stock Whoosh.

The passages are invented from real Vietnamese syllables with frequencies like those of
speech; only the number of passages with a word matters for the time. Prints p50 and p95,
the ratio to Whoosh's own queries on the same index, and the p95 of the mixed set.
Run: ``python -m bench.search [passages]``.
"""

import argparse
import itertools
import random
import resource
import statistics
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench.figures import Figure, print_figures
from search.analysis import analyse_text
from search.backends.base import IndexedInterview
from search.backends.on_disk import OnDisk
from search.backends.stock import StockWhoosh
from search.highlight import highlight_ranges
from search.passages import PassageDocument
from search.query import parse_query
from search.results import SearchRequest

PASSAGES = 20_000
PER_INTERVIEW = 200
SYLLABLES = 65
VARIANTS = 12
STOCK_VARIANTS = 3
TARGET_P95_MS = 30.0
TARGET_FINDABLE_S = 2.0
READER = frozenset({"public", "registered"})

_ONSETS = "b c ch d đ g gi h kh l m n ng nh ph qu s t th tr v x"
_RIMES = (
    "a ai am an ang anh ao at au ay ăn ăng âm ân âu ây e em en eo ê ên ênh i ia iêm iên iêng "
    "iêu im in inh iu o oa oai oan oi om on ong ô ôi ôm ôn ông ơ ơi ơm ơn u ua uân ui um un "
    "ung uôi uôn uông ư ưa ươi ươm ươn ương ưu uy uyên"
)
_TONES = ("", "\u0301", "\u0300", "\u0309", "\u0303", "\u0323")


def syllables(rng: random.Random) -> list[str]:
    """Return 7,000 syllables in random order of frequency."""
    found = []
    for onset, rime, tone in itertools.product(_ONSETS.split(), _RIMES.split(), _TONES):
        at = next(i for i, c in enumerate(rime) if c in "aăâeêioôơuưy")
        found.append(unicodedata.normalize("NFC", onset + rime[: at + 1] + tone + rime[at + 1 :]))
    rng.shuffle(found)
    return found[:7000]


class Corpus:
    """Invented interviews: topics, Zipf word frequencies, a few texts without marks."""

    def __init__(self, passages: int) -> None:
        self.passages = passages
        self.rng = random.Random(30041975)
        self.vocabulary = syllables(self.rng)
        weights = [1 / (rank + 2.7) ** 1.03 for rank in range(len(self.vocabulary))]
        self.cumulative = list(itertools.accumulate(weights))
        self.pairs = [
            (self.rng.choice(self.vocabulary[:900]), self.rng.choice(self.vocabulary[:900]))
            for _ in range(3000)
        ]
        self.names = ["".join(self.rng.choices("bdgkrstvz", k=7)) for _ in range(4000)]
        self.passage_counts: dict[str, int] = {}

    def text(self, topics: list[tuple[str, str]]) -> str:
        """Return 45–85 syllables; some with a date, one in five hundred without marks."""
        words: list[str] = []
        length = self.rng.randint(45, 85)
        while len(words) < length:
            words.extend(self.rng.choices(self.vocabulary, cum_weights=self.cumulative, k=5))
            if self.rng.random() < 0.4:
                words.extend(self.rng.choice(topics))
        if self.rng.random() < 0.02:
            words.insert(5, "ngày 30/4/1975 ở TP.HCM")
        if self.rng.random() < 0.3:
            words.append(self.rng.choice(self.names))
        text = " ".join(words)
        if self.rng.random() < 0.002:
            text = " ".join(token.folded for token in analyse_text(text))
        return text

    def interview(self, number: int) -> IndexedInterview:
        """Build one interview with 40 topics."""
        name = f"HCM-{number:05d}"
        topics = self.rng.sample(self.pairs, 40)
        language = "en" if self.rng.random() < 0.08 else "vi"
        collection = self.rng.choice(["chợ", "dệt", "y tế", "trường học", "kinh tế mới"])
        documents = []
        for index in range(min(PER_INTERVIEW, self.passages - number * PER_INTERVIEW)):
            text = self.text(topics)
            for word in {token.folded for token in analyse_text(text)}:
                self.passage_counts[word] = self.passage_counts.get(word, 0) + 1
            documents.append(
                PassageDocument(
                    pid=f"{name}/{index:04d}",
                    interview=name,
                    version=1,
                    text=text,
                    access=frozenset(
                        {self.rng.choices(["public", "registered", "staff"], [80, 15, 5])[0]}
                    ),
                    fields={
                        "collection": collection,
                        "year": {str(self.rng.randint(1975, 2020)) for _ in range(2)},
                        "language": language,
                        "role": self.rng.choices(["witness", "interviewer"], [4, 1])[0],
                        "state": self.rng.choice(["machine", "corrected", "approved"]),
                    },
                )
            )
        return IndexedInterview(name, 1, documents)

    def interviews(self) -> Iterator[IndexedInterview]:
        """Yield all interviews."""
        for number in range(-(-self.passages // PER_INTERVIEW)):
            yield self.interview(number)

    def words_by_frequency(self, low: float, high: float) -> list[str]:
        """Return words whose folded form is in a share of passages between `low` and `high`."""
        bounds = (low * self.passages, high * self.passages)
        found = [
            word
            for word in self.vocabulary + self.names
            if bounds[0] < self.passage_counts.get(without_marks(word), 0) <= bounds[1]
        ]
        return self.rng.sample(found, min(len(found), VARIANTS * 2))


def without_marks(text: str) -> str:
    """Return the folded text, without marks."""
    return " ".join(token.folded for token in analyse_text(text))


def queries(corpus: Corpus) -> dict[str, list[SearchRequest]]:
    """Return the mixed set: kinds of query, each with its variants."""
    rare, mid, common = (
        corpus.words_by_frequency(0, 0.0008),
        corpus.words_by_frequency(0.01, 0.05),
        corpus.words_by_frequency(0.1, 0.6),
    )
    pairs = [" ".join(pair) for pair in corpus.rng.sample(corpus.pairs, VARIANTS)]
    filters = {
        "year": frozenset(map(str, range(2005, 2016))),
        "collection": frozenset({"chợ", "dệt"}),
    }
    facets = ("year", "collection", "state")

    def requests(texts: list[str], **options: object) -> list[SearchRequest]:
        interviews = [
            SearchRequest(query=parse_query(text), access=READER) for text in texts[:VARIANTS]
        ]
        return [replace(request, **options) for request in interviews]  # type: ignore[arg-type]

    two = [f"{a} {b}" for a, b in zip(mid, mid[1:] + mid[:1], strict=True)]
    slips = [word[:1] + word[2:] + "~" for word in map(without_marks, mid) if len(word) > 3]
    return {
        "rare word": requests(rare),
        "mid word": requests(mid),
        "common word": requests(common),
        "word without marks": requests([without_marks(word) for word in common]),
        "two words": requests(two),
        "phrase": requests([f'"{pair}"' for pair in pairs]),
        "phrase, bare": requests([f'"{without_marks(pair)}"' for pair in pairs]),
        "two words, bare": requests([without_marks(pair) for pair in pairs]),
        "beginning": requests(
            [f"{without_marks(word)[:3]}*" for word in mid if len(without_marks(word)) > 3]
        ),
        "one letter off": requests(slips),
        "date": requests(["30/4/1975", "30 tháng 4", '"30/4/1975 ở TP.HCM"']),
        "mid, filters": requests(mid, filters=filters),
        "two words, filters": requests(two, filters=filters),
        "mid, 3 facets": requests(mid, facets=facets),
        "common, 3 facets": requests(common, facets=facets),
        "grouped, top 3": requests(mid, group_by_interview=True, facets=facets),
        "common, grouped": requests(common, group_by_interview=True, facets=facets),
        "page 50": requests(common, page=50),
    }


def milliseconds(work: Callable[[], object]) -> float:
    """Return the time of a call in ms."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def p95(times: list[float]) -> float:
    """Return the 95th percentile."""
    return sorted(times)[max(0, round(len(times) * 0.95) - 1)]


def report(
    requests_by_kind: dict[str, list[SearchRequest]], ours: OnDisk, stock: OnDisk
) -> list[float]:
    """Print a line per kind; return all times of our engine."""
    print(
        f"{'kind':<22}{'cold p50':>10}{'p50':>9}{'p95':>9}{'stock p50':>11}{'ratio':>8}{'hits':>8}"
    )
    mixed: list[float] = []
    for kind, requests in requests_by_kind.items():
        cold = [milliseconds(partial(ours.find, request)) for request in requests]
        warm = [milliseconds(partial(ours.find, r)) for r in requests for _ in range(3)]
        slow = [milliseconds(partial(stock.find, r)) for r in requests[:STOCK_VARIANTS]]
        mixed += cold + warm
        middle = statistics.median(warm)
        hits = statistics.median(ours.find(request).total for request in requests)
        print(
            f"{kind:<22}{statistics.median(cold):>10.2f}{middle:>9.2f}{p95(warm):>9.2f}"
            f"{statistics.median(slow):>11.1f}{statistics.median(slow) / middle:>7.0f}x{hits:>8.0f}"
        )
    return mixed


def main() -> None:
    """Build the index, run every query, update interviews and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("passages", nargs="?", type=int, default=PASSAGES)
    corpus = Corpus(parser.parse_args().passages)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        ours, stock = OnDisk(root), StockWhoosh(root)
        interviews = list(corpus.interviews())
        build_s = milliseconds(lambda: ours.rebuild(interviews)) / 1000
        size = sum(f.stat().st_size for f in root.rglob("*") if f.is_file()) / 2**20
        print(f"{corpus.passages} passages built in {build_s:.1f} s, {size:.0f} MiB on disk")
        requests_by_kind = queries(corpus)
        opened = milliseconds(lambda: ours.find(requests_by_kind["rare word"][0]))
        print(f"first question of a new process: {opened:.0f} ms")
        stock.find(requests_by_kind["rare word"][0])
        mixed = report(requests_by_kind, ours, stock)
        print(
            f"mixed set, first and repeated: p50 {statistics.median(mixed):.2f} ms, "
            f"p95 {p95(mixed):.2f} ms (target {TARGET_P95_MS:g} ms)"
        )
        updates = []
        for interview in interviews[:5]:
            update_ms = milliseconds(partial(ours.put, interview.interview, interview.documents, 1))
            find_ms = milliseconds(lambda: ours.find(requests_by_kind["mid word"][0]))
            updates.append(update_ms + find_ms)
        print(
            f"one corrected interview, merging included: p50 {statistics.median(updates):.0f} ms, "
            f"worst {max(updates):.0f} ms; {ours.health().segments} segments"
        )
        print_figures(
            Figure(
                name="search, p95 of the mixed set",
                measured=p95(mixed),
                unit="ms",
                target=TARGET_P95_MS,
                note=f"{corpus.passages} passages",
            ),
            Figure(
                name="a corrected interview is findable",
                measured=max(updates) / 1000,
                target=TARGET_FINDABLE_S,
                unit="s",
                note="index alone",
            ),
        )
        text = interviews[0].documents[0].text
        mark_ms = statistics.median(
            milliseconds(lambda: highlight_ranges(text, requests_by_kind["two words"][0].query))
            for _ in range(20)
        )
        print(f"highlight of one passage: {mark_ms:.2f} ms")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"peak memory of this process, corpus included: {peak:.0f} MiB")


if __name__ == "__main__":
    main()
