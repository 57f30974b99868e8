"""`flask ingest`, `flask fixity`, `flask jobs`: the shapes that scripts read, and bad files."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from archive.access import machine
from archive.actions import transcription
from archive.models import Event, Interview, MediaFile
from archive.toolbox import Toolbox
from tests import holdings as make
from tests.shell import Shell


@pytest.fixture(autouse=True)
def _interview(toolbox: Toolbox) -> None:
    make.interview(toolbox.database)


def test_ingest_tells_what_became_of_each_file(
    shell: Shell, toolbox: Toolbox, tmp_path: Path
) -> None:
    first, second = (make.sound(tmp_path, hertz=h, name=f"băng {h}.wav") for h in (440, 550))
    told = shell.json("ingest", "LK-1", str(first), str(second), str(first))
    for item, path in zip(told, (first, second, first), strict=True):
        assert item["file"] == str(path)
        assert item["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert item["size_bytes"] == path.stat().st_size
        assert item["role"] == "original"
    assert [item["duplicate"] for item in told] == [False, False, True]
    with toolbox.database.reading() as db:
        assert db.query(MediaFile).count() == 2
        assert {e.actor_name for e in db.query(Event).filter_by(kind="file.received")} == {
            "command line"
        }
    assert first.exists()
    words = shell.says("ingest", "LK-1", str(first))
    assert words == f"{told[0]['sha256']}  {first} (was here already)\n"


def test_what_cannot_be_taken_in_is_said_by_name(shell: Shell, tmp_path: Path) -> None:
    empty = tmp_path / "empty.wav"
    empty.touch()
    playlist = tmp_path / "list.mp3"
    playlist.write_text("#EXTM3U\nhttp://example.org/a.mp3\n")
    for path in (tmp_path, tmp_path / "nothing.wav", empty, playlist, Path("/dev/null")):
        result = shell.run("ingest", "LK-1", str(path))
        assert result.exit_code == 1
        assert str(path) in result.stderr
        assert result.stdout == ""
    sound = make.sound(tmp_path)
    assert "LK-9" in shell.refuses("unknown_interview", "ingest", "LK-9", str(sound))
    shell.misused("ingest", "LK-1")


def test_a_link_leads_to_its_file_and_keeps_its_own_name(
    shell: Shell, toolbox: Toolbox, tmp_path: Path
) -> None:
    sound, link = make.sound(tmp_path), tmp_path / "băng 1.wav"
    link.symlink_to(sound)
    [told] = shell.json("ingest", "LK-1", str(link))
    assert (told["file"], told["size_bytes"]) == (str(link), sound.stat().st_size)
    with toolbox.database.reading() as db:
        assert db.query(MediaFile).one().filename == link.name
    link.unlink()
    link.symlink_to(link)  # to itself
    assert str(link) in shell.run("ingest", "LK-1", str(link)).stderr


def test_a_vault_that_cannot_be_written_is_not_said_of_the_file(
    shell: Shell, toolbox: Toolbox, tmp_path: Path
) -> None:
    sound, objects = make.sound(tmp_path), toolbox.settings.vault_dir / "objects"
    shutil.rmtree(objects, ignore_errors=True)
    objects.parent.mkdir(parents=True, exist_ok=True)
    objects.write_text("a file where a folder should be")
    said = shell.refuses("file_unusable", "ingest", "LK-1", str(sound))
    assert str(objects) in said
    assert str(sound) not in said


def test_a_file_is_told_as_it_was_given(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.sound(tmp_path, name="băng 1.wav")
    monkeypatch.chdir(tmp_path)
    assert shell.json("ingest", "LK-1", "băng 1.wav")[0]["file"] == "băng 1.wav"
    assert shell.run("ingest", "LK-1", "none.wav").stderr.startswith("none.wav: ")


def test_a_pipe_under_the_name_of_a_file_is_not_waited_for(shell: Shell, tmp_path: Path) -> None:
    pipe = tmp_path / "a.wav"
    os.mkfifo(pipe)
    assert str(pipe) in shell.run("ingest", "LK-1", str(pipe)).stderr


def test_a_name_that_is_no_utf8_is_taken_in_and_told(shell: Shell, tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/b\xe0ng.wav"
    os.rename(make.sound(tmp_path), path)
    [told] = shell.json("ingest", "LK-1", os.fsdecode(path))
    assert told["file"].endswith("/b�ng.wav")
    assert told["size_bytes"] == os.path.getsize(path)


def test_the_first_files_stay_when_a_later_one_is_refused(
    shell: Shell, toolbox: Toolbox, tmp_path: Path
) -> None:
    good = make.sound(tmp_path)
    shell.refuses("not_a_file", "ingest", "LK-1", str(good), str(tmp_path / "nothing.wav"))
    [again] = shell.json("ingest", "LK-1", str(good))
    assert again["duplicate"] is True


def test_fixity_names_what_is_wrong_and_fails(
    shell: Shell, toolbox: Toolbox, tmp_path: Path
) -> None:
    first, second = (make.sound(tmp_path, hertz=h, name=f"{h}.wav") for h in (440, 550))
    told = shell.json("ingest", "LK-1", str(first), str(second))
    assert shell.json("fixity", "--all") == {"checked": 2, "wrong": []}
    assert shell.json("fixity") == {"checked": 0, "wrong": []}  # nothing is due
    damaged, missing = (toolbox.vault.path(item["sha256"]) for item in told)
    damaged.chmod(0o644)
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"\x01")
    missing.unlink()
    result = shell.run("fixity", "--all", "--json")
    assert result.exit_code == 1
    assert "mismatch: LK-1 440.wav" in result.stderr
    assert "missing: LK-1 550.wav" in result.stderr
    assert '"checked": 2' in result.stdout


def test_jobs_tells_what_waits(shell: Shell, toolbox: Toolbox, tmp_path: Path) -> None:
    assert shell.says("jobs") == "There is no work.\n"
    shell.json("ingest", "LK-1", str(make.sound(tmp_path)))
    with toolbox.database.writing() as db:
        interview = db.query(Interview).one()
        wanted = transcription.Wanted(engine="whisper", model="small", language="vi")
        transcription.request(db, machine("test"), interview, wanted)
    rows = shell.json("jobs")["jobs"]
    assert {row["kind"] for row in rows} == {"check_fixity", "derive", "transcribe"}
    for row in rows:
        assert row.keys() == {
            "id", "kind", "state", "progress", "stage", "problem", "attempts", "accession",
        }  # fmt: skip
        assert (row["state"], row["accession"], row["attempts"]) == ("queued", "LK-1", 0)
    assert "transcribe" in shell.says("jobs")
