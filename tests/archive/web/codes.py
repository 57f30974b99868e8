"""Every code that the program can answer with, read out of its classes and its source."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import archive
from archive.access import NotVisible, Refused
from media.sandbox import Code
from media.signatures import REFUSED
from search.backends.base import SearchFault
from transcription.engines.base import EngineProblem

ROOT = Path(archive.__file__).parent.parent
# What is put before a toolbox's own code when it is told to a person.
PREFIX = {
    "JobProblem": "", "JobWaits": "", "QueryProblem": "query_", "RefusedKind": "kind_",
    "MediaRefused": "no_copy_", "DerivativeRefused": "no_copy_",
}  # fmt: skip
# Bases that are not raised; what is answered as not found; what is told by its reason.
NEVER_TOLD = {"refused", "search_fault", "engine_problem", NotVisible.code, "kind_refused"}


def _load_everything() -> None:
    for module in pkgutil.walk_packages(archive.__path__, "archive."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _subclasses(cls: type[Exception]) -> Iterator[type[Exception]]:
    for child in cls.__subclasses__():
        if child.__module__.split(".")[0] != "tests":
            yield child
            yield from _subclasses(child)


def of_classes() -> dict[str, str]:
    """Code → the class that carries it: refusals of actions, faults of index and engines."""
    _load_everything()
    return {
        cls.code: f"{cls.__module__}.{cls.__name__}"  # type: ignore[attr-defined]
        for base in (Refused, SearchFault, EngineProblem)
        for cls in (base, *_subclasses(base))
        if cls.code not in NEVER_TOLD  # type: ignore[attr-defined]
    }


def _calls(*folders: str) -> Iterator[tuple[str, str, ast.Call]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call):
                    name = str(getattr(node.func, "id", "") or getattr(node.func, "attr", ""))
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", name, node


def _literals(node: ast.expr) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def of_calls() -> dict[str, str]:
    """Code → the line that raises it: JobProblem("…"), RefusedKind("…"), Decision(False, "…")."""
    found: dict[str, str] = {}
    for place, name, node in _calls("archive", "search", "media"):
        if name in PREFIX and node.args and isinstance(node.args[0], ast.Constant):
            found |= {f"{PREFIX[name]}{code}": place for code in _literals(node.args[0])}
        elif name == "Decision" and len(node.args) == 2:
            found |= dict.fromkeys(_literals(node.args[1]), place)
    # What a child process met, under the name of the work that it was to do.
    for code in get_args(Code):
        if code not in ("cancelled", "no_space"):
            found[f"no_copy_{code}"] = "archive/jobs/derive.py"
        if code != "cancelled":
            found[f"hearing_{code}"] = "archive/jobs/transcribe.py"
    found |= {f"kind_{code}": "media/signatures.py" for code, _name, _pattern in REFUSED}
    found |= {"worker_lost": "archive/queue.py", "unexpected": "archive/jobs/worker.py"}
    return {code: place for code, place in found.items() if code not in NEVER_TOLD}


def of_pages() -> dict[str, str]:
    """Code → the line of a route that names it: for_code("…"), answer(404, "…")."""
    found: dict[str, str] = {}
    for place, name, node in _calls("archive/web"):
        position = {"for_code": 0, "answer": 1}.get(name)
        if position is not None and len(node.args) > position:
            named = node.args[position]
            if not isinstance(named, ast.JoinedStr):
                found |= dict.fromkeys(_literals(named), place)
    return found
