"""Which sentences are said without the facts that they name; `translations_check` asks.

`_("%(num)s files")` without `num` is an error of the moment it is shown, and in a
template a lone `%` is one too: only a page that nobody opened has it still.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from jinja2 import Environment, nodes

# What each function is given before the facts: how many sentences, and where they begin.
SENTENCES = {
    "_": (0, 1), "gettext": (0, 1), "ngettext": (0, 2), "pgettext": (1, 1), "npgettext": (1, 2),
}  # fmt: skip
COUNTED = ("ngettext", "npgettext")
_NAMES = re.compile(r"%\((\w+)\)[a-z]")


def names(text: str) -> set[str]:
    """The placeholders of a sentence."""
    return set(_NAMES.findall(text))


def can_be_filled(text: str) -> bool:
    """Whether nothing in it stops `%` from putting the facts in, such as a lone `%`."""
    try:
        _ = text % defaultdict(int)
    except (ValueError, TypeError):
        return False
    return True


def unfilled(web: Path) -> Iterator[str]:
    """Every call that would fail when its page is opened, with file and line."""
    for path in sorted(web.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                given = {keyword.arg or "**" for keyword in node.keywords}
                said = [a.value if isinstance(a, ast.Constant) else None for a in node.args]
                yield from _faults(_place(web, path, node.lineno), node.func.id, said, given)
    templates = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for path in sorted((web / "templates").rglob("*.html")):
        for call in templates.parse(path.read_text("utf-8")).find_all(nodes.Call):
            if not isinstance(call.node, nodes.Name):
                continue
            place, function = _place(web, path, call.lineno), call.node.name
            given = {keyword.key for keyword in call.kwargs} | (
                {"**"} if call.dyn_kwargs else set()
            )
            said = [a.value if isinstance(a, nodes.Const) else None for a in call.args]
            yield from _faults(place, function, said, given)
            if function in SENTENCES:
                for text in said:
                    if isinstance(text, str) and not can_be_filled(text):
                        yield f"{place}: a lone % (write %%): {text!r}"


def _faults(place: str, function: str, said: Sequence[object], given: set[str]) -> Iterator[str]:
    if function not in SENTENCES or "**" in given:
        return
    first, count = SENTENCES[function]
    known = given | ({"num"} if function in COUNTED else set())
    for text in said[first : first + count]:
        if isinstance(text, str) and (missing := names(text) - known):
            yield f"{place}: nothing is given for {', '.join(sorted(missing))}: {text!r}"


def _place(web: Path, path: Path, line: int) -> str:
    return f"{path.relative_to(web).as_posix()}:{line}"
