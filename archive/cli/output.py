"""Output of commands: JSON or text on stdout, errors on stderr with their code.

Both are UTF-8 in any locale, because programs read them. An error is the English message
that pages show for the same code, followed by the code.
"""

from __future__ import annotations

import functools
import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, ParamSpec, TypeVar, cast

import click
from flask import current_app
from flask_babel import force_locale
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from archive import messages, migrations
from archive.access import NotAllowed, NotVisible, Refused, Rights, machine, rights_today
from archive.actions.office import first_run, restore_marker
from archive.settings import SettingRefused
from archive.storage_faults import (
    DATABASE_FAILURES,
    StorageFault,
    fault_of,
    fault_of_files,
    unwritable_files,
)
from archive.toolbox import Toolbox
from archive.write_ahead_log import ForeignLog
from media.disk import is_full
from search.backends.base import IndexBusy, SearchIndexError

log = logging.getLogger(__name__)

# Printed before there is an app that could translate; the text of the code "disk_full".
DISK_FULL = "The disk of the archive is full. Free some disk space, then start again."

P = ParamSpec("P")
R = TypeVar("R")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def toolbox() -> Toolbox:
    """Return the toolbox of the current app."""
    return cast(Toolbox, current_app.extensions["loi_ke"])


def operator() -> Rights:
    """Return the rights of commands: all of them, recorded in events as the command line."""
    return rights_today(machine("command line"), toolbox().settings)


@contextmanager
def transaction() -> Iterator[Session]:
    """Open a writing transaction. Raises DatabaseNewer."""
    migrations.require_known_revision(toolbox().settings.database_url)
    with toolbox().database.writing() as db:
        yield db


def print_result(data: Any, *, as_json: bool, text: str) -> None:
    """Print `data` as JSON or `text`."""
    print_line(json.dumps(data, ensure_ascii=False) if as_json else text)


def print_line(text: str, *, err: bool = False) -> None:
    """Print a line in UTF-8; bytes of a file name that are not UTF-8 become U+FFFD."""
    plain = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    click.echo(f"{plain}\n".encode(), nl=False, err=err)


def exit_with_error(code: str, sentence: str) -> NoReturn:
    """Print an error with its code on stderr and exit with 1."""
    print_line(f"{sentence} [{code}]", err=True)
    sys.exit(1)


def message_for_code(code: str, **facts: Any) -> str:
    """Return the English message of a code, as pages show it."""
    with force_locale("en"):
        message = messages.for_code(code, **facts)
    return " ".join(part for part in (message.summary, message.reassurance, message.advice) if part)


def report_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Decorate a command: print any error as a message with exit code 1, never a traceback.

    Beside an unfinished restore the command is refused: what it would find is half an archive.
    """

    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        restore_marker.require_finished(toolbox().settings)
        return command(*args, **kwargs)

    return report_errors_also_restoring(functools.wraps(command)(run))


def report_errors_also_restoring(command: Callable[P, R]) -> Callable[P, R]:
    """Decorate a command that works beside an unfinished restore, as `report_errors`."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        _require_utf8(kwargs)
        try:
            return command(*args, **kwargs)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise  # handled by click; a closed pipe is not an error
        except Exception as error:
            log.debug("the command failed", exc_info=True)
            exit_with_error(*describe_error(error))

    return run


@contextmanager
def report_startup_errors() -> Iterator[None]:
    """Wrap the creation of the app: print a bad setting or home as a message and exit with 2.

    Exits here, because flask prints a traceback of a click error raised below `flask --help`.
    """
    try:
        yield
    except SettingRefused as error:
        print_line(f"{error} [{error.code}]", err=True)
    except OSError as error:
        code = "disk_full" if is_full(error) else "home_unusable"
        advice = DISK_FULL if is_full(error) else "Look at LOIKE_HOME."
        print_line(f"{_file_message(error)} {advice} [{code}]", err=True)
    else:
        return
    sys.exit(2)


def describe_error(error: Exception) -> tuple[str, str]:
    """Return the code and the message of an error."""
    if isinstance(error, NotAllowed):
        return error.decision.reason, message_for_code(error.decision.reason)
    if isinstance(error, NotVisible):
        return error.code, "There is nothing of this name."
    if isinstance(error, Refused):
        return error.code, _refusal_message(error)
    if isinstance(error, IndexBusy):
        return error.code, "The index is being written just now; try again."
    if isinstance(error, SearchIndexError):
        return error.code, "The search index must be made anew: flask worker or flask reindex."
    if isinstance(error, ForeignLog):
        return error.code, message_for_code(error.code, log=error.log.name)
    if isinstance(error, (SQLAlchemyError, OSError, *DATABASE_FAILURES)) and (
        fault := _storage_fault(error)
    ):
        return fault
    if isinstance(error, SQLAlchemyError):
        return _describe_database_error(error)
    if isinstance(error, OSError):
        return "file_unusable", _file_message(error)
    return "unexpected", f"Something went wrong: {type(error).__name__}: {error}."


def _storage_fault(error: Exception) -> tuple[str, str] | None:
    """Return the code and the message of a fault that is not described by the command itself."""
    url = toolbox().settings.database_url
    fault = fault_of(error, url)
    if fault in (None, "database_missing", "database_busy"):
        return None
    assert fault is not None
    return fault, _describe_fault(fault, url)


def database_fault(url: str) -> tuple[str, str] | None:
    """Return code and message if the database may not be written; None if it may, or is missing.

    A full disk is no such fault: pages can be read.
    """
    fault = fault_of_files(url)
    if fault in (None, "database_missing", "disk_full"):
        return None
    assert fault is not None
    return fault, _describe_fault(fault, url)


def _describe_fault(fault: StorageFault, url: str) -> str:
    sentence = message_for_code(fault)
    if fault in ("database_other_account", "database_not_writable"):
        paths = ", ".join(str(path) for path in unwritable_files(url))
        return f"{paths}: {sentence}"
    return sentence


def _refusal_message(error: Refused) -> str:
    # Each reason to refuse a type of file has its own message.
    code = f"kind_{error.facts['reason']}" if error.code == "kind_refused" else error.code
    sentence = message_for_code(code, **error.facts)
    return f"{error.facts['file']}: {sentence}" if "file" in error.facts else sentence


def _describe_database_error(error: SQLAlchemyError) -> tuple[str, str]:
    cause = str(getattr(error, "orig", None) or error).splitlines()[0]
    home = toolbox().settings.home
    if "no such table" in cause or "unable to open" in cause or cause.startswith("relation "):
        try:
            first_run.require_records(None, toolbox())
        except first_run.RecordsLost as lost:
            return lost.code, _refusal_message(lost)
        return "no_archive", f"There is no archive in {home} yet: flask init makes it."
    return "database_unusable", f"The database cannot be used: {cause}."


def _file_message(error: OSError) -> str:
    return f"{error.filename or 'A file'} cannot be used: {error.strerror or error}."


def _require_utf8(values: dict[str, Any]) -> None:
    for name, value in values.items():
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str) and not text.isascii():
                try:
                    text.encode()
                except UnicodeEncodeError:
                    exit_with_error("not_utf8", f"What was given for {name} is not UTF-8.")
