"""Commands as real processes: exit codes, pipes, missing and broken homes."""

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
from tests.support import postgres
from tests.support.http_server import ROOT
from tests.support.searchable_interviews import add_interview_with_text, index_all
from tests.support.worker_process import command, environment

ASCII = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}


def run_flask(
    settings: Settings,
    *printed: str | bytes,
    stdout: int = subprocess.PIPE,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    started = subprocess.run(
        [*command(), *printed],
        cwd=ROOT,
        env=environment(settings, **env or {}),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
    )
    assert b"Traceback" not in started.stderr, started.stderr.decode()
    return started


def settings_of(home: Path) -> Settings:
    """Return the settings of an archive that does not exist yet."""
    return Settings(home=home, database_url=f"sqlite:///{home / 'archive.db'}")


def test_init_creates_an_archive_and_is_idempotent(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "a new" / "home")
    process = run_flask(settings, "jobs")
    assert (process.returncode, process.stdout) == (1, b"")
    assert process.stderr.decode().endswith("flask init makes it. [no_archive]\n")
    assert b"[no_archive]" in run_flask(settings, "worker", "--until-idle").stderr
    assert json.loads(run_flask(settings, "init", "--json").stdout) == {
        "home": str(settings.home),
        "migrated": True,
    }
    assert json.loads(run_flask(settings, "init", "--json").stdout)["migrated"] is False
    assert json.loads(run_flask(settings, "worker", "--until-idle", "--json").stdout) == {"jobs": 0}


@pytest.mark.parametrize(
    ("name", "value"),
    [("LOIKE_PUBLIC_STATES", "all"), ("LOIKE_HOME", "/proc/nowhere")],
)
def test_invalid_setting_is_named(settings: Settings, name: str, value: str) -> None:
    process = run_flask(settings, "jobs", env={name: value})
    assert (process.returncode, process.stdout) == (2, b"")
    assert name.encode() in process.stderr


def test_commands_on_an_invalid_database_file_fail(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    (tmp_path / "archive.db").write_bytes(b"this is no database" * 1000)
    for printed in (("jobs",), ("init",), ("worker",)):
        process = run_flask(settings, *printed)
        assert (process.returncode, process.stdout) == (1, b""), printed
        assert b"[database_damaged]" in process.stderr, printed
    process = run_flask(settings, "doctor", "--json")
    assert process.returncode == 1
    assert json.loads(process.stdout)["ok"] is False


def test_commands_without_a_database_server_fail(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    settings = Settings(home=tmp_path, database_url=f"postgresql+psycopg://x@127.0.0.1:{port}/x")
    process = run_flask(settings, "jobs")
    assert process.returncode == 1
    assert b"[database_unusable]" in process.stderr


@pytest.mark.postgresql
def test_init_of_a_missing_postgresql_database_names_it(tmp_path: Path) -> None:
    with postgres.temporary_database() as url:
        url = url
    process = run_flask(Settings(home=tmp_path, database_url=url), "init")
    assert (process.returncode, process.stdout) == (1, b"")
    assert b"[database_unusable]" in process.stderr
    assert url.rpartition("/")[2].encode() in process.stderr


def test_closed_output_pipe_prints_no_error(settings: Settings, toolbox: Toolbox) -> None:
    add_interview_with_text(toolbox, "LK-1", *["Tôi bán gạo ở chợ."] * 50)
    reading, writing = os.pipe()
    os.close(reading)
    try:
        for printed in (("transcript", "export", "LK-1", "--format", "json"), ("jobs", "--json")):
            assert run_flask(settings, *printed, stdout=writing).stderr == b""
    finally:
        os.close(writing)


def test_output_is_utf8_in_any_locale(settings: Settings, toolbox: Toolbox) -> None:
    add_interview_with_text(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    index_all(toolbox)
    result = run_flask(settings, "search", "gạo", env=ASCII)
    assert result.returncode == 0, result.stderr
    assert "Tôi bán gạo ở chợ." in result.stdout.decode("utf-8")
    process = run_flask(settings, "transcribe", "Mỹ", env=ASCII)
    assert "There is no interview Mỹ." in process.stderr.decode("utf-8")


def test_argument_that_is_not_utf8_fails(settings: Settings) -> None:
    process = run_flask(settings, "search", b"ch\xe1")
    assert (process.returncode, process.stdout) == (1, b"")
    assert b"[not_utf8]" in process.stderr


def test_serve_on_a_used_port_fails(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = run_flask(settings, "serve", "--no-worker", "--port", str(taken.getsockname()[1]))
    assert process.returncode == 1
    assert b"[port_unusable]" in process.stderr


def test_unknown_command_is_a_usage_error(settings: Settings) -> None:
    assert run_flask(settings, "publish").returncode == 2
