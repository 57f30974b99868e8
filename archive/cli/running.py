"""Commands that make and run an archive: init, serve, worker."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import click
from flask import current_app
from flask.cli import with_appcontext

from archive import migrations
from archive.actions import places
from archive.cli.output import guarded, json_option, refuse, say, tell, toolbox, writing

if TYPE_CHECKING:
    from archive.jobs.worker import Worker

# With https on, every request comes from the office's proxy: it alone knows who asked, and
# without its word all of them would share one allowance of failed sign-ins.
_BEHIND_A_PROXY: dict[str, Any] = {
    "url_scheme": "https",
    "trusted_proxy": "*",
    "trusted_proxy_headers": {"x-forwarded-for"},
}


@click.command()
@json_option
@with_appcontext
@guarded
def init(as_json: bool) -> None:
    """Create the archive in LOIKE_HOME, or bring its database to the present shape."""
    settings = toolbox().settings
    for folder in (
        settings.home, settings.vault_dir, settings.parts_dir,
        settings.derivatives_dir, settings.index_dir, settings.models_dir,
    ):  # fmt: skip
        folder.mkdir(parents=True, exist_ok=True)
    migrated = migrations.upgrade(settings.database_url)
    with writing() as db:
        places.seed(db)
    tell(
        {"home": str(settings.home), "migrated": migrated},
        as_json=as_json,
        words=f"The archive in {settings.home} is ready.",
    )


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), metavar="N", help="Default: LOIKE_PORT.")
@click.option("--worker/--no-worker", default=True, help="Run a worker beside the web server.")
@with_appcontext
@guarded
def serve(port: int | None, worker: bool) -> None:
    """Serve the archive with waitress, and a worker beside it."""
    from waitress import create_server

    settings = toolbox().settings
    _require_archive()
    wanted = settings.port if port is None else port
    try:
        server = create_server(
            current_app._get_current_object(),  # type: ignore[attr-defined]
            host=settings.host,
            port=wanted,
            threads=settings.web_threads,
            connection_limit=500,
            channel_timeout=300,
            # The longest body is a form with files; it is spooled to TMPDIR, not held in memory.
            max_request_body_size=current_app.config["MAX_CONTENT_LENGTH"] + 1024 * 1024,
            **(_BEHIND_A_PROXY if settings.https else {}),
        )
    except OSError as error:
        why = error.strerror or error
        refuse("port_unusable", f"{settings.host}:{wanted} cannot be served: {why}. Try --port.")
    helper = None
    try:
        signal.signal(signal.SIGTERM, _leave)
        helper = _start_worker() if worker else None
        say(f"Lời Kể: http://{settings.host}:{server.effective_port}/")
        server.run()
    finally:
        server.close()
        if helper is not None:
            helper.terminate()
            helper.wait()


@click.command("worker")
@click.option("--until-idle", is_flag=True, help="Stop when nothing is queued or running.")
@json_option
@with_appcontext
@guarded
def run_worker(until_idle: bool, as_json: bool) -> None:
    """Run jobs: derivatives, transcription, indexing, fixity."""
    from archive.jobs.worker import Worker  # brings the decoders: not for who only serves

    _require_archive()
    worker = Worker(toolbox())
    with stopped_by_signals(worker):
        if until_idle:
            count = worker.run_until_idle()
            tell({"jobs": count}, as_json=as_json, words=f"{count} jobs were run.")
        else:
            worker.run_forever()


@contextmanager
def stopped_by_signals(worker: Worker) -> Iterator[None]:
    """Ctrl+C and SIGTERM let the work in hand reach its next checkpoint, and give it back."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        _hear_no_more()
        worker.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        if not worker.is_stopping:  # else the process ends, and more signals must not hurry it
            for number, handler in before.items():
                signal.signal(number, handler)


def _require_archive() -> None:
    """Neither a server nor a worker may run on a database of another shape."""
    url, home = toolbox().settings.database_url, toolbox().settings.home
    found, wanted = migrations.current_revision(url), migrations.newest_revision()
    if found is None:
        refuse("no_archive", f"There is no archive in {home} yet: flask init makes it.")
    if found != wanted:
        refuse(
            "database_outdated",
            f"The database is at {found}, this program wants {wanted}: flask init migrates it.",
        )


def _start_worker() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "flask", "--app", "app", "worker"])


def _leave(_signal: int, _frame: FrameType | None) -> None:
    _hear_no_more()
    raise SystemExit(0)


def _hear_no_more() -> None:
    """The second signal comes at once, from the group and from `serve`: inside the handler
    of the first it would wait for ever for the lock that the first one holds."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


COMMANDS = (init, serve, run_worker)
