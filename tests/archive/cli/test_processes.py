"""What only a process of its own can show: exit codes, pipes, an empty home, a broken one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from archive.settings import Settings
from archive.toolbox import Toolbox
from tests import postgres
from tests.live import ROOT
from tests.told import index_all, told
from tests.workers import command, environment

ASCII = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}


def flask(
    settings: Settings,
    *words: str | bytes,
    stdout: int = subprocess.PIPE,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    started = subprocess.run(
        [*command(), *words], cwd=ROOT, env=environment(settings, **env or {}), timeout=60,
        stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, check=False,
    )  # fmt: skip
    assert b"Traceback" not in started.stderr, started.stderr.decode()
    return started


def elsewhere(home: Path) -> Settings:
    """An archive that is not there yet."""
    return Settings(home=home, database_url=f"sqlite:///{home / 'archive.db'}")


def test_an_archive_from_nothing(tmp_path: Path) -> None:
    new = elsewhere(tmp_path / "a new" / "home")
    early = flask(new, "jobs")
    assert (early.returncode, early.stdout) == (1, b"")
    assert early.stderr.decode().endswith("flask init makes it. [no_archive]\n")
    assert b"[no_archive]" in flask(new, "worker").stderr
    assert json.loads(flask(new, "init", "--json").stdout) == {
        "home": str(new.home), "migrated": True,
    }  # fmt: skip
    assert json.loads(flask(new, "init", "--json").stdout)["migrated"] is False
    assert json.loads(flask(new, "worker", "--until-idle", "--json").stdout) == {"jobs": 0}


@pytest.mark.parametrize(
    ("name", "value"),
    [("LOIKE_PUBLIC_STATES", "all"), ("LOIKE_HOME", "/proc/nowhere")],
)
def test_a_setting_that_cannot_be_used_is_named(settings: Settings, name: str, value: str) -> None:
    refused = flask(settings, "jobs", env={name: value})
    assert (refused.returncode, refused.stdout) == (2, b"")
    assert name.encode() in refused.stderr


def test_a_database_that_is_none(tmp_path: Path) -> None:
    broken = elsewhere(tmp_path)
    (tmp_path / "archive.db").write_bytes(b"this is no database" * 1000)
    for words in (("jobs",), ("init",), ("worker",)):
        refused = flask(broken, *words)
        assert (refused.returncode, refused.stdout) == (1, b""), words
        assert b"[database_unusable]" in refused.stderr, words
    checked = flask(broken, "doctor", "--json")
    assert checked.returncode == 1
    assert json.loads(checked.stdout)["ok"] is False


def test_a_database_server_that_does_not_answer(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    far = Settings(home=tmp_path, database_url=f"postgresql+psycopg://x@127.0.0.1:{port}/x")
    refused = flask(far, "jobs")
    assert refused.returncode == 1
    assert b"[database_unusable]" in refused.stderr


@pytest.mark.postgresql
def test_a_database_that_the_server_does_not_have_is_named(tmp_path: Path) -> None:
    with postgres.throw_away() as url:
        gone = url
    refused = flask(Settings(home=tmp_path, database_url=gone), "init")
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert b"[database_unusable]" in refused.stderr
    assert gone.rpartition("/")[2].encode() in refused.stderr


def test_a_reader_that_goes_away_is_no_fault(settings: Settings, toolbox: Toolbox) -> None:
    told(toolbox, "LK-1", *["Tôi bán gạo ở chợ."] * 50)
    reading, writing = os.pipe()
    os.close(reading)
    try:
        for words in (("transcript", "export", "LK-1", "--format", "json"), ("jobs", "--json")):
            assert flask(settings, *words, stdout=writing).stderr == b""
    finally:
        os.close(writing)


def test_output_is_utf8_whatever_the_terminal_says(settings: Settings, toolbox: Toolbox) -> None:
    told(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    index_all(toolbox)
    found = flask(settings, "search", "gạo", env=ASCII)
    assert found.returncode == 0, found.stderr
    assert "Tôi bán gạo ở chợ." in found.stdout.decode("utf-8")
    refused = flask(settings, "transcribe", "Mỹ", env=ASCII)
    assert "There is no interview Mỹ." in refused.stderr.decode("utf-8")


def test_an_argument_that_is_no_utf8(settings: Settings) -> None:
    refused = flask(settings, "search", b"ch\xe1")
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert b"[not_utf8]" in refused.stderr


def test_a_port_that_is_taken(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = flask(settings, "serve", "--no-worker", "--port", str(taken.getsockname()[1]))
    assert refused.returncode == 1
    assert b"[port_unusable]" in refused.stderr


def test_a_command_that_does_not_exist(settings: Settings) -> None:
    assert flask(settings, "publish").returncode == 2
