"""`docs/commands.md` names every command as it is called, and its examples run."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from click import Option
from flask import Flask

from tests.docs import commands
from tests.fixtures.media import make as media
from tests.shell import Shell
from tests.transcription.sounds import as_heard, sample

PAGE = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")
SECTION = re.compile(
    r"^## `flask ([^`]+)`\n\n    ([^\n]+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL
)
EXAMPLE = re.compile(
    r"^\$ (?:echo '(?P<typed>[^']*)' \| )?flask (?P<words>.+)\n(?P<said>.+)$", re.MULTILINE
)
VTT = """WEBVTT

00:00:01.000 --> 00:00:04.000
<v Bà Sen>Hồi đó hẻm tôi có cái giếng chung.

00:00:05.000 --> 00:00:09.000
<v Ông Tám>Sáng nào cũng ra gánh nước.
"""

sections = {name: (line, text) for name, line, text in SECTION.findall(PAGE)}


def test_every_command_has_its_place_and_no_other() -> None:
    assert list(sections) == list(commands.all_of_them())


@pytest.mark.parametrize("name", commands.all_of_them())
def test_a_command_is_called_as_the_page_says(name: str) -> None:
    assert sections[name][0] == commands.synopsis(name, commands.all_of_them()[name])


@pytest.mark.parametrize("name", commands.all_of_them())
def test_help_says_what_every_option_is_for(name: str) -> None:
    command = commands.all_of_them()[name]
    assert command.help
    for option in command.params:
        if isinstance(option, Option):
            assert option.help or option.show_default, option.name


def test_every_command_but_those_that_stay_has_an_example() -> None:
    shown = " ".join(match["words"] for match in EXAMPLE.finditer(PAGE))
    without = {name for name in sections if not re.search(rf"(^| ){name} ", shown)}
    assert without == {"serve", "demo load", "demo remove"}


@pytest.mark.slow
def test_the_examples_run_and_answer_in_the_shape_that_is_shown(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pcm = sample("interview_hem_binh_thanh").pcm[: 12 * 16_000]
    media.sound(tmp_path / "bang-1.wav", as_heard(pcm)[None])
    (tmp_path / "ban-go.vtt").write_text(VTT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    shell, count = Shell(app), 0
    for match in EXAMPLE.finditer(PAGE):
        result = shell.run(*shlex.split(match["words"]), typed=f"{match['typed'] or ''}\n")
        assert result.exit_code == 0, (match["words"], result.output)
        check_shape(json.loads(match["said"]), json.loads(result.stdout), match["words"])
        count += 1
    assert count == 14


def check_shape(shown: Any, said: Any, where: str) -> None:
    """Every key that is shown is there, with a value of that kind."""
    if isinstance(shown, dict):
        assert isinstance(said, dict), where
        for key, value in shown.items():
            assert key in said, f"{where}: {key}"
            check_shape(value, said[key], f"{where}: {key}")
    elif isinstance(shown, list):
        assert isinstance(said, list), where
        assert bool(said) == bool(shown), where
        for value in said:
            check_shape(shown[0], value, where)
    elif said is None:
        assert shown is None or where == "jobs --json: jobs: accession", where
    elif shown is not None:
        assert type(said) is type(shown), where
