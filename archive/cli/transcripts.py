"""`flask transcribe` and `flask transcript …`: machine text, text brought in, text taken out."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup, with_appcontext
from flask_babel import force_locale
from sqlalchemy.orm import Session

from archive import queue
from archive.actions import exporting, interviews, transcription, transcripts, wording
from archive.actions.transcription import AlreadyUnderWay, Wanted
from archive.actions.transcripts import Noticed
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
from archive.cli.running import stopped_by_signals
from archive.models import Interview, Job
from archive.web import import_words
from transcription.engines.registry import ENGINES
from transcription.formats.base import MAX_BYTES
from transcription.formats.reading import read

transcript = AppGroup("transcript", help="Transcripts from and to files.")


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
    """Queue machine transcription of an interview; --wait waits also for what was asked before."""
    settings = toolbox().settings
    with writing() as db:
        interview = find_interview(db, accession)
        wanted = Wanted(
            engine=engine or settings.default_engine,
            model=_model(model) if model else settings.default_model,
            language=language or interview.language,
        )  # fmt: skip
        try:
            job_id = transcription.request(db, operator(), interview, wanted).id
        except AlreadyUnderWay as under_way:
            job_id = under_way.facts["job_id"]
            if not wait or db.get_one(Job, job_id).payload != asdict(wanted):
                raise
    if not wait:
        tell({"job": job_id}, as_json=as_json, words=f"Queued as job {job_id}.")
        return
    result = _wait_for(job_id)
    words = f"Version {result['version']}: {result['segments']} segments, {result['flags']} flags."
    tell(result, as_json=as_json, words=words)


def _model(name: str) -> str:
    """A path counts from the folder that the operator stands in, not from that of the worker."""
    path = Path(name).expanduser()
    return str(path.absolute()) if path.suffix == ".pt" and path.is_file() else name


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
    with file.open("rb") as stream:
        reading = read(stream.read(MAX_BYTES + 1), file.name)
    with toolbox().database.reading() as db:
        spoken, elsewhere = transcripts.placed(find_interview(db, accession), reading.segments)
    noticed = [*elsewhere, *((p.line, p.code, p.text) for p in reading.problems)]
    _tell_remarks(noticed)
    with writing() as db:
        interview = find_interview(db, accession)
        version = transcripts.bring_in(
            db, operator(), interview, language=reading.language or interview.language,
            state=state, source=file.name, noticed=noticed,
            spoken=spoken,
        )  # fmt: skip
        told: dict[str, Any] = {
            "version": version.number,
            "state": version.state,
            "segments": len(reading.segments),
            "problems": [
                {"line": line, "code": code, "text": text} for line, code, text in noticed
            ],
        }
    tell(told, as_json=as_json, words=f"Version {told['version']}: {told['segments']} segments.")


def _tell_remarks(noticed: list[Noticed]) -> None:
    """What was odd about a file, in the sentences that pages show; line 0 is all of it."""
    with force_locale("en"):
        for remark, (_line, code, _text) in zip(
            import_words.remarks(noticed), noticed, strict=True
        ):
            where = f"line {remark.line}: " if remark.line else ""
            quoted = f" “{remark.quoted}”" if remark.quoted else ""
            say(f"{where}{remark.sentence}{quoted} [{code}]", err=True)


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
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    default="-",
    help="Default: -, standard output.",
)
@json_option
@with_appcontext
@guarded
def export(accession: str, form: str, number: int | None, output: Path, as_json: bool) -> None:
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
    if str(output) == "-":
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
    with stopped_by_signals(worker):
        while True:
            with toolbox().database.reading() as db:
                job = db.get_one(Job, job_id)
            if job.state == "done":
                return dict(job.result)
            if job.state in ("failed", "cancelled"):
                code = job.problem or f"job_{job.state}"
                refuse(code, explain(code, **job.detail))
            if job.state == "waiting":
                refuse(job.problem, explain(job.problem, **job.detail))
            if worker.is_stopping:
                refuse("interrupted", f"Job {job_id} is not lost: a worker goes on with it.")
            with toolbox().database.writing() as db:
                queue.reconcile(db)  # another worker may have died with it
            if not worker.run_one(queue.LANES):
                time.sleep(toolbox().settings.poll_s)


COMMANDS = (transcribe, transcript)
