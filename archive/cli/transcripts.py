"""`flask transcribe` and `flask transcript …`: machine text, text brought in, text taken out."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup, with_appcontext
from sqlalchemy.orm import Session

from archive import queue
from archive.actions import exporting, interviews, transcription, transcripts, wording
from archive.actions.transcription import Wanted
from archive.cli.output import (
    explain,
    guarded,
    json_option,
    operator,
    refuse,
    say,
    tell,
    toolbox,
    writing,
)
from archive.models import Interview, Job
from transcription.engines.registry import ENGINES
from transcription.formats.reading import read

transcript = AppGroup("transcript", help="Transcripts from and to files.")
LONGEST_FILE_BYTES = 64 * 1024 * 1024


def find_interview(db: Session, accession: str) -> Interview:
    """By accession number; ends the command when there is none."""
    found = interviews.by_accession(db, accession)
    if found is None:
        refuse("unknown_interview", f"There is no interview {accession}.")
    return found


@click.command("transcribe")
@click.argument("accession")
@click.option(
    "--engine", default=None, type=click.Choice(sorted(ENGINES)), help="Default: LOIKE_ENGINE."
)
@click.option(
    "--model",
    default=None,
    metavar="MODEL",
    help="A name that the engine knows, or a path to a .pt. Default: LOIKE_MODEL.",
)
@click.option("--language", default=None, help="Default: the interview's.")
@click.option("--wait", is_flag=True, help="Run it here and print what was made.")
@json_option
@with_appcontext
@guarded
def transcribe(
    accession: str, engine: str | None, model: str | None, language: str | None,
    wait: bool, as_json: bool,
) -> None:  # fmt: skip
    """Queue machine transcription of an interview."""
    settings = toolbox().settings
    with writing() as db:
        interview = find_interview(db, accession)
        wanted = Wanted(
            engine=engine or settings.default_engine, model=model or settings.default_model,
            language=language or interview.language,
        )  # fmt: skip
        job_id = transcription.request(db, operator(), interview, wanted).id
    if not wait:
        tell({"job": job_id}, as_json=as_json, words=f"Queued as job {job_id}.")
        return
    result = _wait_for(job_id)
    words = f"Version {result['version']}: {result['segments']} segments, {result['flags']} flags."
    tell(result, as_json=as_json, words=words)


@transcript.command("import")
@click.argument("accession")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--state",
    type=click.Choice(["machine", "corrected", "approved"]),
    default="machine",
    help="What the office vouches for. Default: machine.",
)
@json_option
@with_appcontext
@guarded
def bring_in(accession: str, file: Path, state: str, as_json: bool) -> None:
    """Bring in a transcript: WebVTT, SRT, plain text or our own JSON."""
    if file.stat().st_size > LONGEST_FILE_BYTES:
        refuse("too_large", f"{file.name} is larger than a transcript can be.")
    reading = read(file.read_bytes(), file.name)
    with writing() as db:
        interview = find_interview(db, accession)
        recordings = {r.part: r.id for r in interview.recordings}
        version = transcripts.bring_in(
            db, operator(), interview, language=reading.language or interview.language,
            state=state, source=file.name,
            spoken=[(recordings.get(s.recording), s) for s in reading.segments],
        )  # fmt: skip
        told: dict[str, Any] = {
            "version": version.number,
            "state": version.state,
            "segments": len(reading.segments),
            "problems": [
                {"line": p.line, "code": p.code, "text": p.text} for p in reading.problems
            ],
        }
    for problem in told["problems"]:
        say(f"line {problem['line']}: {problem['text']} [{problem['code']}]", err=True)
    tell(told, as_json=as_json, words=f"Version {told['version']}: {told['segments']} segments.")


@transcript.command("export")
@click.argument("accession")
@click.option(
    "--format",
    "form",
    required=True,
    type=click.Choice(exporting.writable()),
    help="How to write it.",
)
@click.option("--version", "number", type=int, metavar="N", help="Default: the one shown.")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="Default: standard output.",
)
@json_option
@with_appcontext
@guarded
def export(
    accession: str, form: str, number: int | None, output: Path | None, as_json: bool
) -> None:
    """Write a version of a transcript to a file or to standard output.

    With -o the answer says what was written; without, the answer is the transcript.
    """
    with toolbox().database.reading() as db:
        interview = find_interview(db, accession)
        found = [
            v
            for v in transcripts.versions(db, interview)
            if (v.is_current if number is None else v.number == number)
        ]
        if not found:
            refuse("no_transcript", f"{accession} has no such transcript.")
        words = wording.wording(db, interview, found[0], toolbox().settings.default_language)
        made = exporting.export(db, operator(), interview, found[0], form, words)
    if output is None:
        click.echo(made.content, nl=False)
        return
    output.write_bytes(made.content)
    told = {
        "file": str(output), "format": form, "version": found[0].number,
        "size_bytes": len(made.content),
    }  # fmt: skip
    tell(told, as_json=as_json, words=f"Version {told['version']} is in {output}.")


def _wait_for(job_id: str) -> dict[str, Any]:
    """Work until the job has ended, here or in a worker beside us."""
    from archive.jobs.worker import Worker  # brings the decoders: not for who only serves

    worker = Worker(toolbox())
    while True:
        with toolbox().database.reading() as db:
            job = db.get_one(Job, job_id)
        if job.state == "done":
            return dict(job.result)
        if job.state in ("failed", "cancelled"):
            code = job.problem or f"job_{job.state}"
            refuse(code, explain(code, **job.detail))
        if job.state == "waiting":
            refuse(job.problem, f"{explain(job.problem, **job.detail)} The job waits.")
        with toolbox().database.writing() as db:
            queue.reconcile(db)  # another worker may have died with it
        if not worker.run_one(queue.LANES):
            time.sleep(toolbox().settings.poll_s)


COMMANDS = (transcribe, transcript)
