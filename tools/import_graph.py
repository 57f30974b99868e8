"""Write the import graph of packages into docs/architecture.md: `python -m tools.import_graph`.

The graph is Mermaid text, made from the imports in the code. A package node includes all its
modules; the domains of archive/actions and archive/web are listed in a table.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- import graph -->\n", "<!-- end of import graph -->\n"
TOOLBOXES = ("transcription", "search", "media")
DOMAINS_OF = ("archive.actions", "archive.web")


def modules() -> dict[str, Path]:
    """Return every module of the product by its dotted name."""
    files = [
        ROOT / "app.py",
        *(f for top in ("archive", *TOOLBOXES) for f in (ROOT / top).rglob("*.py")),
    ]
    names = {".".join(f.relative_to(ROOT).with_suffix("").parts): f for f in files}
    return {name.removesuffix(".__init__"): file for name, file in sorted(names.items())}


def imported(file: Path) -> Iterator[str]:
    """Yield the dotted names that a file imports, deferred imports too."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def node_of(name: str) -> str:
    """Return the graph node of a module: a toolbox, or a package or module of archive."""
    parts = name.split(".")
    return ".".join(parts[:2]) if parts[0] == "archive" and len(parts) > 1 else parts[0]


def domain_of(name: str) -> str:
    """Return `actions.catalogue` for `archive.actions.catalogue.people`, or ""."""
    parts = name.split(".")
    return ".".join(parts[1:3]) if ".".join(parts[:2]) in DOMAINS_OF and len(parts) > 2 else ""


def edges() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Return the imports between packages, and between domains of the same layer."""
    files_by_module = modules()
    packages: dict[str, set[str]] = defaultdict(set)
    domains: dict[str, set[str]] = defaultdict(set)
    for name, file in files_by_module.items():
        for target in imported(file):
            if target.split(".")[0] not in ("archive", *TOOLBOXES):
                continue
            if node_of(target) != node_of(name):
                packages[node_of(name)].add(node_of(target))
            importer, imported_name = domain_of(name), domain_of(target)
            if (
                importer
                and imported_name
                and importer != imported_name
                and importer.split(".")[0] == imported_name.split(".")[0]
            ):
                domains[importer].add(imported_name)
    return packages, domains


def render_graph() -> str:
    """Return the Mermaid graph of packages and the table of domains."""
    packages, domains = edges()
    lines = ["```mermaid", "graph TD"]
    for importer in sorted(packages):
        for imported_name in sorted(packages[importer] - {"archive"}):
            lines.append(f"  {_box(importer)} --> {_box(imported_name)}")
    lines += ["```", "", "| Domain | imports from the same layer |", "|---|---|"]
    for importer in sorted(domains):
        names = ", ".join(f"`{name}`" for name in sorted(domains[importer]))
        lines.append(f"| `{importer}` | {names} |")
    return "\n".join(lines) + "\n"


def render_page() -> str:
    """Return the page with the graph replaced by the current one."""
    head, _begin, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _old, _end, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{render_graph()}\n{END}{tail}"


def _box(name: str) -> str:
    """Return a node in Mermaid's syntax."""
    return f'{name.replace(".", "_")}["{name.removeprefix("archive.")}"]'


if __name__ == "__main__":
    PAGE.write_text(render_page(), encoding="utf-8")
