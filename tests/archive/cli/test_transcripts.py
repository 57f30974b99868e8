"""`flask transcribe` and `flask transcript …`: the shapes that scripts read, and bad input."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from archive.models import Job, TranscriptVersion
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests import holdings as make
from tests.fixtures.media import make as media
from tests.live import ROOT
from tests.shell import Shell
from tests.transcription.sounds import as_heard, sample
from tests.workers import command, environment, until
from transcription.engines.demo import DEMO

SEGMENT_KEYS = {"id", "speaker", "role", "start_ms", "end_ms", "text", "flags", "words"}
WORD_KEYS = {"start_ms", "end_ms", "text", "confidence", "source"}
VTT = """WEBVTT

1
00:00:01.000 --> 00:00:04.000
<v Bà Sen>Hồi đó hẻm tôi có cái giếng chung.

2
00:00:05.000 --> 00:00:09.000
<v Bà Sen>Sáng nào cũng ra gánh nước.
"""


@pytest.fixture(autouse=True)
def _interview(toolbox: Toolbox) -> None:
    make.interview(toolbox.database)


@pytest.fixture
def vtt(tmp_path: Path) -> Path:
    path = tmp_path / "lời kể.vtt"
    path.write_text(VTT, encoding="utf-8")
    return path


@pytest.fixture
def talk(shell: Shell, tmp_path: Path) -> None:
    """Twelve seconds of the sample interview are in the archive."""
    pcm = sample("interview_hem_binh_thanh").pcm[: 12 * 16_000]
    path = media.sound(tmp_path / "a.wav", as_heard(pcm)[None])
    shell.json("ingest", "LK-1", str(path))


def test_transcribe_and_wait_tells_what_was_made(shell: Shell, talk: None) -> None:
    told = shell.json("transcribe", "LK-1", "--engine", "whisper", "--model", "demo", "--wait")
    assert told == {
        "version": 1, "version_id": told["version_id"], "engine": "whisper", "model": "demo",
        "model_sha256": DEMO.info.sha256, "segments": told["segments"], "flags": 0,
    }  # fmt: skip
    assert told["segments"] >= 2
    transcript = exported(shell)
    assert len(transcript["segments"]) == told["segments"]
    words = [word for segment in transcript["segments"] for word in segment["words"]]
    assert {word["source"] for word in words} == {"asr"}
    assert all(0 < word["confidence"] <= 1 for word in words)


def test_transcribe_without_waiting_leaves_a_job(
    shell: Shell, toolbox: Toolbox, talk: None
) -> None:
    told = shell.json("transcribe", "LK-1", "--model", "small")
    with toolbox.database.reading() as db:
        job = db.get_one(Job, told["job"])
        assert job.payload == {"engine": "whisper", "model": "small", "language": "vi"}
    shell.refuses("already_under_way", "transcribe", "LK-1")


def test_waiting_for_what_was_asked_before(shell: Shell, toolbox: Toolbox, talk: None) -> None:
    shell.json("transcribe", "LK-1", "--model", "demo")
    shell.refuses("already_under_way", "transcribe", "LK-1", "--model", "demo")
    shell.refuses("already_under_way", "transcribe", "LK-1", "--model", "small", "--wait")
    assert shell.json("transcribe", "LK-1", "--model", "demo", "--wait")["version"] == 1
    with toolbox.database.reading() as db:
        assert db.query(Job).filter_by(kind="transcribe").count() == 1


def test_waiting_for_a_model_that_is_not_here_says_where_to_put_it(
    shell: Shell, toolbox: Toolbox, talk: None
) -> None:
    said = shell.refuses("model_missing", "transcribe", "LK-1", "--wait")
    assert "small.pt" in said
    assert str(toolbox.settings.models_dir) in said
    with toolbox.database.reading() as db:
        assert db.query(Job).filter_by(kind="transcribe").one().state == "waiting"


def test_work_that_waits_for_a_model_gives_way_to_another_one(
    shell: Shell, toolbox: Toolbox, talk: None
) -> None:
    shell.refuses("model_missing", "transcribe", "LK-1", "--model", "smal", "--wait")
    told = shell.json("transcribe", "LK-1", "--model", "demo", "--wait")
    assert told["version"] == 1
    with toolbox.database.reading() as db:
        states = [job.state for job in db.query(Job).filter_by(kind="transcribe").order_by(Job.id)]
    assert states == ["cancelled", "done"]


@pytest.mark.sqlite_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_whoever_stops_waiting_gives_the_work_back_at_once(
    toolbox: Toolbox, settings: Settings, talk: None, number: int
) -> None:
    def job() -> Job | None:
        with toolbox.database.reading() as db:
            return db.query(Job).filter_by(kind="transcribe").one_or_none()

    def is_running() -> bool:
        found = job()
        return found is not None and found.state == "running"

    waiting = subprocess.Popen(
        command("transcribe", "LK-1", "--model", "demo", "--wait", "--json"), cwd=ROOT,
        env=environment(settings), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until(is_running)
    waiting.send_signal(number)
    out, said = waiting.communicate(timeout=60)
    assert (waiting.returncode, out) == (1, "")
    assert said.endswith("is not lost: a worker goes on with it. [interrupted]\n")
    left = job()
    assert left is not None
    assert (left.state, left.lease_token, left.attempts) == ("queued", "", 0)


def test_the_path_of_a_model_counts_from_where_the_operator_stands(
    shell: Shell, talk: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(DEMO.path, tmp_path / "tai nghe.pt")
    monkeypatch.chdir(tmp_path)
    told = shell.json("transcribe", "LK-1", "--model", "tai nghe.pt", "--wait")
    assert told["model_sha256"] == DEMO.info.sha256


def test_what_cannot_be_transcribed(shell: Shell) -> None:
    shell.refuses("nothing_to_hear", "transcribe", "LK-1")
    assert "LK-9" in shell.refuses("unknown_interview", "transcribe", "LK-9")
    assert "horn" in shell.misused("transcribe", "LK-1", "--engine", "horn")


def test_a_language_that_the_model_was_not_taught(shell: Shell, talk: None) -> None:
    said = shell.refuses(
        "language_not_heard", "transcribe", "LK-1", "--model", "demo", "--language", "rad", "--wait"
    )
    assert "rad" in said


def exported(shell: Shell, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        shell.says("transcript", "export", "LK-1", "--format", "json", *words)
    )
    return found


def test_import_and_export_have_the_shapes_that_scripts_read(shell: Shell, vtt: Path) -> None:
    told = shell.json("transcript", "import", "LK-1", str(vtt), "--state", "corrected")
    assert told == {"version": 1, "state": "corrected", "segments": 2, "problems": []}
    transcript = exported(shell)
    assert (transcript["accession"], transcript["language"]) == ("LK-1", "vi")
    assert (transcript["version"], transcript["state"]) == (1, "corrected")
    for segment in transcript["segments"]:
        assert segment.keys() >= SEGMENT_KEYS
        assert segment["speaker"] == "Bà Sen"
        assert segment["flags"] == []
        assert " ".join(word["text"] for word in segment["words"]) == segment["text"]
        for word in segment["words"]:
            assert word.keys() == WORD_KEYS
            assert segment["start_ms"] <= word["start_ms"] <= word["end_ms"] <= segment["end_ms"]
    first = transcript["segments"][0]
    assert (first["start_ms"], first["end_ms"]) == (1000, 4000)


def test_what_was_exported_can_be_brought_in_again(shell: Shell, vtt: Path, tmp_path: Path) -> None:
    shell.json("transcript", "import", "LK-1", str(vtt), "--state", "approved")
    before = exported(shell)
    file = tmp_path / "out.json"
    told = shell.json("transcript", "export", "LK-1", "--format", "json", "-o", str(file))
    assert told == {
        "file": str(file), "format": "json", "version": 1, "size_bytes": file.stat().st_size,
    }  # fmt: skip
    shell.json("transcript", "import", "LK-1", str(file), "--state", "approved")
    after = exported(shell)
    assert after["version"] == 2
    for old, new in zip(before["segments"], after["segments"], strict=True):
        assert {**old, "id": ""} == {**new, "id": ""}
    assert exported(shell, "--version", "1") == before


@pytest.mark.parametrize("form", ["vtt", "srt", "txt", "json", "docx"])
def test_every_format_can_be_written_to_a_file_and_to_a_pipe(
    shell: Shell, vtt: Path, tmp_path: Path, form: str
) -> None:
    shell.json("transcript", "import", "LK-1", str(vtt))
    file = tmp_path / f"out.{form}"
    shell.says("transcript", "export", "LK-1", "--format", form, "-o", str(file))
    result = shell.run("transcript", "export", "LK-1", "--format", form)
    assert result.exit_code == 0
    assert len(result.stdout_bytes) == file.stat().st_size > 0
    if form == "docx":
        assert result.stdout_bytes.startswith(b"PK")
    else:
        assert result.stdout_bytes == file.read_bytes()
        assert "chưa hiệu đính" in file.read_text(encoding="utf-8")
        dash = shell.run("transcript", "export", "LK-1", "--format", form, "-o", "-")
        assert dash.stdout_bytes == file.read_bytes()


def test_a_file_that_is_no_transcript(shell: Shell, tmp_path: Path) -> None:
    for name, content in {
        "a.vtt": b"", "b.srt": b"\xff\xfe\x00", "c.json": b"[1, 2", "d.json": b"{}",
        "e.json": b'{"segments": "x"}', "f.pdf": b"%PDF-1.4", "g.vtt": b"WEBVTT\n",
    }.items():  # fmt: skip
        path = tmp_path / name
        path.write_bytes(content)
        result = shell.run("transcript", "import", "LK-1", str(path))
        assert result.exit_code == 1, name
        assert re.search(r"\[[a-z_]+\]\n$", result.stderr), name
        assert result.stdout == "", name
    assert "This JSON is not a transcript of ours. [not_a_transcript]\n" in shell.run(
        "transcript", "import", "LK-1", str(tmp_path / "d.json")
    ).stderr  # fmt: skip


def test_who_asks_and_who_answers_comes_back_for_voices_that_are_no_person(
    shell: Shell, tmp_path: Path
) -> None:
    """The people of a file need no record here, and whose voice a label is stays the editor's."""
    said = [("Bà Sen", "witness"), ("Anh Minh", "interviewer"), ("Tiếng rao", None)]
    path = tmp_path / "a.json"
    path.write_text(
        json.dumps(
            {
                "segments": [
                    {"speaker": speaker, "role": role, "text": "Dạ.", "start_ms": n, "end_ms": n}
                    for n, (speaker, role) in enumerate(said)
                ]
            }
        )
    )
    shell.json("transcript", "import", "LK-1", str(path))
    again = tmp_path / "b.vtt"
    shell.says("transcript", "export", "LK-1", "--format", "vtt", "-o", str(again))
    for _time in range(2):
        found = [(s["speaker"], s["role"]) for s in exported(shell)["segments"]]
        assert found == said
        shell.json("transcript", "import", "LK-1", str(again))


def test_problems_of_a_transcript_are_named_by_line_and_it_is_kept(
    shell: Shell, toolbox: Toolbox, tmp_path: Path
) -> None:
    path = tmp_path / "a.srt"
    path.write_text(
        "1\n00:00:05,000 --> 00:00:02,000\nNgược giờ.\n\n2\n00:00:06,000 --> 00:00:08,000\nĐược.\n"
    )
    result = shell.run("transcript", "import", "LK-1", str(path), "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told["segments"] == 2
    [problem] = told["problems"]
    assert result.stderr == (
        f"line {problem['line']}: The end comes before the beginning; they were made the same. "
        "“Ngược giờ.” [end_before_start]\n"
    )
    with toolbox.database.reading() as db:
        kept = db.query(TranscriptVersion).one().options["noticed"]
    assert kept == [[problem["line"], problem["code"], problem["text"]]]


def test_a_part_that_is_not_here_is_told(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    said = {"text": "Dạ.", "start_ms": 0, "end_ms": 1}
    path.write_text(json.dumps({"segments": [said, {**said, "recording": 2}]}))
    result = shell.run("transcript", "import", "LK-1", str(path), "--json")
    assert json.loads(result.stdout)["problems"] == [
        {"line": 0, "code": "no_such_part", "text": "2"}
    ]
    assert result.stderr.startswith("The interview has no such part yet;")


def test_what_cannot_be_imported_or_exported(shell: Shell, vtt: Path, tmp_path: Path) -> None:
    assert "nothing.vtt" in shell.misused("transcript", "import", "LK-1", "nothing.vtt")
    assert "directory" in shell.misused("transcript", "import", "LK-1", str(tmp_path))
    assert "'heard'" in shell.misused("transcript", "import", "LK-1", str(vtt), "--state", "heard")
    shell.refuses("unknown_interview", "transcript", "import", "LK-9", str(vtt))
    shell.refuses("no_transcript", "transcript", "export", "LK-1", "--format", "vtt")
    shell.json("transcript", "import", "LK-1", str(vtt))
    assert "'pdf'" in shell.misused("transcript", "export", "LK-1", "--format", "pdf")
    shell.refuses("no_transcript", "transcript", "export", "LK-1", "--format", "vtt",
                  "--version", "7")  # fmt: skip
    missing = tmp_path / "no such folder" / "out.vtt"
    said = shell.refuses("file_unusable", "transcript", "export", "LK-1", "--format", "vtt",
                         "-o", str(missing))  # fmt: skip
    assert str(missing) in said
    shell.misused("transcript", "export", "LK-1", "--format", "vtt", "-o", str(tmp_path))
