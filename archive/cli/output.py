"""What commands print: JSON for programs on stdout, words for people, refusals on stderr.

Both are UTF-8 whatever the terminal says, because programs read them. A refusal is the
sentence that pages show for the same code, in English, with the code after it.
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

from archive.access import Actor, NotAllowed, NotVisible, Refused, machine
from archive.settings import SettingRefused
from archive.toolbox import Toolbox
from archive.web import messages
from search.backends.base import IndexBusy, IndexDamaged, IndexOutdated

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def toolbox() -> Toolbox:
    """The tools of this archive."""
    return cast(Toolbox, current_app.extensions["loi_ke"])


def operator() -> Actor:
    """Whoever has the shell owns the files, and so may do everything; events say it was a shell."""
    return machine("command line")


@contextmanager
def writing() -> Iterator[Session]:
    """One transaction for one command."""
    with toolbox().database.writing() as db:
        yield db


def tell(data: Any, *, as_json: bool, words: str) -> None:
    """Print `data` for a program or `words` for a person."""
    say(json.dumps(data, ensure_ascii=False) if as_json else words)


def say(text: str, *, err: bool = False) -> None:
    """A line in UTF-8; bytes of a file name that are no UTF-8 become U+FFFD."""
    plain = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    click.echo(f"{plain}\n".encode(), nl=False, err=err)


def refuse(code: str, sentence: str) -> NoReturn:
    """End the command with exit code 1 and a sentence on stderr."""
    say(f"{sentence} [{code}]", err=True)
    sys.exit(1)


def explain(code: str, **facts: Any) -> str:
    """The sentence that pages show for this code, in English."""
    with force_locale("en"):
        message = messages.for_code(code, **facts)
    return " ".join(part for part in (message.happened, message.safe, message.advice) if part)


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """Turn what goes wrong into a sentence and exit code 1; a traceback never reaches the shell."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        _require_utf8(kwargs)
        try:
            return command(*args, **kwargs)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise  # click ends these well; a reader that has gone away is no fault
        except Exception as error:
            log.debug("the command failed", exc_info=True)
            refuse(*describe(error))

    return run


@contextmanager
def opening() -> Iterator[None]:
    """Around the making of the program itself: a bad setting or home is told, not traced.

    The process ends here, with 2: a click error would be traced below `flask --help`.
    """
    try:
        yield
    except SettingRefused as error:
        say(f"{error} [{error.code}]", err=True)
    except OSError as error:
        say(f"{_of_a_file(error)} Look at LOIKE_HOME. [home_unusable]", err=True)
    else:
        return
    sys.exit(2)


def describe(error: Exception) -> tuple[str, str]:
    """The code of what went wrong, and a sentence."""
    if isinstance(error, NotAllowed):
        return error.decision.reason, explain(error.decision.reason)
    if isinstance(error, NotVisible):
        return error.code, "There is nothing of this name."
    if isinstance(error, Refused):
        return error.code, _of_a_refusal(error)
    if isinstance(error, IndexOutdated | IndexDamaged):
        return error.code, "The search index must be made anew: flask reindex."
    if isinstance(error, IndexBusy):
        return error.code, "The worker is writing the index just now; try again."
    if isinstance(error, SQLAlchemyError):
        return _of_the_database(error)
    if isinstance(error, OSError):
        return "file_unusable", _of_a_file(error)
    return "unexpected", f"Something went wrong: {type(error).__name__}: {error}."


def _of_a_refusal(error: Refused) -> str:
    # A type of file is refused for a reason that has its own sentence.
    code = f"kind_{error.facts['reason']}" if error.code == "kind_refused" else error.code
    sentence = explain(code, **error.facts)
    return f"{error.facts['file']}: {sentence}" if "file" in error.facts else sentence


def _of_the_database(error: SQLAlchemyError) -> tuple[str, str]:
    cause = str(getattr(error, "orig", None) or error).splitlines()[0]
    home = toolbox().settings.home
    if "no such table" in cause or "unable to open" in cause or cause.startswith("relation "):
        return "no_archive", f"There is no archive in {home} yet: flask init makes it."
    return "database_unusable", f"The database cannot be used: {cause}."


def _of_a_file(error: OSError) -> str:
    return f"{error.filename or 'A file'} cannot be used: {error.strerror or error}."


def _require_utf8(values: dict[str, Any]) -> None:
    for name, value in values.items():
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str) and not text.isascii():
                try:
                    text.encode()
                except UnicodeEncodeError:
                    refuse("not_utf8", f"What was given for {name} is not UTF-8.")
