"""`flask backup` and `flask restore`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click
from flask.cli import with_appcontext
from flask_babel import force_locale

from archive.actions.office import backup
from archive.actions.office.backup import BackupOptions
from archive.cli.output import (
    exit_with_error,
    json_option,
    message_for_code,
    operator,
    print_line,
    print_result,
    report_errors,
    report_errors_also_restoring,
    toolbox,
)
from archive.messages import quantities

PROGRESS_EVERY_S = 1.0
STAGE_TEXTS = {
    "copying_database": "copying the database",
    "copying_originals": "copying originals",
    "checking_copies": "reading copies again",
    "restoring_originals": "restoring and checking originals",
    "loading_database": "loading the database",
}


@click.command("backup")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--with-key", is_flag=True, help="Copy the key that signs forms as well.")
@click.option("--check-all", is_flag=True, help="Read every copy of an original again.")
@json_option
@with_appcontext
@report_errors
def back_up_archive(target: Path, with_key: bool, check_all: bool, as_json: bool) -> None:
    """Copy the archive to a folder, while it is used."""
    options = BackupOptions(with_key=with_key, check_all=check_all)
    progress = TerminalProgress()
    try:
        result = backup.back_up(
            toolbox(), operator(), target.absolute(), options=options, on_progress=progress
        )
    except KeyboardInterrupt:
        progress.clear()
        exit_with_error("backup_stopped", message_for_code("backup_stopped"))
    finally:
        progress.clear()
    lines = [
        f"The copy {result.copy} is finished: {result.originals} originals"
        f" ({_size(result.original_bytes)}), {result.copied} of them new.",
        f"{result.checked} older copies were read again, {result.repaired} were replaced.",
    ]
    print_result(result.as_dict(), as_json=as_json, text="\n".join(lines))
    if result.missing:
        names = ", ".join(result.missing)
        print_line(
            f"The archive itself lacks these originals, or they are damaged: {names}. "
            "flask fixity --all names their interviews.",
            err=True,
        )
        sys.exit(1)


@click.command("restore")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--copy", metavar="NAME", default="", help="Name of a copy. Default: the newest.")
@click.option("--accept-damaged", is_flag=True, help="Restore without the files that are damaged.")
@json_option
@with_appcontext
@report_errors_also_restoring
def restore_backup(source: Path, copy: str, accept_damaged: bool, as_json: bool) -> None:
    """Restore a backup into an empty LOIKE_HOME."""
    from archive.actions.office import restore  # imports the decoders, which `serve` does not need

    progress = TerminalProgress()
    try:
        result = restore.restore(
            toolbox(),
            operator(),
            source.absolute(),
            options=restore.RestoreOptions(copy=copy, accept_damaged=accept_damaged),
            on_progress=progress,
        )
    except KeyboardInterrupt:
        progress.clear()
        exit_with_error("restore_unfinished", message_for_code("restore_unfinished"))
    finally:
        progress.clear()
    lines = [
        f"The copy {result.copy} is restored: {result.originals} originals"
        f" ({_size(result.original_bytes)}), each checked.",
        "flask serve starts the archive; its worker makes listening copies and the index again.",
    ]
    print_result(result.as_dict(), as_json=as_json, text="\n".join(lines))
    if result.broken_event is not None:
        print_line("The chain of events in this copy is broken: flask doctor says where.", err=True)
    if result.missing:
        print_line(f"Originals without their bytes: {', '.join(result.missing)}.", err=True)
    if result.damaged:
        print_line(f"Damaged, and left out: {', '.join(result.damaged)}.", err=True)


def _size(size_bytes: int) -> str:
    with force_locale("en"):
        return quantities.size(size_bytes)


class TerminalProgress:
    """Show stage and share on one line of a terminal; elsewhere nothing."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr.isatty()
        self._stage, self._at, self._width = "", 0.0, 0

    def __call__(self, share: float, stage: str) -> None:
        """Show the progress, at most once a second in one stage."""
        now = time.monotonic()
        if not self._is_shown or (stage == self._stage and now - self._at < PROGRESS_EVERY_S):
            return
        self._stage, self._at = stage, now
        line = f"{share:4.0%} {STAGE_TEXTS.get(stage, stage)}"
        click.echo(f"\r{line.ljust(self._width)}", nl=False, err=True)
        self._width = len(line)

    def clear(self) -> None:
        """Remove the line."""
        if self._width:
            click.echo(f"\r{' ' * self._width}\r", nl=False, err=True)
        self._width = 0


COMMANDS = (back_up_archive, restore_backup)
