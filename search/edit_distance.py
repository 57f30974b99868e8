"""Words at edit distance one, for fuzzy search and suggestions."""

from collections.abc import Iterator
from string import ascii_lowercase, digits

_LETTERS = ascii_lowercase + digits


def words_one_edit_away(word: str) -> Iterator[str]:
    """Yield every ASCII word at edit distance one: a letter removed, added or changed.

    A folded vocabulary has a few thousand words, and a word has some 500 such words:
    looking up each is cheaper than computing the distance to the whole vocabulary.
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


def is_one_edit_apart(word: str, other: str) -> bool:
    """Return whether two words have edit distance one, in any alphabet.

    >>> is_one_edit_apart("phong", "phon"), is_one_edit_apart("phong", "phong")
    (True, False)
    >>> is_one_edit_apart("ab", "ba")
    False
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
