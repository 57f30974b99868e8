from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from transcription.merging import Hunk, differences, three_way
from transcription.tokens import normalise

BASE = "đêm ấy trời mưa to lắm cả xóm không ai ngủ mẹ tôi nấu một nồi khoai"

small_texts = st.lists(st.sampled_from("abc"), max_size=7).map(" ".join)


def test_three_way_of_separate_changes_applies_both() -> None:
    theirs = BASE.replace("đêm", "Đêm").replace("lắm", "lắm,")
    yours = BASE.replace("ngủ", "ngủ,").replace("khoai", "khoai to")
    merged = three_way(BASE, theirs, yours)
    assert merged.text == (
        "Đêm ấy trời mưa to lắm, cả xóm không ai ngủ, mẹ tôi nấu một nồi khoai to"
    )
    assert merged.hunks == ()


def test_three_way_of_same_word_is_a_conflict() -> None:
    merged = three_way(BASE, BASE.replace("mưa", "nắng"), BASE.replace("mưa", "gió"))
    assert merged.text is None
    assert merged.hunks == (Hunk(at=3, base="mưa", theirs="nắng", yours="gió"),)


def test_three_way_of_adjacent_words_applies_both() -> None:
    assert three_way("a b c", "x b c", "a y c").text == "x y c"


def test_three_way_of_two_insertions_at_one_place_is_a_conflict() -> None:
    assert three_way("a b", "a x b", "a y b").hunks == (Hunk(at=1, base="", theirs="x", yours="y"),)


def test_three_way_of_deletion_and_change_is_a_conflict() -> None:
    assert three_way("a b c", "a c", "a x c").hunks == (Hunk(at=1, base="b", theirs="", yours="x"),)


def test_three_way_of_random_separate_changes_is_exact() -> None:
    """Replaced, inserted and deleted words, on either side of an unchanged word."""
    chance = random.Random(1)
    for _ in range(3_000):
        base = [f"{chance.choice('abcdefghij')}{n}" for n in range(chance.randint(8, 40))]
        border = chance.randint(3, len(base) - 4)
        left, right = base[:border], base[border + 1 :]
        changed = []
        for side, mark in ((left, "L"), (right, "R")):
            new = list(side)
            for count in range(chance.randint(1, 3)):
                at = chance.randrange(len(new))
                act = chance.choice(("replace", "insert", "delete"))
                new[at : at + (act != "insert")] = [] if act == "delete" else [f"{mark}{count}"]
                if not new:
                    break
            changed.append(new)
        middle = [base[border]]
        merged = three_way(
            " ".join(base),
            " ".join(changed[0] + middle + right),
            " ".join(left + middle + changed[1]),
        )
        assert merged.text == " ".join(changed[0] + middle + changed[1])


@given(small_texts, small_texts)
def test_three_way_with_one_unchanged_side_returns_the_other(base: str, other: str) -> None:
    for merged in (
        three_way(base, other, base),
        three_way(base, base, other),
        three_way(base, other, other),
    ):
        assert merged.text == normalise(other)
        assert merged.hunks == ()


@given(small_texts, small_texts, small_texts)
def test_three_way_is_symmetric(base: str, theirs: str, yours: str) -> None:
    one, other = three_way(base, theirs, yours), three_way(base, yours, theirs)
    assert one.text == other.text
    assert [(h.at, h.base, h.theirs, h.yours) for h in one.hunks] == [
        (h.at, h.base, h.yours, h.theirs) for h in other.hunks
    ]


@given(small_texts, small_texts)
def test_differences_applied_give_the_new_text(old: str, new: str) -> None:
    tokens = old.split()
    for change in reversed(differences(tokens, new.split())):
        tokens[change.start : change.end] = change.tokens
    assert tokens == new.split()
