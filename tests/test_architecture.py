"""Architecture: imports between modules, external packages, size and names of files."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOOLBOXES = ("transcription", "search", "media")
PRODUCT = ("app", "archive", *TOOLBOXES)
OUTSIDE_THE_PRODUCT = ("bench", "tests", "tools")
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60

# The lowest floor comes first: a module may import its own floor and those below it.
FLOORS = (
    (
        "archive.archive_moved",
        "archive.back_off",
        "archive.settings",
        "archive.time",
        "archive.text",
    ),
    (
        "archive.db",
        "archive.models",
        "archive.file_modes",
        "archive.storage_faults",
        "archive.write_ahead_log",
    ),
    (
        "archive.access",
        "archive.audit",
        "archive.database_copies",
        "archive.migrations",
        "archive.queue",
        "archive.toolbox",
    ),
    ("archive.messages",),
    ("archive.actions",),
    ("archive.exchange", "archive.reports"),
    ("archive.jobs", "archive.demo"),
    ("archive.web", "archive.cli"),
    ("app",),
)
SEPARATE = (("archive.web", "archive.cli"),)  # on the same floor, without imports of each other
# Every package from outside, and where the product may import it.
PACKAGES = {
    "PIL": ("media",),
    "alembic": ("archive.migrations",),
    "argon2": ("archive.actions.accounts",),
    "av": ("media",),
    "babel": ("archive.web",),
    "click": ("archive.cli",),
    "docx": ("transcription.formats",),
    "edtf": ("archive.time",),
    "flask": ("archive.web", "archive.cli", "app"),
    "flask_babel": ("archive.messages", "archive.web", "archive.cli"),
    "flask_wtf": ("archive.web",),
    "markupsafe": ("archive.web",),
    "numpy": ("transcription", "search.backends", "media", "archive.jobs.transcribe_child"),
    "pillow_heif": ("media",),
    "sqlalchemy": ("archive",),
    "torch": ("transcription.engines", "transcription.voice_activity"),
    "ulid": ("archive.models",),
    "waitress": ("archive.cli",),
    "werkzeug": ("archive.web",),
    "whisper": ("transcription.engines",),
    "whoosh": ("search.backends",),
}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "misc", "common_functions"}


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).exists()]


@functools.cache
def source(path: Path) -> str:
    """Return the text of a file, read once for all tests of this module."""
    return path.read_text(encoding="utf-8")


@functools.cache
def syntax_tree(path: Path) -> ast.Module:
    """Return the tree of a Python file, parsed once for all tests of this module."""
    return ast.parse(source(path))


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def modules_of_the_product() -> dict[str, Path]:
    found = {module_name(path): path for path in tracked("*.py")}
    return {name: path for name, path in found.items() if name.split(".")[0] in PRODUCT}


MODULES = modules_of_the_product()
PYTHON_FILES = tuple(sorted(tracked("*.py")))
SMALL_FILES = tuple(sorted(tracked("*.py", "*.js", "*.css")))


def is_within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


@functools.cache
def imports(name: str) -> frozenset[str]:
    """Return everything that a module imports, deferred imports too."""
    found: set[str] = set()
    for node in ast.walk(syntax_tree(MODULES[name])):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def imports_from_outside(name: str) -> set[str]:
    """Return the packages a module imports that are neither ours nor Python's."""
    tops = {found.split(".")[0] for found in imports(name)}
    return tops - {*PRODUCT, *OUTSIDE_THE_PRODUCT} - sys.stdlib_module_names


@functools.cache
def own_imports(name: str) -> frozenset[str]:
    """Return the modules of the product that a module imports."""
    exact = imports(name)
    modules = {found for found in exact if found in MODULES and found != name}
    # `from archive import access` names the package too, although only the module is used.
    leaves = {m for m in modules if not any(other.startswith(m + ".") for other in modules)}
    return frozenset(leaves | {m for m in modules if not exact & submodules(m)})


@functools.cache
def submodules(package: str) -> frozenset[str]:
    """Return the modules and packages directly below a package."""
    prefix = package + "."
    below = (module.removeprefix(prefix) for module in MODULES if module.startswith(prefix))
    return frozenset(prefix + name.split(".")[0] for name in below)


def floor(name: str) -> int:
    """Return the number of the floor; raises LookupError for a module on none."""
    for number, packages in enumerate(FLOORS):
        if is_within(name, packages):
            return number
    if name == "archive":  # only a docstring
        return 0
    raise LookupError(f"{name} stands on no floor: add it to FLOORS, or move it")


def test_every_python_file_belongs_to_a_known_package() -> None:
    names = [module_name(path) for path in PYTHON_FILES]
    known = (*PRODUCT, *OUTSIDE_THE_PRODUCT)
    assert [name for name in names if name.split(".")[0] not in known] == []
    for name in names:
        if is_within(name, ("app", "archive")):
            floor(name)


def test_floor_of_an_unknown_module_raises() -> None:
    with pytest.raises(LookupError):
        floor("archive.somewhere_else")


def forbidden_imports(name: str) -> list[str]:
    """Return the imports of a module that its floor or its toolbox does not allow."""
    package = name.split(".")[0]
    outside = {i for i in imports(name) if i.split(".")[0] in OUTSIDE_THE_PRODUCT}
    if package in TOOLBOXES:
        return sorted(outside | {i for i in own_imports(name) if i.split(".")[0] != package})
    ours = {i for i in own_imports(name) if i.split(".")[0] not in TOOLBOXES}
    return sorted(outside | {i for i in ours if floor(i) > floor(name)})


def test_modules_import_only_from_their_own_floor_and_below() -> None:
    assert {name: bad for name in MODULES if (bad := forbidden_imports(name))} == {}


def test_web_and_cli_do_not_import_each_other() -> None:
    for one, other in (*SEPARATE, *(pair[::-1] for pair in SEPARATE)):
        found = {name: own_imports(name) for name in MODULES if is_within(name, (one,))}
        assert found, f"no module is in {one}"
        assert {
            n: bad for n in found if (bad := [i for i in found[n] if is_within(i, (other,))])
        } == {}


def find_cycle(graph: dict[str, set[str]]) -> str:
    """Return one import cycle as `a → b → a`, or "" if there is none."""
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> str:
        if name in path:
            return " → ".join((*path[path.index(name) :], name))
        if name in done:
            return ""
        found = (visit(other, (*path, name)) for other in sorted(graph.get(name, set())))
        cycle = next(filter(None, found), "")
        done.add(name)
        return cycle

    return next(filter(None, (visit(name, ()) for name in sorted(graph))), "")


def domain(name: str, layer: str) -> str:
    """Return `catalogue` for `archive.web.catalogue.people`; "" for a module of no domain."""
    folders = [m for m in MODULES if MODULES[m].name == "__init__.py"]
    packages = [f for f in folders if f.startswith(layer + ".") and is_within(name, (f,))]
    return packages[0].removeprefix(layer + ".") if packages else ""


def domain_imports(layer: str) -> dict[str, set[str]]:
    """Return which domain of a layer imports which others."""
    graph: dict[str, set[str]] = {}
    for name in MODULES:
        if one := domain(name, layer):
            others = {domain(found, layer) for found in own_imports(name)}
            graph.setdefault(one, set()).update(others - {one, ""})
    return graph


def test_imports_have_no_cycle() -> None:
    assert not find_cycle({name: set(own_imports(name)) for name in MODULES})


def test_find_cycle_returns_the_modules_of_a_cycle() -> None:
    assert find_cycle({"a": {"b"}, "b": {"c", "d"}, "d": {"b"}}) == "b → d → b"
    assert find_cycle({"a": {"b", "c"}, "b": {"c"}}) == ""


@pytest.mark.parametrize("layer", ["archive.actions", "archive.web"])
def test_imports_between_domains_have_no_cycle(layer: str) -> None:
    graph = domain_imports(layer)
    assert {"catalogue", "office"} <= graph.keys()
    assert not find_cycle(graph)


def test_web_core_imports_no_domain() -> None:
    assert domain_imports("archive.web")["core"] == set()


def test_external_packages_are_imported_only_where_listed() -> None:
    """A package that is refused here is added to PACKAGES, or its import is moved."""
    found = [(package, name) for name in MODULES for package in imports_from_outside(name)]
    assert [(p, n) for p, n in found if not is_within(n, PACKAGES.get(p, ()))] == []


def test_listed_packages_are_imported() -> None:
    assert {p for name in MODULES for p in imports_from_outside(name)} == PACKAGES.keys()


def test_imports_are_absolute() -> None:
    """The tests of this file and the drawing of imports do not resolve relative ones."""
    relative = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in PYTHON_FILES
        for node in ast.walk(syntax_tree(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_floors_on_the_architecture_page_are_those_of_the_test() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", page, re.MULTILINE)
    described = {int(number): set(re.findall(r"`([a-z_.]+)`", row)) for number, row in rows}
    assert described == {number: set(floor) for number, floor in enumerate(FLOORS, start=1)}


def is_released_migration(path: Path) -> bool:
    """Return whether a file is a migration, which is written once and never edited."""
    return {"migrations", "versions"} <= set(path.relative_to(ROOT).parts)


def long_functions(path: Path) -> list[str]:
    """Return the functions of a Python file that are longer than MAX_FUNCTION_LINES."""
    functions = [
        (node.name, (node.end_lineno or 0) - node.lineno + 1)
        for node in ast.walk(syntax_tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return [f"{path}: {name}: {lines}" for name, lines in functions if lines > MAX_FUNCTION_LINES]


def test_no_file_has_a_forbidden_name() -> None:
    named = {p: {*p.relative_to(ROOT).parts, p.stem} for p in SMALL_FILES}
    assert [str(path) for path, parts in named.items() if parts & FORBIDDEN_NAMES] == []


def test_files_and_functions_are_small() -> None:
    edited = [path for path in SMALL_FILES if not is_released_migration(path)]
    assert [str(path) for path in edited if source(path).count("\n") > MAX_FILE_LINES] == []
    assert [long for p in edited if p.suffix == ".py" for long in long_functions(p)] == []


def rows_written(tree: ast.AST, model: str) -> list[int]:
    """Return the lines in which a module makes rows of a model, also by `insert` or `update`."""
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    aliases = [alias for node in imported for alias in node.names if alias.name == model]
    known_as = {model} | {alias.asname for alias in aliases if alias.asname}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = last_name(node.func)
            is_written = re.search("insert|update", function) and any(
                last_name(one) in known_as for one in node.args
            )
            if function in known_as or is_written:
                found.append(node.lineno)
    return found


def last_name(node: ast.AST) -> str:
    """Return `name` of `name` and of `module.name`."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def test_outbox_rows_are_written_in_one_module() -> None:
    writers = [name for name, path in MODULES.items() if rows_written(syntax_tree(path), "Outbox")]
    assert writers == ["archive.audit.follow_ups"]


@pytest.mark.parametrize(
    "source",
    [
        "from archive.models import Outbox as O; db.add(O(reason=''))",
        "from archive import models; db.add(models.Outbox(reason=''))",
        "from archive.models import Outbox; db.execute(insert(Outbox).values(reason=''))",
        "from archive import models; db.bulk_insert_mappings(models.Outbox, rows)",
    ],
)
def test_outbox_row_is_seen_however_it_is_written(source: str) -> None:
    assert rows_written(ast.parse(source), "Outbox")


def test_every_module_has_a_docstring() -> None:
    assert [n for n, p in MODULES.items() if not ast.get_docstring(syntax_tree(p))] == []
