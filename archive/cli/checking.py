"""`flask doctor`: is everything in its place?"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass

import click
from flask.cli import with_appcontext
from sqlalchemy import func, select

from archive import audit, migrations
from archive.actions import indexing
from archive.cli.output import describe, guarded, json_option, tell, toolbox
from archive.models import Job, MediaFile
from archive.models.job import OPEN_STATES
from archive.toolbox import Toolbox
from transcription.engines.base import ModelMissing
from transcription.engines.registry import ENGINES

LEAST_FREE_BYTES = 5 * 1024**3
MOST_NAMED = 5


@dataclass(frozen=True)
class Finding:
    """One question and its answer; a warning does not make the command fail.

    `advice` is what to do about it, and empty where nothing is to be done.
    """

    check: str
    state: str
    detail: str
    advice: str = ""


def _python(_tools: Toolbox) -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("python", "ok", f"Python {version}.")  # an older one cannot read this file


def _home(tools: Toolbox) -> Finding:
    home = tools.settings.home
    if not home.is_dir():
        return Finding("home", "fault", f"There is no folder {home}.", "flask init makes it.")
    if not os.access(home, os.W_OK | os.X_OK):
        return Finding("home", "fault", f"Nothing can be written into {home}.", "Mend its rights.")
    return Finding("home", "ok", f"The archive lives in {home}.")


def _disk(tools: Toolbox) -> Finding:
    free = shutil.disk_usage(tools.settings.home).free
    detail = f"{free / 1024**3:.1f} GiB are free."
    if free >= LEAST_FREE_BYTES:
        return Finding("disk", "ok", detail)
    return Finding("disk", "warning", detail, "Make room before the next long recording.")


def _database(tools: Toolbox) -> Finding:
    found = migrations.current_revision(tools.settings.database_url)
    wanted = migrations.newest_revision()
    if found == wanted:
        return Finding("database", "ok", f"The database is at {found}, as it should be.")
    if found is None:
        return Finding("database", "fault", "The database is empty.", "flask init fills it.")
    return Finding(
        "database", "fault", f"The database is at {found}, this program wants {wanted}.",
        "flask init migrates it, after a copy was put aside.",
    )  # fmt: skip


def _events(tools: Toolbox) -> Finding:
    with tools.database.reading() as db:
        broken = audit.first_broken_link(db)
    if broken is None:
        return Finding("events", "ok", "The chain of events is whole.")
    where = f"at number {broken}" if broken > 0 else "at its end"
    return Finding(
        "events", "fault", f"The chain of events is broken {where}.",
        "Somebody changed the record of what happened: compare it with a backup.",
    )  # fmt: skip


def _vault(tools: Toolbox) -> Finding:
    with tools.database.reading() as db:
        known = set(db.scalars(select(MediaFile.sha256).where(MediaFile.role == "original")))
    stored = set(tools.vault.keys())
    missing, orphans = known - stored, stored - known
    if missing:
        names = ", ".join(sorted(missing)[:MOST_NAMED])
        return Finding(
            "vault", "fault", f"{len(missing)} originals are missing: {names}.",
            "Bring them back from a backup, then run flask fixity --all.",
        )  # fmt: skip
    if orphans:
        return Finding(
            "vault", "warning",
            f"All {len(known)} originals are there, and {len(orphans)} files without a record.",
            "They are what an interrupted ingest left; sending the file again gives it a record.",
        )  # fmt: skip
    return Finding("vault", "ok", f"All {len(known)} originals are there.")


def _index(tools: Toolbox) -> Finding:
    health = tools.index.health()
    with tools.database.reading() as db:
        waiting = len(indexing.waiting(db))
    if not health.ok:
        detail = f"The search index cannot be used ({health.code})."
        return Finding("index", "warning", detail, "flask reindex makes it anew.")
    detail = f"{health.passages} passages can be found."
    if waiting:
        detail += f" {waiting} {'interview waits' if waiting == 1 else 'interviews wait'} for it."
        return Finding("index", "ok", detail, "flask worker does it.")
    return Finding("index", "ok", detail)


def _speech(tools: Toolbox) -> Finding:
    settings = tools.settings
    engine = ENGINES.get(settings.default_engine)
    if engine is None:
        detail = f"There is no speech engine {settings.default_engine}."
        return Finding("speech", "fault", detail, f"Set LOIKE_ENGINE to {', '.join(ENGINES)}.")
    available = engine.available()
    if not available.ok:
        detail = f"The speech engine {engine.name} is not installed: {available.detail}."
        return Finding("speech", "fault", detail, "make setup installs it.")
    names = ", ".join(model.name for model in engine.models(settings.models_dir)) or "none"
    detail = f"Speech models on this machine: {names}."
    try:
        engine.describe(settings.default_model, models_dir=settings.models_dir)
    except ModelMissing as missing:
        advice = f"To transcribe by default, put {missing.file} into {missing.folder}."
        if missing.url:
            advice += f" It is published here: {missing.url}"
        return Finding("speech", "warning", detail, advice)
    return Finding("speech", "ok", detail)


def _jobs(tools: Toolbox) -> Finding:
    with tools.database.reading() as db:
        counts: dict[str, int] = {
            state: count
            for state, count in db.execute(select(Job.state, func.count()).group_by(Job.state))
        }
    told = [f"{counts[state]} {state}" for state in (*OPEN_STATES, "failed") if state in counts]
    detail = f"Work: {', '.join(told)}." if told else "There is no work."
    if "failed" in counts or "waiting" in counts:
        return Finding("jobs", "warning", detail, "flask jobs says why.")
    return Finding("jobs", "ok", detail)


CHECKS: tuple[Callable[[Toolbox], Finding], ...] = (
    _python, _home, _disk, _database, _events, _vault, _index, _speech, _jobs,
)  # fmt: skip


@click.command("doctor")
@json_option
@with_appcontext
@guarded
def doctor(as_json: bool) -> None:
    """Look at everything that the archive stands on; exit code 1 when something is wrong."""
    findings: list[Finding] = []
    for check in CHECKS:
        try:
            findings.append(check(toolbox()))
        except Exception as error:
            name = check.__name__.strip("_")
            findings.append(Finding(name, "fault", describe(error)[1]))
    healthy = all(finding.state != "fault" for finding in findings)
    words = "\n".join(f"{f.state:8}{f.check:10}{f.detail} {f.advice}".rstrip() for f in findings)
    told = {"ok": healthy, "checks": [asdict(finding) for finding in findings]}
    tell(told, as_json=as_json, words=words)
    if not healthy:
        sys.exit(1)


COMMANDS = (doctor,)
