"""`flask doctor`: check everything that the archive needs to run."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta

import click
from flask.cli import with_appcontext
from sqlalchemy import func, select

from archive import audit, file_modes, migrations
from archive.actions.discovery import indexing
from archive.cli.output import describe_error, json_option, print_result, report_errors, toolbox
from archive.cli.worker_check import check_workers
from archive.models import Job, MediaFile
from archive.models.vocabulary import OPEN_JOB_STATES
from archive.toolbox import Toolbox
from transcription.engines.base import ModelMissing
from transcription.engines.registry import ENGINES

MIN_FREE_BYTES = 5 * 1024**3
MAX_LISTED_NAMES = 5


@dataclass(frozen=True)
class CheckResult:
    """The result of one check; a warning does not make the command fail.

    `advice` is what to do; empty if nothing is to be done.
    """

    check: str
    state: str
    detail: str
    advice: str = ""


def _python(_tools: Toolbox) -> CheckResult:
    version = ".".join(str(part) for part in sys.version_info[:3])
    # An older Python cannot parse this file.
    return CheckResult("python", "ok", f"Python {version}.")


def _home(tools: Toolbox) -> CheckResult:
    home = tools.settings.home
    if not home.is_dir():
        return CheckResult("home", "fault", f"There is no folder {home}.", "flask init makes it.")
    if not os.access(home, os.W_OK | os.X_OK):
        return CheckResult(
            "home", "fault", f"Nothing can be written into {home}.", "Mend its rights."
        )
    return CheckResult("home", "ok", f"The archive lives in {home}.")


def _private(tools: Toolbox) -> CheckResult:
    settings = tools.settings
    problems = file_modes.explain_problems(settings, file_modes.check_permissions(settings))
    if problems:
        return CheckResult(
            "private",
            "fault" if any(problem.is_fault for problem in problems) else "warning",
            " ".join(problem.detail for problem in problems),
            " ".join(problem.advice for problem in problems),
        )
    if settings.media_group:
        detail = f"Of other accounts, only the group {settings.media_group} reads files here."
        return CheckResult("private", "ok", detail)
    return CheckResult("private", "ok", "No other account of this machine can read the archive.")


def _disk(tools: Toolbox) -> CheckResult:
    free = shutil.disk_usage(tools.settings.home).free
    detail = f"{free / 1024**3:.1f} GiB are free."
    if free >= MIN_FREE_BYTES:
        return CheckResult("disk", "ok", detail)
    return CheckResult("disk", "warning", detail, "Make room before the next long recording.")


def _database(tools: Toolbox) -> CheckResult:
    current = migrations.current_revision(tools.settings.database_url)
    expected = migrations.newest_revision()
    if current == expected:
        return CheckResult("database", "ok", f"The database is at {current}, as it should be.")
    if current is None:
        return CheckResult("database", "fault", "The database is empty.", "flask init fills it.")
    return CheckResult(
        "database",
        "fault",
        f"The database is at {current}, this program wants {expected}.",
        "flask init migrates it, after a copy was put aside.",
    )


def _check_event_chain(tools: Toolbox) -> CheckResult:
    with tools.database.reading() as db:
        broken = audit.verify_chain(db)
    if broken is None:
        return CheckResult("events", "ok", "The chain of events is whole.")
    where = f"at number {broken}" if broken > 0 else "at its end"
    return CheckResult(
        "events",
        "fault",
        f"The chain of events is broken {where}.",
        "Somebody changed the record of what happened: compare it with a backup.",
    )


def _vault(tools: Toolbox) -> CheckResult:
    with tools.database.reading() as db:
        known = set(db.scalars(select(MediaFile.sha256).where(MediaFile.role == "original")))
    missing = known - set(tools.vault.keys())
    orphans = list(tools.vault.orphans(known.__contains__, older_than=timedelta(0)))
    if missing:
        names = ", ".join(sorted(missing)[:MAX_LISTED_NAMES])
        return CheckResult(
            "vault",
            "fault",
            f"Missing originals: {len(missing)} ({names}).",
            "Bring them back from a backup, then run flask fixity --all.",
        )
    if orphans:
        return CheckResult(
            "vault",
            "warning",
            f"Originals: all {len(known)} are there. Files without a record: {len(orphans)}.",
            "They are what an interrupted ingest left; sending the file again gives it a record.",
        )
    return CheckResult("vault", "ok", f"Originals: all {len(known)} are there.")


def _index(tools: Toolbox) -> CheckResult:
    health = tools.index.health()
    with tools.database.reading() as db:
        waiting = len(indexing.pending(db))
    if not health.ok:
        detail = f"The search index cannot be used ({health.code})."
        return CheckResult("index", "warning", detail, "flask reindex makes it anew.")
    detail = f"Passages that can be found: {health.passages}."
    if waiting:
        detail += f" {waiting} {'interview waits' if waiting == 1 else 'interviews wait'} for it."
        return CheckResult("index", "ok", detail, "flask worker does it.")
    return CheckResult("index", "ok", detail)


def _speech(tools: Toolbox) -> CheckResult:
    settings = tools.settings
    engine = ENGINES.get(settings.default_engine)
    if engine is None:
        detail = f"There is no speech engine {settings.default_engine}."
        return CheckResult("speech", "fault", detail, f"Set LOIKE_ENGINE to {', '.join(ENGINES)}.")
    available = engine.available()
    if not available.ok:
        detail = f"The speech engine {engine.name} is not installed: {available.detail}."
        return CheckResult("speech", "fault", detail, "make setup installs it.")
    names = ", ".join(model.name for model in engine.models(settings.models_dir)) or "none"
    detail = f"Speech models on this machine: {names}."
    try:
        engine.model_info(settings.default_model, models_dir=settings.models_dir)
    except ModelMissing as missing:
        advice = f"To transcribe by default, put {missing.file} into {missing.folder}."
        if missing.url:
            advice += f" It is published here: {missing.url}"
        return CheckResult("speech", "warning", detail, advice)
    return CheckResult("speech", "ok", detail)


def _jobs(tools: Toolbox) -> CheckResult:
    with tools.database.reading() as db:
        counts: dict[str, int] = {
            state: count
            for state, count in db.execute(select(Job.state, func.count()).group_by(Job.state))
        }
    counted = [
        f"{counts[state]} {state}" for state in (*OPEN_JOB_STATES, "failed") if state in counts
    ]
    detail = f"Work: {', '.join(counted)}." if counted else "There is no work."
    if "failed" in counts or "waiting" in counts:
        return CheckResult("jobs", "warning", detail, "flask jobs says why.")
    return CheckResult("jobs", "ok", detail)


def _worker(tools: Toolbox) -> CheckResult:
    return CheckResult("worker", *check_workers(tools))


CHECKS: tuple[Callable[[Toolbox], CheckResult], ...] = (
    _python,
    _home,
    _private,
    _disk,
    _database,
    _check_event_chain,
    _vault,
    _index,
    _speech,
    _jobs,
    _worker,
)


@click.command("doctor")
@json_option
@with_appcontext
@report_errors
def doctor(as_json: bool) -> None:
    """Check the archive and this machine; exit with 1 on a fault."""
    results: list[CheckResult] = []
    for check in CHECKS:
        try:
            results.append(check(toolbox()))
        except Exception as error:
            name = check.__name__.strip("_")
            results.append(CheckResult(name, "fault", describe_error(error)[1]))
    healthy = all(result.state != "fault" for result in results)
    text = "\n".join(
        f"{result.state:8}{result.check:10}{result.detail} {result.advice}".rstrip()
        for result in results
    )
    report = {"ok": healthy, "checks": [asdict(result) for result in results]}
    print_result(report, as_json=as_json, text=text)
    if not healthy:
        sys.exit(1)


COMMANDS = (doctor,)
