"""The documents are complete: settings, jobs, events, models, dependencies, file names."""

from __future__ import annotations

import ast
import dataclasses
import importlib.util
import json
import re
import subprocess
from pathlib import Path

import pytest

from archive.jobs.registry import JOBS
from archive.settings import Settings
from media.derivatives.registry import RECIPES
from tests.contracts.test_formats import read as contract_read
from tests.support import data_model_page
from transcription.document import Transcript, TranscriptSegment
from transcription.formats.base import Format
from transcription.formats.registry import FORMATS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FOLDERS = ("archive", "archive/web", "media", "search", "transcription", "tools/demo_model")
PAGES = sorted(
    [
        *DOCS.rglob("*.md"),
        *(ROOT / folder / "README.md" for folder in FOLDERS),
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        ROOT / "CONTRIBUTING.md",
    ]
)
EVENT = re.compile(r"[a-z]+\.[a-z_]+")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_of_a_page_exist(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_every_setting_is_described() -> None:
    source = text("archive/settings.py")
    names = set(re.findall(r'"(LOIKE_[A-Z_]+)"', source))
    described = set(re.findall(r"^\| `(LOIKE_[A-Z_]+)`", text("docs/operating.md"), re.MULTILINE))
    assert names == described
    assert len(names) >= len(dataclasses.fields(Settings)) - 2


def test_every_job_is_described() -> None:
    described = set(re.findall(r"^\| `([a-z_]+)` \|", text("docs/operating.md"), re.MULTILINE))
    assert described & set(JOBS) == set(JOBS)


def recorded_event_kinds() -> set[str]:
    """Return the kinds of event that the program records, found in its code."""
    found = set()
    for path in (ROOT / "archive").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("audit.record"):
                found |= {
                    inner.value
                    for inner in ast.walk(node)
                    if isinstance(inner, ast.Constant)
                    and isinstance(inner.value, str)
                    and EVENT.fullmatch(inner.value)
                }
    return found


def test_every_kind_of_event_is_described() -> None:
    described = set(re.findall(r"^- `([a-z]+\.[a-z_]+)`", text("docs/operating.md"), re.MULTILINE))
    assert recorded_event_kinds() == described


def test_data_model_page_is_up_to_date() -> None:
    hint = "run python -m tests.support.data_model_page"
    assert data_model_page.PAGE.read_text(encoding="utf-8") == data_model_page.page(), hint


def pins(file: str) -> set[str]:
    names = re.findall(r"^([A-Za-z0-9_-]+)(?:\[\w+\])?==", text(file), re.MULTILINE)
    return {name.lower() for name in names}


def test_every_dependency_is_described() -> None:
    described = {
        n.lower()
        for n in re.findall(r"^\| ([@\w./-]+) \|", text("docs/dependencies.md"), re.MULTILINE)
    }
    packages = json.loads(text("package.json"))
    required = pins("requirements.txt") | pins("requirements-dev.txt")
    required |= set(packages["dependencies"]) | set(packages["devDependencies"])
    assert described - {"package"} == required


def test_every_licence_is_in_the_notice() -> None:
    notice = text("NOTICE").lower()
    for name in pins("requirements.txt") - {"av"}:
        assert name.replace("_", "-") in notice.replace("_", "-"), name
    for name in json.loads(text("package.json"))["dependencies"]:
        short = name.rpartition("/")[2].replace("-", " ")
        assert short in notice.replace("-", " "), name


def test_glossary_names_existing_code() -> None:
    for path in re.findall(
        r"`((?:archive|transcription|search|media)/[\w/]+\.py)`", text("docs/glossary.md")
    ):
        assert (ROOT / path).exists(), path
    for dotted in re.findall(
        r"`((?:archive|transcription|search|media)(?:\.\w+)+)`", text("docs/glossary.md")
    ):
        module, _dot, name = dotted.rpartition(".")
        assert hasattr(importlib.import_module(module), name), dotted


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_page_names_existing_code(page: Path) -> None:
    tops = "archive|transcription|search|media|tests|tools|bench|docs"
    page_text = page.read_text(encoding="utf-8")
    for path in re.findall(rf"`((?:{tops})/[\w/.-]+(?:\.\w+|/))`", page_text):
        if not path.rpartition("/")[2].startswith(("x.", "xs.")):
            assert (ROOT / path).exists(), path
    for module in re.findall(r"`python -m ([\w.]+)", page_text):
        assert importlib.util.find_spec(module), module


def test_comments_name_existing_files() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [name for name in listed.stdout.splitlines() if (ROOT / name).exists()]
    missing = [
        f"{name}: {path}"
        for name in files
        if name.endswith((".py", ".js", ".css", ".html"))
        for path in re.findall(r"`([a-z_./]+\.(?:py|js|css|html|md))`", text(name))
        if not any(f"/{known}".endswith(f"/{path}") for known in files)
    ]
    assert not missing


def documented_format() -> Format:
    code = re.findall(r"```python\n(.*?)```", text("docs/extending.md"), re.DOTALL)[0]
    namespace: dict[str, object] = {"__name__": "tab_separated"}
    exec(compile(code, "docs/extending.md", "exec"), namespace)
    found = namespace["FORMAT"]
    assert isinstance(found, Format)
    return found


def test_format_in_the_documentation_round_trips() -> None:
    kind = documented_format()
    assert kind.name not in FORMATS
    described = [("Bà Lan", "Hồi đó nhà tôi ở hẻm."), (None, "Mưa là ngập tới gối.")]
    segments = tuple(
        TranscriptSegment(
            id=f"s{n}", start_ms=n * 7000, end_ms=n * 7000, speaker=speaker, text=words
        )
        for n, (speaker, words) in enumerate(described)
    )
    assert kind.write is not None
    written = kind.write(
        Transcript(
            accession="LK-1",
            title="Hẻm",
            segments=segments,
            language="vi",
            version=1,
            state="approved",
        )
    )
    parsed = contract_read(kind, written)
    assert [(s.speaker, s.text) for s in parsed.segments] == described
    assert [s.start_ms for s in parsed.segments] == [0, 7000]
    for junk in (b"", b"\xff\xfe\x00", b"\t\t\n" * 50, "á\tb\tc".encode()):
        contract_read(kind, junk)


def test_derivatives_are_described_in_the_tour() -> None:
    tour = text("docs/tour.md")
    assert all(name.split("_")[0] in tour for name in RECIPES), list(RECIPES)


def test_no_private_path_is_committed() -> None:
    """Machine paths and registry hosts; split, so that this file does not match."""
    private = "|".join(("/wo" + "rk/", "/ro" + "ot/", "/tmp/ba" + "sh", r"/opt/py" + "pi"))
    found = subprocess.run(
        ["git", "grep", "-nE", private, "--", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == ""


def test_every_script_of_the_editor_is_described() -> None:
    scripts = {path.name for path in (ROOT / "archive/web/static/js/editing").glob("*.js")}
    described = set(re.findall(r"`([a-z_]+\.js)`", text("docs/editor-js.md")))
    assert described == scripts
