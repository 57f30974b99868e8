"""The documents say what the program does: what is missing from them fails here."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import json
import re
import subprocess
from pathlib import Path

import pytest

from archive.jobs.registry import JOBS
from archive.settings import Settings
from media.derivatives.registry import RECIPES
from tests.contracts.test_formats import read as contract_read
from tests.docs import data_model
from transcription.document import Segment, Transcript
from transcription.formats.base import Format
from transcription.formats.registry import FORMATS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])
EVENT = re.compile(r"[a-z]+\.[a-z_]+")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
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


def events() -> set[str]:
    """The kinds that the program writes down, found where it writes them."""
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
    assert events() == described


def test_the_data_model_is_that_of_the_models() -> None:
    now = "run python -m tests.docs.data_model"
    assert data_model.PAGE.read_text(encoding="utf-8") == data_model.page(), now


def pins(file: str) -> set[str]:
    names = re.findall(r"^([A-Za-z0-9_-]+)(?:\[\w+\])?==", text(file), re.MULTILINE)
    return {name.lower() for name in names}


def test_every_dependency_says_why_it_is_here() -> None:
    told = {
        n.lower()
        for n in re.findall(r"^\| ([@\w./-]+) \|", text("docs/dependencies.md"), re.MULTILINE)
    }
    packages = json.loads(text("package.json"))
    wanted = pins("requirements.txt") | pins("requirements-dev.txt")
    wanted |= set(packages["dependencies"]) | set(packages["devDependencies"])
    assert told - {"package"} == wanted


def test_every_licence_is_in_the_notice() -> None:
    notice = text("NOTICE").lower()
    for name in pins("requirements.txt") - {"av"}:
        assert name.replace("_", "-") in notice.replace("_", "-"), name
    for name in json.loads(text("package.json"))["dependencies"]:
        short = name.rpartition("/")[2].replace("-", " ")
        assert short in notice.replace("-", " "), name


def test_the_glossary_names_things_that_exist() -> None:
    for path in re.findall(r"`((?:archive|transcription|search|media)/[\w/]+\.py)`",
                           text("docs/glossary.md")):  # fmt: skip
        assert (ROOT / path).exists(), path
    for dotted in re.findall(r"`((?:archive|transcription|search|media)(?:\.\w+)+)`",
                             text("docs/glossary.md")):  # fmt: skip
        module, _dot, name = dotted.rpartition(".")
        assert hasattr(importlib.import_module(module), name), dotted


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_code_that_is_named_exists(page: Path) -> None:
    tops = "archive|transcription|search|media|tests|bench|docs"
    for path in re.findall(rf"`((?:{tops})/[\w/.-]+\.\w+)`", page.read_text(encoding="utf-8")):
        if not path.rpartition("/")[2].startswith(("x.", "xs.")):
            assert (ROOT / path).exists(), path


def example() -> Format:
    code = re.findall(r"```python\n(.*?)```", text("docs/extending.md"), re.DOTALL)[0]
    namespace: dict[str, object] = {"__name__": "tab_separated"}
    exec(compile(code, "docs/extending.md", "exec"), namespace)
    found = namespace["FORMAT"]
    assert isinstance(found, Format)
    return found


def test_the_example_of_a_format_keeps_what_it_says() -> None:
    kind = example()
    assert kind.name not in FORMATS
    told = [("Bà Lan", "Hồi đó nhà tôi ở hẻm."), (None, "Mưa là ngập tới gối.")]
    segments = tuple(
        Segment(id=f"s{n}", start_ms=n * 7000, end_ms=n * 7000, speaker=speaker, text=words)
        for n, (speaker, words) in enumerate(told)
    )
    assert kind.write is not None
    written = kind.write(
        Transcript(
            accession="LK-1", title="Hẻm", segments=segments,
            language="vi", version=1, state="approved",
        )
    )  # fmt: skip
    again = contract_read(kind, written)
    assert [(s.speaker, s.text) for s in again.segments] == told
    assert [s.start_ms for s in again.segments] == [0, 7000]
    for junk in (b"", b"\xff\xfe\x00", b"\t\t\n" * 50, "á\tb\tc".encode()):
        contract_read(kind, junk)


def test_derivatives_are_told_in_the_tour() -> None:
    tour = text("docs/tour.md")
    assert all(name.split("_")[0] in tour for name in RECIPES), list(RECIPES)


def test_nothing_private_is_committed() -> None:
    """Machine paths and registry hosts; spelled apart, so that this file is not a hit."""
    private = "|".join(("/wo" + "rk/", "/ro" + "ot/", "/tmp/ba" + "sh", r"/opt/py" + "pi"))
    found = subprocess.run(
        ["git", "grep", "-nE", private, "--", "."], cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert found.stdout == ""
