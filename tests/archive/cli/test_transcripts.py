"""`flask transcribe` and `flask transcript …`: JSON shapes and invalid input."""

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
from tests.support import media_factory
from tests.support import media_files as media
from tests.support.audio_samples import as_float, sample
from tests.support.cli_runner import CliRunner
from tests.support.http_server import ROOT
from tests.support.worker_process import command, environment, wait_until
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
    media_factory.add_interview(toolbox.database)


@pytest.fixture
def vtt(tmp_path: Path) -> Path:
    path = tmp_path / "lời kể.vtt"
    path.write_text(VTT, encoding="utf-8")
    return path


@pytest.fixture
def recording(runner: CliRunner, tmp_path: Path) -> None:
    """Ingest twelve seconds of a sample interview."""
    pcm = sample("interview_hem_binh_thanh").pcm[: 12 * 16_000]
    path = media.sound(tmp_path / "a.wav", as_float(pcm)[None])
    runner.json("ingest", "LK-1", str(path))


def test_transcribe_with_wait_reports_the_version(runner: CliRunner, recording: None) -> None:
    result = runner.json("transcribe", "LK-1", "--engine", "whisper", "--model", "demo", "--wait")
    assert result == {
        "version": 1,
        "version_id": result["version_id"],
        "engine": "whisper",
        "model": "demo",
        "model_sha256": DEMO.info.sha256,
        "segments": result["segments"],
        "flags": 0,
    }
    assert result["segments"] >= 2
    transcript = export_json(runner)
    assert len(transcript["segments"]) == result["segments"]
    words = [word for segment in transcript["segments"] for word in segment["words"]]
    assert {word["source"] for word in words} == {"asr"}
    assert all(0 < word["confidence"] <= 1 for word in words)


def test_transcribe_without_wait_queues_a_job(
    runner: CliRunner, toolbox: Toolbox, recording: None
) -> None:
    result = runner.json("transcribe", "LK-1", "--model", "small")
    with toolbox.database.reading() as db:
        job = db.get_one(Job, result["job"])
        assert job.payload == {"engine": "whisper", "model": "small", "language": "vi"}
    runner.fails("already_under_way", "transcribe", "LK-1")


def test_transcribe_with_wait_runs_a_job_queued_before(
    runner: CliRunner, toolbox: Toolbox, recording: None
) -> None:
    runner.json("transcribe", "LK-1", "--model", "demo")
    runner.fails("already_under_way", "transcribe", "LK-1", "--model", "demo")
    runner.fails("already_under_way", "transcribe", "LK-1", "--model", "small", "--wait")
    assert runner.json("transcribe", "LK-1", "--model", "demo", "--wait")["version"] == 1
    with toolbox.database.reading() as db:
        assert db.query(Job).filter_by(kind="transcribe").count() == 1


def test_transcribe_with_a_missing_model_names_its_folder(
    runner: CliRunner, toolbox: Toolbox, recording: None
) -> None:
    message = runner.fails("model_missing", "transcribe", "LK-1", "--wait")
    assert "small.pt" in message
    assert str(toolbox.settings.models_dir) in message
    with toolbox.database.reading() as db:
        assert db.query(Job).filter_by(kind="transcribe").one().state == "waiting"


def test_transcribe_with_another_model_cancels_a_parked_job(
    runner: CliRunner, toolbox: Toolbox, recording: None
) -> None:
    runner.fails("model_missing", "transcribe", "LK-1", "--model", "smal", "--wait")
    result = runner.json("transcribe", "LK-1", "--model", "demo", "--wait")
    assert result["version"] == 1
    with toolbox.database.reading() as db:
        states = [job.state for job in db.query(Job).filter_by(kind="transcribe").order_by(Job.id)]
    assert states == ["cancelled", "done"]


@pytest.mark.sqlite_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_transcribe_interrupted_while_waiting_releases_the_job(
    toolbox: Toolbox, settings: Settings, recording: None, number: int
) -> None:
    def job() -> Job | None:
        with toolbox.database.reading() as db:
            return db.query(Job).filter_by(kind="transcribe").one_or_none()

    def is_running() -> bool:
        running_job = job()
        return running_job is not None and running_job.state == "running"

    process = subprocess.Popen(
        command("transcribe", "LK-1", "--model", "demo", "--wait", "--json"),
        cwd=ROOT,
        env=environment(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(is_running)
    process.send_signal(number)
    out, message = process.communicate()
    assert (process.returncode, out) == (1, "")
    assert message.endswith("is not lost: a worker goes on with it. [interrupted]\n")
    job_row = job()
    assert job_row is not None
    assert (job_row.state, job_row.lease_token, job_row.attempts) == ("queued", "", 0)


def test_transcribe_resolves_a_model_path_in_the_working_directory(
    runner: CliRunner, recording: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(DEMO.path, tmp_path / "tai nghe.pt")
    monkeypatch.chdir(tmp_path)
    result = runner.json("transcribe", "LK-1", "--model", "tai nghe.pt", "--wait")
    assert result["model_sha256"] == DEMO.info.sha256


def test_transcribe_with_invalid_input_fails_with_its_code(runner: CliRunner) -> None:
    runner.fails("nothing_to_hear", "transcribe", "LK-1")
    assert "LK-9" in runner.fails("unknown_interview", "transcribe", "LK-9")
    assert "horn" in runner.usage_error("transcribe", "LK-1", "--engine", "horn")


def test_transcribe_with_an_unsupported_language_fails(runner: CliRunner, recording: None) -> None:
    message = runner.fails(
        "language_not_heard", "transcribe", "LK-1", "--model", "demo", "--language", "rad", "--wait"
    )
    assert "rad" in message


def export_json(runner: CliRunner, *options: str) -> dict[str, Any]:
    transcript: dict[str, Any] = json.loads(
        runner.output("transcript", "export", "LK-1", "--format", "json", *options)
    )
    return transcript


def test_import_and_export_json_have_the_documented_shape(runner: CliRunner, vtt: Path) -> None:
    result = runner.json("transcript", "import", "LK-1", str(vtt), "--state", "corrected")
    assert result == {"version": 1, "state": "corrected", "segments": 2, "problems": []}
    transcript = export_json(runner)
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


def test_exported_json_can_be_imported_again(runner: CliRunner, vtt: Path, tmp_path: Path) -> None:
    runner.json(
        "transcript", "import", "LK-1", str(vtt), "--state", "approved", "--reason", "in tests"
    )
    before = export_json(runner)
    file = tmp_path / "out.json"
    result = runner.json("transcript", "export", "LK-1", "--format", "json", "-o", str(file))
    assert result == {
        "file": str(file),
        "format": "json",
        "version": 1,
        "size_bytes": file.stat().st_size,
    }
    runner.json(
        "transcript", "import", "LK-1", str(file), "--state", "approved", "--reason", "in tests"
    )
    after = export_json(runner)
    assert after["version"] == 2
    for old, new in zip(before["segments"], after["segments"], strict=True):
        assert {**old, "id": ""} == {**new, "id": ""}
    assert export_json(runner, "--version", "1") == before


@pytest.mark.parametrize("format_name", ["vtt", "srt", "txt", "json", "docx"])
def test_export_of_every_format_writes_a_file_and_a_pipe(
    runner: CliRunner, vtt: Path, tmp_path: Path, format_name: str
) -> None:
    runner.json("transcript", "import", "LK-1", str(vtt))
    file = tmp_path / f"out.{format_name}"
    runner.output("transcript", "export", "LK-1", "--format", format_name, "-o", str(file))
    result = runner.run("transcript", "export", "LK-1", "--format", format_name)
    assert result.exit_code == 0
    assert len(result.stdout_bytes) == file.stat().st_size > 0
    if format_name == "docx":
        assert result.stdout_bytes.startswith(b"PK")
    else:
        assert result.stdout_bytes == file.read_bytes()
        assert "chưa hiệu đính" in file.read_text(encoding="utf-8")
        dash = runner.run("transcript", "export", "LK-1", "--format", format_name, "-o", "-")
        assert dash.stdout_bytes == file.read_bytes()


def test_import_of_a_file_that_is_no_transcript_fails(runner: CliRunner, tmp_path: Path) -> None:
    for name, content in {
        "a.vtt": b"",
        "b.srt": b"\xff\xfe\x00",
        "c.json": b"[1, 2",
        "d.json": b"{}",
        "e.json": b'{"segments": "x"}',
        "f.pdf": b"%PDF-1.4",
        "g.vtt": b"WEBVTT\n",
    }.items():
        path = tmp_path / name
        path.write_bytes(content)
        result = runner.run("transcript", "import", "LK-1", str(path))
        assert result.exit_code == 1, name
        assert re.search(r"\[[a-z_]+\]\n$", result.stderr), name
        assert result.stdout == "", name
    assert (
        "This JSON is not a transcript of this program. [not_a_transcript]\n"
        in runner.run("transcript", "import", "LK-1", str(tmp_path / "d.json")).stderr
    )


def test_roles_of_speakers_without_person_survive_export_and_import(
    runner: CliRunner, tmp_path: Path
) -> None:
    """Speakers of a file need no record of a person; editors assign people to labels."""
    speakers = [("Bà Sen", "witness"), ("Anh Minh", "interviewer"), ("Tiếng rao", None)]
    path = tmp_path / "a.json"
    path.write_text(
        json.dumps(
            {
                "segments": [
                    {"speaker": speaker, "role": role, "text": "Dạ.", "start_ms": n, "end_ms": n}
                    for n, (speaker, role) in enumerate(speakers)
                ]
            }
        )
    )
    runner.json("transcript", "import", "LK-1", str(path))
    second_file = tmp_path / "b.vtt"
    runner.output("transcript", "export", "LK-1", "--format", "vtt", "-o", str(second_file))
    for _time in range(2):
        exported = [(s["speaker"], s["role"]) for s in export_json(runner)["segments"]]
        assert exported == speakers
        runner.json("transcript", "import", "LK-1", str(second_file))


def test_import_with_problems_reports_their_lines_and_keeps_the_text(
    runner: CliRunner, toolbox: Toolbox, tmp_path: Path
) -> None:
    path = tmp_path / "a.srt"
    path.write_text(
        "1\n00:00:05,000 --> 00:00:02,000\nNgược giờ.\n\n2\n00:00:06,000 --> 00:00:08,000\nĐược.\n"
    )
    result = runner.run("transcript", "import", "LK-1", str(path), "--json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["segments"] == 2
    [problem] = report["problems"]
    assert result.stderr == (
        f"line {problem['line']}: The end comes before the beginning; they were made the same. "
        "“Ngược giờ.” [end_before_start]\n"
    )
    with toolbox.database.reading() as db:
        kept = db.query(TranscriptVersion).one().options["noticed"]
    assert kept == [[problem["line"], problem["code"], problem["text"]]]


def test_import_with_an_unknown_part_warns(runner: CliRunner, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    segment = {"text": "Dạ.", "start_ms": 0, "end_ms": 1}
    path.write_text(json.dumps({"segments": [segment, {**segment, "recording": 2}]}))
    result = runner.run("transcript", "import", "LK-1", str(path), "--json")
    assert json.loads(result.stdout)["problems"] == [
        {"line": 0, "code": "no_such_part", "text": "2"}
    ]
    assert result.stderr.startswith("The interview has no such part yet;")


def test_import_and_export_with_invalid_input_fail(
    runner: CliRunner, vtt: Path, tmp_path: Path
) -> None:
    assert "nothing.vtt" in runner.usage_error("transcript", "import", "LK-1", "nothing.vtt")
    assert "directory" in runner.usage_error("transcript", "import", "LK-1", str(tmp_path))
    assert "'heard'" in runner.usage_error(
        "transcript", "import", "LK-1", str(vtt), "--state", "heard"
    )
    runner.fails("unknown_interview", "transcript", "import", "LK-9", str(vtt))
    runner.fails("no_transcript", "transcript", "export", "LK-1", "--format", "vtt")
    runner.json("transcript", "import", "LK-1", str(vtt))
    assert "'pdf'" in runner.usage_error("transcript", "export", "LK-1", "--format", "pdf")
    runner.fails(
        "no_transcript", "transcript", "export", "LK-1", "--format", "vtt", "--version", "7"
    )
    missing = tmp_path / "no such folder" / "out.vtt"
    message = runner.fails(
        "file_unusable", "transcript", "export", "LK-1", "--format", "vtt", "-o", str(missing)
    )
    assert str(missing) in message
    runner.usage_error("transcript", "export", "LK-1", "--format", "vtt", "-o", str(tmp_path))
