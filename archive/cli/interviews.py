"""`flask interview …`: add interviews."""

from __future__ import annotations

import click
from flask.cli import AppGroup, with_appcontext

from archive.actions.accounts import accounts
from archive.actions.catalogue import collections, interviews, people
from archive.actions.catalogue.interviews import Description
from archive.cli.output import (
    json_option,
    operator,
    print_result,
    report_errors,
    toolbox,
    transaction,
)
from archive.models.vocabulary import AUDIENCES

interview = AppGroup("interview", help="Manage interviews.")


@interview.command("add")
@click.option("--title", required=True, help="Title of the interview.")
@click.option(
    "--accession", default="", help="Accession number. Default: the next free one of this year."
)
@click.option(
    "--language",
    "languages",
    multiple=True,
    default=("vi",),
    help="Language; may be repeated. Default: vi.",
)
@click.option(
    "--witness",
    "witnesses",
    multiple=True,
    metavar="NAME",
    help="Name of a witness; may be repeated.",
)
@click.option(
    "--interviewer",
    "interviewers",
    multiple=True,
    metavar="NAME",
    help="Name of an interviewer; may be repeated.",
)
@click.option(
    "--held-on",
    default="",
    metavar="EDTF",
    help="Date of the interview, such as 2019-05-12 or 1978~.",
)
@click.option("--collection", default="", metavar="CODE", help="Code of an existing collection.")
@click.option(
    "--audience",
    type=click.Choice(AUDIENCES),
    default="staff",
    help="Who may read it. Default: staff.",
)
@json_option
@with_appcontext
@report_errors
def add_interview(
    title: str,
    accession: str,
    languages: tuple[str, ...],
    witnesses: tuple[str, ...],
    interviewers: tuple[str, ...],
    held_on: str,
    collection: str,
    audience: str,
    as_json: bool,
) -> None:
    """Create an interview, and a record for each unknown person."""
    with transaction() as db:
        rights = accounts.with_stand_in(db, operator())
        description = Description(
            title=title,
            languages=languages,
            held_edtf=held_on,
            audience=audience,
            collection=collections.by_optional_code(db, collection),
            witnesses=[people.find_or_create(db, rights, name) for name in witnesses],
            interviewers=[people.find_or_create(db, rights, name) for name in interviewers],
        )
        interview_row = interviews.create(
            db, rights, description, accession=accession, year=toolbox().settings.today().year
        )
        result = {"accession": interview_row.accession}
    print_result(result, as_json=as_json, text=f"{result['accession']} is in the archive.")


COMMANDS = (interview,)
