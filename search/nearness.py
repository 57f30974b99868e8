"""Words one letter away, for fuzzy search and for suggestions when nothing is found."""

from collections.abc import Iterator
from string import ascii_lowercase, digits

_LETTERS = ascii_lowercase + digits


def neighbours(word: str) -> Iterator[str]:
    """Every ASCII word at edit distance one: a letter left out, put in or changed.

    A folded vocabulary is a few thousand words, and a word has some 500 neighbours:
    looking each up is cheaper than measuring the distance to every word.
    """
    seen = {word}
    for at in range(len(word) + 1):
        rest = word[at:]
        candidates = [word[:at] + letter + rest for letter in _LETTERS]
        if rest:
            candidates.append(word[:at] + rest[1:])
            candidates.extend(word[:at] + letter + rest[1:] for letter in _LETTERS)
        for candidate in candidates:
            if candidate and candidate not in seen:
                seen.add(candidate)
                yield candidate


def is_near(word: str, other: str) -> bool:
    """Whether two words are exactly one edit apart, whatever their letters.

    >>> is_near("phong", "phon"), is_near("phong", "phong"), is_near("ab", "ba")
    (True, False, False)
    """
    short, long = sorted((word, other), key=len)
    if len(long) - len(short) > 1 or word == other:
        return False
    at = next((i for i, c in enumerate(short) if c != long[i]), len(short))
    return (
        short[at + 1 :] == long[at + 1 :]
        if len(short) == len(long)
        else short[at:] == long[at + 1 :]
    )
