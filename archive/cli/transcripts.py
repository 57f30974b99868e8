"""`flask transcribe` and `flask transcript …`: transcribe, import and export."""

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
from archive.actions.catalogue import interviews
from archive.actions.speech import runs
from archive.actions.speech.runs import TranscriptionInProgress, TranscriptionOptions
from archive.actions.transcripts import exports, imports, labels, versions
from archive.actions.transcripts.imports import ImportWarning
from archive.cli.output import (
    exit_with_error,
    json_option,
    message_for_code,
    operator,
    print_line,
    print_result,
    report_errors,
    toolbox,
    transaction,
)
from archive.cli.processes import stopped_by_signals
from archive.messages import import_remarks
from archive.models import Interview, Job
from archive.models.vocabulary import LANES
from transcription.engines.registry import ENGINES
from transcription.formats.base import MAX_BYTES
from transcription.formats.reading import read_transcript

transcript = AppGroup("transcript", help="Import and export transcripts.")


def find_interview(db: Session, accession: str) -> Interview:
    """Return an interview by its accession number, or exit with an error."""
    row = interviews.by_accession(db, accession)
    if row is None:
        exit_with_error("unknown_interview", f"There is no interview {accession}.")
    return row


@click.command("transcribe")
@click.argument("accession")
@click.option(
    "--engine",
    default=None,
    type=click.Choice(sorted(ENGINES)),
    help="Speech engine. Default: LOIKE_ENGINE.",
)
@click.option(
    "--model",
    default=None,
    metavar="MODEL",
    help="Name of a model, or path of a .pt file. Default: LOIKE_MODEL.",
)
@click.option("--language", default=None, help="Language spoken. Default: that of the interview.")
@click.option(
    "--wait", is_flag=True, help="Run the job here, or a queued one, and print the result."
)
@json_option
@with_appcontext
@report_errors
def transcribe(
    accession: str,
    engine: str | None,
    model: str | None,
    language: str | None,
    wait: bool,
    as_json: bool,
) -> None:
    """Queue the machine transcription of an interview."""
    settings = toolbox().settings
    with transaction() as db:
        interview = find_interview(db, accession)
        request = TranscriptionOptions(
            engine=engine or settings.default_engine,
            model=_absolute_model(model) if model else settings.default_model,
            language=language or interview.language,
        )
        try:
            job_id = runs.request(db, operator(), interview, request).id
        except TranscriptionInProgress as running:
            job_id = running.facts["job_id"]
            if not wait or db.get_one(Job, job_id).payload != asdict(request):
                raise
    if not wait:
        print_result({"job": job_id}, as_json=as_json, text=f"Queued as job {job_id}.")
        return
    result = _run_until_done(job_id)
    words = f"Version {result['version']}: {result['segments']} segments, {result['flags']} flags."
    print_result(result, as_json=as_json, text=words)


def _absolute_model(name: str) -> str:
    """Make a path absolute: the worker has another working directory."""
    path = Path(name).expanduser()
    return str(path.absolute()) if path.suffix == ".pt" and path.is_file() else name


@transcript.command("import")
@click.argument("accession")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--state",
    type=click.Choice(imports.IMPORT_STATES),
    default="machine",
    help="State of the new version. Default: machine.",
)
@click.option(
    "--reason",
    default="",
    help="Why a text is approved of which segments are unheard, doubted or without a speaker.",
)
@json_option
@with_appcontext
@report_errors
def import_transcript(accession: str, file: Path, state: str, reason: str, as_json: bool) -> None:
    """Import a transcript from WebVTT, SRT, plain text or JSON."""
    with file.open("rb") as stream:
        reading = read_transcript(stream.read(MAX_BYTES + 1), file.name)
    with toolbox().database.reading() as db:
        placed, unplaced = imports.assign_recordings(
            find_interview(db, accession), reading.segments
        )
    warnings = [*unplaced, *((p.line, p.code, p.text) for p in reading.problems)]
    _print_warnings(warnings)
    with transaction() as db:
        interview = find_interview(db, accession)
        version = imports.import_transcript(
            db,
            operator(),
            interview,
            language=reading.language or interview.language,
            state=state,
            source=file.name,
            warnings=warnings,
            segments=placed,
            reason=reason,
        )
        result: dict[str, Any] = {
            "version": version.number,
            "state": version.state,
            "segments": len(reading.segments),
            "problems": [
                {"line": line, "code": code, "text": text} for line, code, text in warnings
            ],
        }
    print_result(
        result, as_json=as_json, text=f"Version {result['version']}: {result['segments']} segments."
    )


def _print_warnings(warnings: list[ImportWarning]) -> None:
    """Print the warnings of an import as pages show them; line 0 means the whole file."""
    with force_locale("en"):
        for remark, (_line, code, _text) in zip(
            import_remarks.remarks(warnings), warnings, strict=True
        ):
            where = f"line {remark.line}: " if remark.line else ""
            quoted = f" “{remark.quoted}”" if remark.quoted else ""
            print_line(f"{where}{remark.text}{quoted} [{code}]", err=True)


@transcript.command("export")
@click.argument("accession")
@click.option(
    "--format",
    "format_name",
    required=True,
    type=click.Choice(exports.writable_formats()),
    help="File format.",
)
@click.option(
    "--version",
    "number",
    type=int,
    metavar="N",
    help="Version number. Default: the one shown to readers.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    default="-",
    help="File to write. Default: -, standard output.",
)
@json_option
@with_appcontext
@report_errors
def export(
    accession: str, format_name: str, number: int | None, output: Path, as_json: bool
) -> None:
    """Export a transcript to a file or to standard output."""
    with toolbox().database.reading() as db:
        interview = find_interview(db, accession)
        matching = [
            v
            for v in versions.list_versions(db, interview)
            if (v.is_current if number is None else v.number == number)
        ]
        if not matching:
            exit_with_error("no_transcript", f"{accession} has no such transcript.")
        words = labels.export_labels(
            db, operator(), interview, matching[0], toolbox().settings.default_language
        )
        exported = exports.export(db, operator(), interview, matching[0], format_name, words)
    if str(output) == "-":
        click.echo(exported.content, nl=False)
        return
    output.write_bytes(exported.content)
    result = {
        "file": str(output),
        "format": format_name,
        "version": matching[0].number,
        "size_bytes": len(exported.content),
    }
    print_result(result, as_json=as_json, text=f"Version {result['version']} is in {output}.")


def _run_until_done(job_id: str) -> dict[str, Any]:
    """Run jobs until this one has ended, here or in another worker."""
    from archive.jobs.worker import Worker  # imports the decoders, which other commands do not need

    worker = Worker(toolbox())
    with stopped_by_signals(worker):
        while True:
            with toolbox().database.reading() as db:
                job = db.get_one(Job, job_id)
            if job.state == "done":
                return dict(job.result)
            if job.state in ("failed", "cancelled"):
                code = job.problem or f"job_{job.state}"
                exit_with_error(code, message_for_code(code, **job.detail))
            if job.state == "waiting":
                exit_with_error(job.problem, message_for_code(job.problem, **job.detail))
            if worker.is_stopping:
                exit_with_error(
                    "interrupted", f"Job {job_id} is not lost: a worker goes on with it."
                )
            with toolbox().database.writing() as db:
                queue.reconcile(db)  # the worker that ran it may have died
            if not worker.run_one(LANES):
                time.sleep(toolbox().settings.poll_s)


COMMANDS = (transcribe, transcript)
