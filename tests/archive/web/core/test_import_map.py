"""The import map of every page: our own modules by their URLs, libraries by their npm names."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from archive.web.core.app_context import VENDORED_MODULES
from archive.web.core.assets import STATIC
from tools.browser_files import PRODUCT_FILES

MODULES = sorted((STATIC / "js").rglob("*.js"))
IMPORTED = re.compile(
    r'^import (?:[^"]*from )?"([^"]+)";|^\} from "([^"]+)";|\bimport\("([^"]+)"\)'
)
MAP = re.compile(r'<script type="importmap"[^>]*>(.*?)</script>', re.DOTALL)


def imported(source: str) -> set[str]:
    """Return the specifiers that a module imports, without those of types in comments."""
    lines = [line.strip() for line in source.splitlines()]
    code = [line for line in lines if not line.startswith(("*", "/*"))]
    found = (IMPORTED.search(line) for line in code)
    return {next(filter(None, match.groups())) for match in found if match}


def test_import_map_names_own_modules_by_url_and_only_libraries_by_name(
    client_of: Callable[[str | None], FlaskClient],
) -> None:
    held = MAP.search(client_of(None).get("/en/").text)
    assert held
    imports: dict[str, str] = json.loads(held[1])["imports"]
    paths = {f"/static/{path.relative_to(STATIC).as_posix()}" for path in MODULES}
    assert imports.keys() == paths | VENDORED_MODULES.keys()
    for path in paths:
        assert re.fullmatch(re.escape(path) + r"\?v=[0-9a-f]{12}", imports[path])
    for name, path in VENDORED_MODULES.items():
        assert imports[name].partition("?")[0] == f"/static/{path}"


def test_vendored_modules_are_files_that_set_up_fetches() -> None:
    assert set(VENDORED_MODULES.values()) == {
        p for p in PRODUCT_FILES.values() if p.endswith(".js")
    }


def test_modules_import_own_modules_by_relative_path_and_libraries_by_name() -> None:
    libraries = set()
    for path in MODULES:
        for name in imported(path.read_text("utf-8")):
            if name.startswith("."):
                assert (path.parent / name).resolve() in MODULES, f"{path.name} imports {name}"
            else:
                libraries.add(name)
    assert libraries == VENDORED_MODULES.keys()


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ('import "./a.js";', {"./a.js"}),
        ('import { b, c } from "../b.js";', {"../b.js"}),
        ('import {\n  b,\n} from "../b.js";', {"../b.js"}),
        ('      import("c.js"),', {"c.js"}),
        ('/** @typedef {import("./d.js").D} D */', set()),
    ],
)
def test_imported_finds_every_form_of_import(source: str, names: set[str]) -> None:
    assert imported(source) == names
