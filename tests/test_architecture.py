"""The house keeps its walls: who imports whom, how long a room is, where heavy things live."""

from __future__ import annotations

import ast
import itertools
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOP = ("archive", "transcription", "search", "media")
LONGEST_FILE = 400
LONGEST_FUNCTION = 60

# The lower floor comes first: a module may import its own floor and those below it.
FLOORS = (
    "archive.models",
    "archive.settings archive.db archive.dates archive.names archive.lunar archive.told_dates",
    "archive.access archive.queue archive.toolbox archive.migrations",
    "archive.audit",
    "archive.actions",
    "archive.exchange archive.reports",
    "archive.jobs archive.demo",
    "archive.web archive.cli",
    "app",
)
HEAVY = {
    "whisper": ("transcription.engines",),
    "torch": ("transcription.engines", "transcription.voice_activity"),
    "silero_vad": ("transcription.voice_activity",),
    "whoosh": ("search.backends",),
    "av": ("media",),
    "PIL": ("media",),
    "pillow_heif": ("media",),
    "sqlalchemy": ("archive", "app"),
    "alembic": ("archive.migrations",),
    "flask": ("archive.web", "archive.cli", "app"),
    "docx": ("transcription.formats",),
}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "misc", "common_functions"}


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).exists()]


def ours() -> dict[str, Path]:
    names = {}
    for path in tracked():
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[0] in TOP and "making" not in parts and "versions" not in parts:
            names[".".join(parts).removesuffix(".__init__")] = path
    names["app"] = ROOT / "app.py"
    return names


MODULES = ours()


def imports(name: str) -> set[str]:
    """Everything that a module imports, deferred imports too; typing-only ones are left out."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def own_imports(name: str) -> set[str]:
    exact = imports(name)
    modules = {found for found in exact if found in MODULES and found != name}
    # `from archive import access` names the package too, which is only its door.
    return {m for m in modules if not any(other.startswith(m + ".") for other in modules)} | {
        m for m in modules if any(m == i for i in exact) and not _is_door(m, exact)
    }


def _is_door(package: str, exact: set[str]) -> bool:
    return any(f"{package}.{child}" in exact and f"{package}.{child}" in MODULES
               for child in {m.removeprefix(package + ".").split(".")[0]
                             for m in MODULES if m.startswith(package + ".")})  # fmt: skip


def floor(name: str) -> int:
    for number, names in enumerate(FLOORS):
        if any(name == n or name.startswith(n + ".") for n in names.split()):
            return number
    return -1


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_imports_only_from_its_own_floor_and_below(name: str) -> None:
    package = name.split(".")[0]
    if package in ("transcription", "search", "media"):
        strangers = {i for i in own_imports(name) if i.split(".")[0] != package}
        assert not strangers, f"a toolbox knows nothing of {strangers}"
    elif floor(name) >= 0:
        above = {i for i in own_imports(name) if floor(i) > floor(name)}
        assert not above, f"{name} reaches up to {above}"


def test_there_is_no_circle() -> None:
    graph = {name: own_imports(name) for name in MODULES}
    state: dict[str, int] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if state.get(name) == 2:
            return
        assert state.get(name) != 1, "circle: " + " → ".join((*path, name))
        state[name] = 1
        for other in sorted(graph[name]):
            visit(other, (*path, name))
        state[name] = 2

    for name in sorted(graph):
        visit(name, ())


@pytest.mark.parametrize("name", sorted(MODULES))
def test_heavy_things_live_in_one_room(name: str) -> None:
    for heavy in {i.split(".")[0] for i in imports(name)} & HEAVY.keys():
        rooms = HEAVY[heavy]
        assert any(name == r or name.startswith(r + ".") for r in rooms), f"{heavy} in {name}"


@pytest.mark.parametrize("path", sorted(tracked()), ids=lambda p: str(p.relative_to(ROOT)))
def test_rooms_are_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if "versions" not in path.parts:
        assert text.count("\n") <= LONGEST_FILE
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"
    assert not FORBIDDEN_NAMES & set(itertools.chain(path.parts, (path.stem,)))


def test_every_module_says_what_it_holds() -> None:
    silent = [
        n for n, p in MODULES.items() if not ast.get_docstring(ast.parse(p.read_text("utf-8")))
    ]
    assert not silent
