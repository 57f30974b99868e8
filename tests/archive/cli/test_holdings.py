"""`flask ingest`, `flask fixity`, `flask jobs`: JSON shapes and invalid files."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest
from sqlalchemy import delete

from archive.actions.speech import runs
from archive.models import Event, Interview, Job, MediaFile
from archive.toolbox import Toolbox
from tests.support import media_factory
from tests.support.cli_runner import CliRunner
from tests.support.rights import rights_of_machine


@pytest.fixture(autouse=True)
def _interview(toolbox: Toolbox) -> None:
    media_factory.add_interview(toolbox.database)


def test_ingest_reports_the_outcome_of_each_file(
    runner: CliRunner, toolbox: Toolbox, tmp_path: Path
) -> None:
    first, second = (
        media_factory.write_wav(tmp_path, hertz=h, name=f"băng {h}.wav") for h in (440, 550)
    )
    result = runner.json("ingest", "LK-1", str(first), str(second), str(first))
    for item, path in zip(result, (first, second, first), strict=True):
        assert item["file"] == str(path)
        assert item["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert item["size_bytes"] == path.stat().st_size
        assert item["role"] == "original"
    assert [item["duplicate"] for item in result] == [False, False, True]
    with toolbox.database.reading() as db:
        assert db.query(MediaFile).count() == 2
        assert {e.actor_name for e in db.query(Event).filter_by(kind="file.received")} == {
            "command line"
        }
    assert first.exists()
    printed = runner.output("ingest", "LK-1", str(first))
    assert printed == f"{result[0]['sha256']}  {first} (was here already)\n"


def test_ingest_of_an_invalid_file_fails_and_names_it(runner: CliRunner, tmp_path: Path) -> None:
    empty = tmp_path / "empty.wav"
    empty.touch()
    playlist = tmp_path / "list.mp3"
    playlist.write_text("#EXTM3U\nhttp://example.org/a.mp3\n")
    for path in (tmp_path, tmp_path / "nothing.wav", empty, playlist, Path("/dev/null")):
        result = runner.run("ingest", "LK-1", str(path))
        assert result.exit_code == 1
        assert str(path) in result.stderr
        assert result.stdout == ""
    sound = media_factory.write_wav(tmp_path)
    assert "LK-9" in runner.fails("unknown_interview", "ingest", "LK-9", str(sound))
    runner.usage_error("ingest", "LK-1")


def test_ingest_of_a_link_stores_the_target_under_the_links_name(
    runner: CliRunner, toolbox: Toolbox, tmp_path: Path
) -> None:
    sound, link = media_factory.write_wav(tmp_path), tmp_path / "băng 1.wav"
    link.symlink_to(sound)
    [result] = runner.json("ingest", "LK-1", str(link))
    assert (result["file"], result["size_bytes"]) == (str(link), sound.stat().st_size)
    with toolbox.database.reading() as db:
        assert db.query(MediaFile).one().filename == link.name
    link.unlink()
    link.symlink_to(link)  # to itself
    assert str(link) in runner.run("ingest", "LK-1", str(link)).stderr


def test_ingest_into_an_unwritable_vault_names_the_vault(
    runner: CliRunner, toolbox: Toolbox, tmp_path: Path
) -> None:
    sound, objects = media_factory.write_wav(tmp_path), toolbox.settings.vault_dir / "objects"
    shutil.rmtree(objects, ignore_errors=True)
    objects.parent.mkdir(parents=True, exist_ok=True)
    objects.write_text("a file where a folder should be")
    message = runner.fails("file_unusable", "ingest", "LK-1", str(sound))
    assert str(objects) in message
    assert str(sound) not in message


def test_ingest_reports_a_path_as_given(
    runner: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media_factory.write_wav(tmp_path, name="băng 1.wav")
    monkeypatch.chdir(tmp_path)
    assert runner.json("ingest", "LK-1", "băng 1.wav")[0]["file"] == "băng 1.wav"
    assert runner.run("ingest", "LK-1", "none.wav").stderr.startswith("none.wav: ")


def test_ingest_of_a_pipe_fails_at_once(runner: CliRunner, tmp_path: Path) -> None:
    pipe = tmp_path / "a.wav"
    os.mkfifo(pipe)
    assert str(pipe) in runner.run("ingest", "LK-1", str(pipe)).stderr


def test_ingest_of_a_name_that_is_not_utf8_succeeds(runner: CliRunner, tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/b\xe0ng.wav"
    os.rename(media_factory.write_wav(tmp_path), path)
    [result] = runner.json("ingest", "LK-1", os.fsdecode(path))
    assert result["file"].endswith("/b�ng.wav")
    assert result["size_bytes"] == os.path.getsize(path)


def test_ingest_with_a_refused_file_keeps_the_files_before_it(
    runner: CliRunner, toolbox: Toolbox, tmp_path: Path
) -> None:
    good = media_factory.write_wav(tmp_path)
    runner.fails("not_a_file", "ingest", "LK-1", str(good), str(tmp_path / "nothing.wav"))
    [second] = runner.json("ingest", "LK-1", str(good))
    assert second["duplicate"] is True


def test_fixity_with_wrong_files_names_them_and_fails(
    runner: CliRunner, toolbox: Toolbox, tmp_path: Path
) -> None:
    first, second = (
        media_factory.write_wav(tmp_path, hertz=h, name=f"{h}.wav") for h in (440, 550)
    )
    result = runner.json("ingest", "LK-1", str(first), str(second))
    assert runner.json("fixity", "--all") == {"checked": 2, "wrong": []}
    assert runner.json("fixity") == {"checked": 0, "wrong": []}  # nothing is due
    damaged, missing = (toolbox.vault.path(item["sha256"]) for item in result)
    damaged.chmod(0o644)
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"\x01")
    missing.unlink()
    result = runner.run("fixity", "--all", "--json")
    assert result.exit_code == 1
    assert "mismatch: LK-1 440.wav" in result.stderr
    assert "missing: LK-1 550.wav" in result.stderr
    assert '"checked": 2' in result.stdout


def test_jobs_lists_queued_jobs(runner: CliRunner, toolbox: Toolbox, tmp_path: Path) -> None:
    assert runner.output("jobs") == "There is no work.\n"
    runner.json("ingest", "LK-1", str(media_factory.write_wav(tmp_path)))
    with toolbox.database.writing() as db:
        interview = db.query(Interview).one()
        options = runs.TranscriptionOptions(engine="whisper", model="small", language="vi")
        runs.request(db, rights_of_machine("test"), interview, options)
    rows = runner.json("jobs")["jobs"]
    assert {row["kind"] for row in rows} == {"check_fixity", "derive", "transcribe"}
    for row in rows:
        assert row.keys() == {
            "id",
            "kind",
            "state",
            "progress",
            "stage",
            "problem",
            "attempts",
            "accession",
        }
        assert (row["state"], row["accession"], row["attempts"]) == ("queued", "LK-1", 0)
    assert "transcribe" in runner.output("jobs")


def test_derive_queues_missing_copies_of_one_interview_or_of_all(
    runner: CliRunner, toolbox: Toolbox, tmp_path: Path
) -> None:
    media_factory.add_interview(toolbox.database, "LK-2")
    for accession, hertz in (("LK-1", 440), ("LK-2", 550)):
        path = media_factory.write_wav(tmp_path, hertz=hertz, name=f"{accession}.wav")
        runner.json("ingest", accession, str(path))
    with toolbox.database.writing() as db:
        db.execute(delete(Job))
    assert runner.json("derive", "LK-2") == {"queued": 1}
    assert runner.output("derive") == "Copies of 1 file are queued: flask worker makes them.\n"
    assert runner.output("derive") == "No copy is missing.\n"
    with toolbox.database.reading() as db:
        assert [job.kind for job in db.query(Job)] == ["derive", "derive"]
    assert "[unknown_interview]" in runner.run("derive", "LK-9").stderr
