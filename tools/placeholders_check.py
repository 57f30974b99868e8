"""Find translated sentences without the arguments that their placeholders name.

Used by `translations_check`. `_("%(num)s files")` without `num`, or a lone `%` in a template,
is an error only when the page is rendered.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from jinja2 import Environment, nodes

# Position of the first sentence among a function's arguments, and the number of sentences.
TRANSLATORS = {
    "_": (0, 1),
    "gettext": (0, 1),
    "ngettext": (0, 2),
    "pgettext": (1, 1),
    "npgettext": (1, 2),
}
COUNTING = ("ngettext", "npgettext")
_NAMES = re.compile(r"%\((\w+)\)[a-z]")


def placeholders(text: str) -> set[str]:
    """Return the names of the placeholders of a sentence."""
    return set(_NAMES.findall(text))


def is_valid_format(text: str) -> bool:
    """Return whether `%` formatting works, which a lone `%` prevents."""
    try:
        _ = text % defaultdict(int)
    except (ValueError, TypeError):
        return False
    return True


def missing_arguments(archive: Path) -> Iterator[str]:
    """Yield every call that would fail when its page is rendered, with file and line."""
    for path in sorted(archive.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                arguments = {keyword.arg or "**" for keyword in node.keywords}
                texts = [a.value if isinstance(a, ast.Constant) else None for a in node.args]
                yield from _faults(
                    _location(archive, path, node.lineno), node.func.id, texts, arguments
                )
    templates = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for path in sorted((archive / "web" / "templates").rglob("*.html")):
        for call in templates.parse(path.read_text("utf-8")).find_all(nodes.Call):
            if not isinstance(call.node, nodes.Name):
                continue
            location, function = _location(archive, path, call.lineno), call.node.name
            arguments = {keyword.key for keyword in call.kwargs} | (
                {"**"} if call.dyn_kwargs else set()
            )
            texts = [a.value if isinstance(a, nodes.Const) else None for a in call.args]
            yield from _faults(location, function, texts, arguments)
            if function in TRANSLATORS:
                for text in texts:
                    if isinstance(text, str) and not is_valid_format(text):
                        yield f"{location}: a lone % (write %%): {text!r}"


def _faults(
    location: str, function: str, texts: Sequence[object], arguments: set[str]
) -> Iterator[str]:
    if function not in TRANSLATORS or "**" in arguments:
        return
    first, count = TRANSLATORS[function]
    available = arguments | ({"num"} if function in COUNTING else set())
    for text in texts[first : first + count]:
        if isinstance(text, str) and (missing := placeholders(text) - available):
            yield f"{location}: no argument for {', '.join(sorted(missing))}: {text!r}"


def _location(archive: Path, path: Path, line: int) -> str:
    return f"{path.relative_to(archive).as_posix()}:{line}"
