"""`docs/commands.md` lists every command with its usage, and its examples run."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from click import Option
from flask import Flask
from sqlalchemy import update

from archive.cli import GROUPS
from archive.db import Database
from archive.models import User
from tests.support import documented_commands
from tests.support import media_files as media
from tests.support.audio_samples import as_float, sample
from tests.support.cli_runner import CliRunner

PAGE = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")
SECTION = re.compile(
    r"^## `flask ([^`]+)`\n\n    ([^\n]+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL
)
EXAMPLE = re.compile(
    r"^\$ (?:echo '(?P<stdin>[^']*)' \| )?flask (?P<words>.+)\n(?P<output>.+)$", re.MULTILINE
)
VTT = """WEBVTT

00:00:01.000 --> 00:00:04.000
<v Bà Sen>Hồi đó hẻm tôi có cái giếng chung.

00:00:05.000 --> 00:00:09.000
<v Ông Tám>Sáng nào cũng ra gánh nước.
"""

HELP_COLUMNS = 62
VERBS = {
    *(
        "Check",
        "Copy",
        "Create",
        "Explain",
        "Export",
        "Import",
        "List",
        "Load",
        "Manage",
        "Queue",
        "Rebuild",
    ),
    *("Remove", "Restore", "Run", "Search"),
}

sections = {name: (line, text) for name, line, text in SECTION.findall(PAGE)}


def test_page_lists_every_command_in_order() -> None:
    assert list(sections) == list(documented_commands.all_commands())


@pytest.mark.parametrize("name", documented_commands.all_commands())
def test_usage_on_the_page_is_that_of_the_command(name: str) -> None:
    assert sections[name][0] == documented_commands.synopsis(
        name, documented_commands.all_commands()[name]
    )


@pytest.mark.parametrize("name", documented_commands.all_commands())
def test_every_option_has_a_help_text(name: str) -> None:
    command = documented_commands.all_commands()[name]
    assert command.help
    for option in command.params:
        if isinstance(option, Option):
            assert option.help or option.show_default, option.name


def test_help_texts_are_one_short_imperative_sentence() -> None:
    groups = {str(group.name): group for group in GROUPS}
    for name, command in (groups | documented_commands.all_commands()).items():
        text = command.help or ""
        assert text.count(".") == 1, name
        # A longer text is cut off in the list of `flask --help`.
        assert text == command.get_short_help_str(HELP_COLUMNS), name
        assert text.split()[0] in VERBS, name


def test_every_command_that_ends_has_an_example() -> None:
    documented = " ".join(match["words"] for match in EXAMPLE.finditer(PAGE))
    without = {name for name in sections if not re.search(rf"(^| ){name} ", documented)}
    assert without == {"serve", "demo load", "demo remove", "restore"}


@pytest.mark.slow
def test_examples_run_and_print_the_documented_shape(
    app: Flask, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.writing() as db:  # while one is active, only an archivist opens interviews
        db.execute(update(User).where(User.role == "archivist").values(is_active=False))
    pcm = sample("interview_hem_binh_thanh").pcm[: 12 * 16_000]
    media.sound(tmp_path / "bang-1.wav", as_float(pcm)[None])
    (tmp_path / "ban-go.vtt").write_text(VTT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    runner, count = CliRunner(app), 0
    for match in EXAMPLE.finditer(PAGE):
        result = runner.run(*shlex.split(match["words"]), stdin=f"{match['stdin'] or ''}\n")
        assert result.exit_code == 0, (match["words"], result.output)
        assert_shape(json.loads(match["output"]), json.loads(result.stdout), match["words"])
        count += 1
    assert count == 17


def assert_shape(documented: Any, actual: Any, where: str) -> None:
    """Assert that every documented key is there, with a value of the same type."""
    if isinstance(documented, dict):
        assert isinstance(actual, dict), where
        for key, value in documented.items():
            assert key in actual, f"{where}: {key}"
            assert_shape(value, actual[key], f"{where}: {key}")
    elif isinstance(documented, list):
        assert isinstance(actual, list), where
        assert bool(actual) == bool(documented), where
        for value in actual:
            assert_shape(documented[0], value, where)
    elif actual is None:
        assert documented is None or where == "jobs --json: jobs: accession", where
    elif documented is not None:
        assert type(actual) is type(documented), where
