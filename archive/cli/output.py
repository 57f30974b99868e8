"""What commands print: JSON for programs on stdout, words for people, refusals on stderr."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, ParamSpec, TypeVar, cast

import click
from flask import current_app
from sqlalchemy.orm import Session

from archive.access import Actor, NotAllowed, Refused, machine
from archive.toolbox import Toolbox

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
    click.echo(json.dumps(data, ensure_ascii=False) if as_json else words)


def refuse(code: str, sentence: str) -> NoReturn:
    """End the command with exit code 1 and a sentence on stderr."""
    click.echo(f"{sentence} [{code}]", err=True)
    sys.exit(1)


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """Turn a refusal into a sentence and exit code 1; a traceback never reaches the shell."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except NotAllowed as error:
            refuse(error.decision.reason, f"This is not allowed: {error.decision.reason}.")
        except Refused as error:
            facts = ", ".join(f"{name}: {value}" for name, value in error.facts.items())
            refuse(
                error.code,
                f"Refused: {error.code.replace('_', ' ')}" + (f" ({facts})" if facts else "") + ".",
            )

    return run
