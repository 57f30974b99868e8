"""`flask doctor`: is everything in its place?"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from archive import audit, migrations
from archive.cli.output import guarded, json_option, tell, toolbox
from archive.models import Job, MediaFile
from archive.toolbox import Toolbox
from transcription.engines.registry import ENGINES

LEAST_FREE_BYTES = 5 * 1024**3


@dataclass(frozen=True)
class Finding:
    """One question and its answer; a warning does not make the command fail."""

    check: str
    state: str
    detail: str


def _python(_tools: Toolbox) -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("python", "ok" if sys.version_info >= (3, 11) else "fault", version)


def _disk(tools: Toolbox) -> Finding:
    free = shutil.disk_usage(tools.settings.home).free
    state = "ok" if free >= LEAST_FREE_BYTES else "warning"
    return Finding("disk", state, f"{free / 1024**3:.1f} GiB free in {tools.settings.home}")


def _database(tools: Toolbox) -> Finding:
    found = migrations.current_revision(tools.settings.database_url)
    wanted = migrations.newest_revision()
    state = "ok" if found == wanted else "fault"
    return Finding("database", state, f"at {found}, this program wants {wanted}: flask init")


def _events(tools: Toolbox) -> Finding:
    with tools.database.reading() as db:
        broken = audit.first_broken_link(db)
    if broken is None:
        return Finding("events", "ok", "the chain of events holds")
    return Finding("events", "fault", f"the chain of events is broken at number {broken}")


def _vault(tools: Toolbox) -> Finding:
    with tools.database.reading() as db:
        known = set(db.scalars(select(MediaFile.sha256).where(MediaFile.role == "original")))
    stored = set(tools.vault.keys())
    missing, orphans = known - stored, stored - known
    if missing:
        return Finding("vault", "fault", f"missing: {', '.join(sorted(missing))}")
    state = "warning" if orphans else "ok"
    return Finding("vault", state, f"{len(stored)} originals, {len(orphans)} without a record")


def _index(tools: Toolbox) -> Finding:
    health = tools.index.health()
    if health.ok:
        return Finding("index", "ok", f"{health.passages} passages")
    return Finding("index", "warning", f"{health.code}: flask reindex")


def _speech(tools: Toolbox) -> Finding:
    engine = ENGINES[tools.settings.default_engine]
    available = engine.available()
    if not available.ok:
        return Finding("speech", "fault", f"{engine.name}: {available.detail}")
    names = [model.name for model in engine.models(tools.settings.models_dir)]
    return Finding(
        "speech", "ok" if tools.settings.default_model in names else "warning",
        f"{engine.name}, models on disk: {', '.join(names) or 'none'}; "
        f"put {tools.settings.default_model}.pt into {tools.settings.models_dir}",
    )  # fmt: skip


def _jobs(tools: Toolbox) -> Finding:
    with tools.database.reading() as db:
        failed = db.scalars(select(Job.id).where(Job.state == "failed")).all()
    state = "warning" if failed else "ok"
    return Finding("jobs", state, f"{len(failed)} failed jobs")


CHECKS: tuple[Callable[[Toolbox], Finding], ...] = (
    _python, _disk, _database, _events, _vault, _index, _speech, _jobs,
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
            findings.append(Finding(check.__name__.strip("_"), "fault", repr(error)[:300]))
    healthy = all(finding.state != "fault" for finding in findings)
    words = "\n".join(f"{f.state:8}{f.check:10}{f.detail}" for f in findings)
    told = {"ok": healthy, "checks": [asdict(finding) for finding in findings]}
    tell(told, as_json=as_json, words=words)
    if not healthy:
        sys.exit(1)


COMMANDS = (doctor,)
