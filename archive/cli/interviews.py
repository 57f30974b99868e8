"""`flask interview …`: add interviews."""

from __future__ import annotations

import click
from flask.cli import AppGroup, with_appcontext

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

interview = AppGroup("interview", help="Interviews.")


@interview.command("add")
@click.option("--title", required=True, help="What it is about, in a few words.")
@click.option("--accession", default="", help="Default: the next free number of this year.")
@click.option("--language", "languages", multiple=True, default=("vi",), show_default=True)
@click.option("--witness", "witnesses", multiple=True, metavar="NAME", help="Who tells.")
@click.option("--interviewer", "interviewers", multiple=True, metavar="NAME", help="Who asks.")
@click.option("--held-on", default="", metavar="EDTF", help="2019-05-12, 1978~, 1985/1986.")
@click.option("--collection", default="", metavar="CODE", help="A collection that exists.")
@click.option("--audience", type=click.Choice(AUDIENCES), default="staff", show_default=True)
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
    """Take in an interview; people who are not known yet get a record of their own."""
    with transaction() as db:
        actor = operator()
        description = Description(
            title=title,
            languages=languages,
            held_edtf=held_on,
            audience=audience,
            collection=collections.by_optional_code(db, collection),
            witnesses=[people.find_or_create(db, actor, name) for name in witnesses],
            interviewers=[people.find_or_create(db, actor, name) for name in interviewers],
        )
        interview_row = interviews.create(
            db, actor, description, accession=accession, year=toolbox().settings.today().year
        )
        result = {"accession": interview_row.accession}
    print_result(result, as_json=as_json, text=f"{result['accession']} is in the archive.")


COMMANDS = (interview,)
