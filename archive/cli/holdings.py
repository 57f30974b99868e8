"""`flask ingest`, `flask fixity`, `flask derive` and `flask jobs`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from archive.actions.holdings import fixity, local_ingest, missing_derivatives
from archive.actions.office import jobs
from archive.actions.office.jobs import JobWithInterview
from archive.cli.output import (
    json_option,
    operator,
    print_line,
    print_result,
    report_errors,
    toolbox,
    transaction,
)
from archive.cli.transcripts import find_interview


@click.command("ingest")
@click.argument("accession")
@click.argument("files", nargs=-1, required=True, type=click.Path(readable=False, path_type=Path))
@json_option
@with_appcontext
@report_errors
def ingest(accession: str, files: tuple[Path, ...], as_json: bool) -> None:
    """Copy FILES into the vault for the interview ACCESSION."""
    with toolbox().database.reading() as db:
        find_interview(db, accession)
    results = [
        local_ingest.ingest_file(toolbox(), operator(), accession, path=path) for path in files
    ]
    lines = [
        f"{item.sha256}  {item.file}" + (" (was here already)" if item.duplicate else "")
        for item in results
    ]
    print_result([item.as_dict() for item in results], as_json=as_json, text="\n".join(lines))


@click.command("fixity")
@click.option(
    "--all", "everything", is_flag=True, help="Check all originals, not only those that are due."
)
@json_option
@with_appcontext
@report_errors
def check_fixity(everything: bool, as_json: bool) -> None:
    """Check originals that are due; exit with 1 if one is damaged."""
    database, rights = toolbox().database, operator()
    with database.reading() as db:
        candidates = fixity.candidates(db, rights, include_recent=everything)
    findings = [
        finding
        for checked in fixity.check_each(
            toolbox().vault, rights, candidates, writing=database.writing
        )
        for finding in checked
    ]
    wrong = [finding for finding in findings if not finding.is_intact]
    for finding in wrong:
        print_line(
            f"{finding.state}: {finding.accession} {finding.filename} ({finding.sha256})", err=True
        )
    print_result(
        {"checked": len(findings), "wrong": [finding.as_dict() for finding in wrong]},
        as_json=as_json,
        text=f"{len(findings)} originals were read, {len(wrong)} are wrong.",
    )
    if wrong:
        sys.exit(1)


@click.command("derive")
@click.argument("accession", required=False)
@json_option
@with_appcontext
@report_errors
def derive(accession: str | None, as_json: bool) -> None:
    """Queue the missing copies of an interview, or of all."""
    with transaction() as db:
        interview = find_interview(db, accession) if accession is not None else None
        count = missing_derivatives.request_missing(
            db, operator(), toolbox=toolbox(), interview=interview
        )
    files = "file" if count == 1 else "files"
    text = f"Copies of {count} {files} are queued: flask worker makes them."
    print_result({"queued": count}, as_json=as_json, text=text if count else "No copy is missing.")


@click.command("jobs")
@json_option
@with_appcontext
@report_errors
def list_jobs(as_json: bool) -> None:
    """List running, waiting and recently failed jobs."""
    rights = operator()
    with toolbox().database.reading() as db:
        entries = [*jobs.open_jobs(db, rights), *jobs.recent_failures(db, rights)]
        rows = [_job_row(item) for item in entries]
    words = "\n".join(
        f"{row['state']:9} {row['progress']:4.0%} {row['kind']:13} {row['accession'] or '-':14} "
        f"{row['problem'] or row['stage']}"
        for row in rows
    )
    print_result({"jobs": rows}, as_json=as_json, text=words or "There is no work.")


def _job_row(item: JobWithInterview) -> dict[str, object]:
    job = item.job
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "progress": job.progress,
        "stage": job.message,
        "problem": job.problem,
        "attempts": job.attempts,
        "accession": item.interview.accession if item.interview is not None else None,
    }


COMMANDS = (ingest, check_fixity, derive, list_jobs)
