"""All refusal codes of the program, collected from its classes and its source."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import archive
from archive.access import NotVisible, Refused
from archive.web.core.errors import CODE_OF_STATUS, STATUS_OF_CODE
from media.sandbox import FailureCode
from media.signatures import REFUSED_SIGNATURES
from search.backends.base import SearchIndexError
from transcription.engines.base import EngineError

ROOT = Path(archive.__file__).parent.parent
# Prefix that a toolbox's own code gets in `archive.messages`, by exception class.
PREFIX = {
    "JobProblem": "",
    "JobParked": "",
    "QueryProblem": "query_",
    "RefusedKind": "kind_",
    "MediaRefused": "no_copy_",
    "DerivativeRefused": "no_copy_",
}
# Codes of base classes, of 404 responses, and of refusals that are reported by their reason.
WITHOUT_MESSAGE = {"refused", "search_fault", "engine_problem", NotVisible.code, "kind_refused"}


def _import_all_modules() -> None:
    for module in pkgutil.walk_packages(archive.__path__, "archive."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _subclasses(cls: type[Exception]) -> Iterator[type[Exception]]:
    for child in cls.__subclasses__():
        if child.__module__.split(".")[0] != "tests":
            yield child
            yield from _subclasses(child)


def codes_of_classes() -> dict[str, str]:
    """Return code → class, for refusals of actions and errors of index and engines."""
    _import_all_modules()
    return {
        cls.code: f"{cls.__module__}.{cls.__name__}"  # type: ignore[attr-defined]
        for base in (Refused, SearchIndexError, EngineError)
        for cls in (base, *_subclasses(base))
        if cls.code not in WITHOUT_MESSAGE  # type: ignore[attr-defined]
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


def codes_of_calls() -> dict[str, str]:
    """Return code → source line, for JobProblem("…"), RefusedKind("…"), Decision(False, "…")."""
    found: dict[str, str] = {}
    for place, name, node in _calls("archive", "search", "media"):
        if name in PREFIX and node.args and isinstance(node.args[0], ast.Constant):
            found |= {f"{PREFIX[name]}{code}": place for code in _literals(node.args[0])}
        elif name == "Decision" and len(node.args) == 2:
            found |= dict.fromkeys(_literals(node.args[1]), place)
    # Failures of child processes, prefixed with the kind of work.
    for code in get_args(FailureCode):
        if code not in ("cancelled", "no_space", "stopped"):
            found[f"no_copy_{code}"] = "archive/jobs/derive.py"
        if code not in ("cancelled", "stopped"):
            found[f"hearing_{code}"] = "archive/jobs/transcribe.py"
    found |= {f"kind_{code}": "media/signatures.py" for code, _name, _pattern in REFUSED_SIGNATURES}
    # "worker_lost" is in the rows of jobs that failed before kills were counted apart.
    found |= {
        "worker_lost": "archive/models/job.py",
        "interrupted_too_often": "archive/queue/recovery.py",
        "unexpected": "archive/jobs/worker.py",
    }
    return {code: place for code, place in found.items() if code not in WITHOUT_MESSAGE}


# Function of web code → position of its argument with a code.
WEB_CALLS = {"for_code": 0, "respond": 1, "respond_bare": 1, "_retryable": 1, "_bare_page": 1}


def codes_in_web_code() -> dict[str, str]:
    """Return code → source line of web code, for for_code("…"), respond(404, "…")."""
    found: dict[str, str] = {}
    for place, name, node in _calls("archive/web"):
        if name in WEB_CALLS:
            named = [*node.args[WEB_CALLS[name] :][:1]]
            named += [keyword.value for keyword in node.keywords if keyword.arg == "kept"]
            for argument in named:
                if not isinstance(argument, ast.JoinedStr):
                    found |= dict.fromkeys(_literals(argument), place)
    statuses = "archive/web/core/errors.py"
    return found | dict.fromkeys([*CODE_OF_STATUS.values(), *STATUS_OF_CODE], statuses)
