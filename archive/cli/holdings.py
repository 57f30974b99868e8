"""Commands about files and the work on them: ingest, fixity, jobs."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from archive.actions import fixity, ingest, work
from archive.actions.work import Work
from archive.cli.output import guarded, json_option, operator, say, tell, toolbox
from archive.cli.transcripts import find_interview


@click.command("ingest")
@click.argument("accession")
@click.argument("files", nargs=-1, required=True, type=click.Path(readable=False, path_type=Path))
@json_option
@with_appcontext
@guarded
def take_in(accession: str, files: tuple[Path, ...], as_json: bool) -> None:
    """Copy FILES into the vault and add them to the interview ACCESSION."""
    with toolbox().database.reading() as db:
        find_interview(db, accession)
    done = [ingest.ingest_file(toolbox(), operator(), accession, path=path) for path in files]
    lines = [
        f"{item.sha256}  {item.file}" + (" (was here already)" if item.duplicate else "")
        for item in done
    ]
    tell([item.as_dict() for item in done], as_json=as_json, words="\n".join(lines))


@click.command("fixity")
@click.option("--all", "everything", is_flag=True, help="Read everything, not only what is due.")
@json_option
@with_appcontext
@guarded
def check(everything: bool, as_json: bool) -> None:
    """Read originals again; exit code 1 and names when a byte is wrong or a file is missing."""
    database, actor = toolbox().database, operator()
    with database.reading() as db:
        chosen = fixity.candidates(db, actor, everything=everything)
    findings = [
        finding
        for found in fixity.check_each(toolbox().vault, actor, chosen, writing=database.writing)
        for finding in found
    ]
    wrong = [finding for finding in findings if not finding.is_right]
    for finding in wrong:
        say(f"{finding.state}: {finding.accession} {finding.filename} ({finding.sha256})", err=True)
    tell(
        {"checked": len(findings), "wrong": [finding.as_dict() for finding in wrong]},
        as_json=as_json,
        words=f"{len(findings)} originals were read, {len(wrong)} are wrong.",
    )
    if wrong:
        sys.exit(1)


@click.command("jobs")
@json_option
@with_appcontext
@guarded
def show_jobs(as_json: bool) -> None:
    """What runs, what waits, and what failed in the last week."""
    actor = operator()
    with toolbox().database.reading() as db:
        found = [*work.under_way(db, actor), *work.troubled(db, actor)]
        rows = [_row(item) for item in found]
    words = "\n".join(
        f"{row['state']:9} {row['progress']:4.0%} {row['kind']:13} {row['accession'] or '-':14} "
        f"{row['problem'] or row['stage']}"
        for row in rows
    )
    tell({"jobs": rows}, as_json=as_json, words=words or "There is no work.")


def _row(item: Work) -> dict[str, object]:
    job = item.job
    return {
        "id": job.id, "kind": job.kind, "state": job.state, "progress": job.progress,
        "stage": job.message, "problem": job.problem, "attempts": job.attempts,
        "accession": item.interview.accession if item.interview is not None else None,
    }  # fmt: skip


COMMANDS = (take_in, check, show_jobs)
