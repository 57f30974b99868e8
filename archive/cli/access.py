"""`flask access …`: explain decisions about access."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import click
from flask.cli import AppGroup, with_appcontext

from archive.access import NotVisible
from archive.actions.accounts import accounts
from archive.actions.catalogue import interviews
from archive.actions.rights import explanations
from archive.actions.rights.explanations import Explanation
from archive.cli.output import json_option, operator, print_result, report_errors, toolbox
from transcription.timecode import format_clock

access = AppGroup("access", help="Explain who may do what.")


@access.command("explain")
@click.argument("accession")
@click.option(
    "--as",
    "reader",
    metavar="EMAIL|public",
    default=explanations.PUBLIC_NAME,
    help="Account of the reader, by e-mail. Default: public.",
)
@click.option(
    "--on",
    "day",
    metavar="DAY",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Day, as 2026-12-31. Default: today.",
)
@json_option
@with_appcontext
@report_errors
def explain_access(accession: str, reader: str, day: datetime | None, as_json: bool) -> None:
    """Explain every decision about an interview."""
    tools = toolbox()
    reader = accounts.normal_email(reader or explanations.PUBLIC_NAME)
    with tools.database.reading() as db:
        interview = interviews.by_accession(db, accession)
        if interview is None:
            raise NotVisible
        on = day.date() if day is not None else None
        rights = explanations.rights_as(db, reader, tools.settings, on=on)
        found = explanations.explain(db, operator(), interview, reader=rights)
        is_closed = explanations.is_closed_account(db, reader)
    result = {
        "accession": interview.accession,
        "as": reader,
        "account_closed": is_closed,
        "on": rights.on.isoformat(),
        "actions": [asdict(one) for one in found],
    }
    lines = [_line(one) for one in found]
    if is_closed:
        lines.insert(0, "The account is closed: these are the answers to a visitor without one.")
    print_result(result, as_json=as_json, text="\n".join(lines))


def _line(one: Explanation) -> str:
    name: str = one.action
    if one.part is not None:
        times = [format_clock(time_ms) for time_ms in one.span_ms or ()]
        name += f" (part {one.part}{', ' if times else ''}{'–'.join(times)})"
    return f"{name:16} {'yes' if one.is_allowed else 'no':3} {one.reason}"


COMMANDS = (access,)
