"""`flask init`, `flask serve` and `flask worker`: create and run an archive."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import click
from flask import current_app
from flask.cli import ScriptInfo, with_appcontext

from archive import file_modes, migrations
from archive.actions.catalogue import places
from archive.actions.office import first_run
from archive.cli.archive_wait import require_archive, wait_for_archive
from archive.cli.output import (
    database_fault,
    exit_with_error,
    json_option,
    print_line,
    print_result,
    report_errors,
    toolbox,
    transaction,
)
from archive.cli.supervision import WorkerSupervisor, ending_with_parent, worker_command
from archive.settings import make_folders

if TYPE_CHECKING:
    from archive.jobs.worker import Worker

MAX_BUFFERED_BYTES = 4 * 1024 * 1024

# With https on, every request comes from the office's proxy. Without its X-Forwarded-For all
# users would share one rate limit of failed sign-ins.
_BEHIND_A_PROXY: dict[str, Any] = {
    "url_scheme": "https",
    "trusted_proxy": "*",
    "trusted_proxy_headers": {"x-forwarded-for"},
}


@click.command()
@json_option
@with_appcontext
@report_errors
def init(as_json: bool) -> None:
    """Create or upgrade the archive in LOIKE_HOME."""
    settings = toolbox().settings
    if fault := database_fault(settings.database_url):
        exit_with_error(*fault)
    if migrations.current_revision(settings.database_url) is None:
        first_run.require_records(None, toolbox())
    else:
        with toolbox().database.reading() as db:
            first_run.require_vault(db, toolbox())
    make_folders(settings)
    migrated = migrations.upgrade(settings.database_url)
    with transaction() as db:
        first_run.require_records(db, toolbox())
        places.seed(db)
    findings = file_modes.fix_permissions(settings)
    print_result(
        {"home": str(settings.home), "migrated": migrated},
        as_json=as_json,
        text=f"The archive in {settings.home} is ready.",
    )
    for problem in file_modes.explain_problems(settings, findings):
        print_line(f"{problem.detail} {problem.advice}", err=True)


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    help="Port to listen on. Default: LOIKE_PORT.",
)
@click.option(
    "--worker/--no-worker", default=True, help="Run a worker as well, or not. Default: run it."
)
@with_appcontext
@report_errors
def serve(port: int | None, worker: bool) -> None:
    """Run the web server and a worker."""
    from waitress import create_server

    settings = toolbox().settings
    require_archive(toolbox())
    chosen_port = settings.port if port is None else port
    try:
        server = create_server(
            current_app._get_current_object(),  # type: ignore[attr-defined]
            host=settings.host,
            port=chosen_port,
            threads=settings.web_threads,
            connection_limit=500,
            channel_timeout=300,
            asyncore_use_poll=True,  # select() fails on descriptors above 1,023
            # The longest body is a form with files; it is spooled to TMPDIR, not held in memory.
            max_request_body_size=current_app.config["MAX_CONTENT_LENGTH"] + 1024 * 1024,
            # What our own pages send and get is held in memory: TMPDIR may be full.
            inbuf_overflow=MAX_BUFFERED_BYTES,
            outbuf_overflow=MAX_BUFFERED_BYTES,
            **(_BEHIND_A_PROXY if settings.https else {}),
        )
    except OSError as error:
        why = error.strerror or error
        exit_with_error(
            "port_unusable", f"{settings.host}:{chosen_port} cannot be served: {why}. Try --port."
        )
    supervisor = _supervisor() if worker else None
    try:
        _exit_on_signals(supervisor)
        if supervisor is not None:
            supervisor.start()
        print_line(f"Lời Kể: http://{settings.host}:{server.effective_port}/")
        server.run()
    finally:
        server.close()
        if supervisor is not None:
            supervisor.stop()


def _supervisor() -> WorkerSupervisor:
    script = click.get_current_context().ensure_object(ScriptInfo)
    command = worker_command(os.getpid(), app=script.app_import_path)
    return WorkerSupervisor(toolbox().database, command=command)


@click.command("worker")
@click.option("--until-idle", is_flag=True, help="Stop when no job is queued or running.")
@click.option("--parent", type=int, hidden=True, help="End when this process has died.")
@json_option
@with_appcontext
@report_errors
def run_worker(until_idle: bool, parent: int | None, as_json: bool) -> None:
    """Run jobs, such as transcription and indexing."""
    from archive.jobs.worker import Worker  # imports the decoders, which `serve` does not need

    if until_idle:
        require_archive(toolbox())
    else:
        with ending_with_parent(parent, stop=_end_process):
            wait_for_archive(toolbox())
    worker = Worker(toolbox())
    with stopped_by_signals(worker), ending_with_parent(parent, stop=worker.stop):
        if until_idle:
            count = worker.run_until_idle()
            print_result({"jobs": count}, as_json=as_json, text=f"{count} jobs were run.")
        else:
            worker.run_forever()


@contextmanager
def stopped_by_signals(worker: Worker) -> Iterator[None]:
    """On Ctrl+C or SIGTERM stop the worker at its next checkpoint; it releases its job."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        _ignore_signals()
        worker.stop()

    previous = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        if not worker.is_stopping:  # else the process is ending and further signals stay ignored
            for number, handler in previous.items():
                signal.signal(number, handler)


def _end_process() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def _exit_on_signals(supervisor: WorkerSupervisor | None) -> None:
    """On Ctrl+C or SIGTERM end the server, and first of all the restarts of its worker."""

    def exit_server(_signal: int, _frame: FrameType | None) -> None:
        _ignore_signals()
        if supervisor is not None:
            supervisor.cease()
        raise SystemExit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, exit_server)


def _ignore_signals() -> None:
    """Ignore further SIGTERM and SIGINT.

    A second signal arrives at once, from the process group and from `serve`. Its handler would
    wait forever for the lock that the handler of the first one holds.
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


COMMANDS = (init, serve, run_worker)
