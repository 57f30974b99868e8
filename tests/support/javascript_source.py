"""Comments, names and strings of JavaScript, as far as the checks of words need them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

TokenKind = Literal["comment", "name", "string", "expression", "number", "sign"]
TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)
    |(?P<name>\#?[A-Za-z_$][\w$]*)
    |(?P<number>\d[\w.]*)
    |(?P<sign>\S)""",
    re.VERBOSE | re.DOTALL,
)
EXPRESSION = re.compile(r"/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/[a-z]*")
BEFORE_EXPRESSION = {*"(,=:[!&|?{};<>+-*%~^", "return", "typeof", "case", ""}
IMPORTED_TYPE = re.compile(r"\{(typeof )?import\([^)]*\)(\.\w+|\[\"\w+\"\])?\}")


def tokens_in(source: str) -> Iterator[tuple[int, TokenKind, str]]:
    """Yield line, kind and text of each token; a template is one string.

    A slash begins a regular expression behind a sign that no value can end with.
    """
    at, before = 0, ""
    while match := TOKEN.search(source, at):
        kind: TokenKind = match.lastgroup or "sign"  # type: ignore[assignment]
        text = match[0]
        expression = EXPRESSION.match(source, match.start())
        if expression and before in BEFORE_EXPRESSION:
            kind, text = "expression", expression[0]
        yield source.count("\n", 0, match.start()) + 1, kind, text
        at = match.start() + len(text)
        if kind != "comment":
            before = text


def defined_types(source: str) -> Iterator[str]:
    """Yield the classes and the types of a script, without those it only imports."""
    before = ""
    for _line, kind, text in tokens_in(source):
        if kind == "name" and before == "class":
            yield text
        if kind == "comment":
            yield from _typedefs(text)
        before = text


def _typedefs(comment: str) -> Iterator[str]:
    for match in re.finditer(r"@typedef\s+(?=\{)", comment):
        end = _closing_brace(comment, match.end())
        name = re.match(r"[\s*]*(\w+)", comment[end:])
        if name and not IMPORTED_TYPE.fullmatch(comment[match.end() : end]):
            yield name[1]


def _closing_brace(text: str, start: int) -> int:
    depth = 0
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at + 1
    return len(text)
