"""`flask demo …`: load and remove the sample archive."""

from __future__ import annotations

from dataclasses import asdict

from flask.cli import AppGroup, with_appcontext

from archive.cli.output import json_option, operator, print_result, report_errors, toolbox
from archive.demo import loading, removing

demo = AppGroup("demo", help="Load or remove the sample archive.")


@demo.command("load")
@json_option
@with_appcontext
@report_errors
def load_sample(as_json: bool) -> None:
    """Load the sample and print its accounts with new passwords."""
    loaded = loading.load(toolbox(), operator())
    lines = [f"{a.role:14} {a.email:34} {a.password}" for a in loaded.accounts]
    words = "\n".join(
        [
            f"{len(loaded.interviews)} invented interviews are in the archive, "
            f"{loaded.added} of them new. A worker makes the rest.",
            "The passwords are shown this once:",
            *lines,
        ]
    )
    result = {
        "accounts": [asdict(account) for account in loaded.accounts],
        "interviews": loaded.interviews,
        "added": loaded.added,
    }
    print_result(result, as_json=as_json, text=words)


@demo.command("remove")
@json_option
@with_appcontext
@report_errors
def remove_sample(as_json: bool) -> None:
    """Remove the sample, except what the office has added or used."""
    result = removing.remove(toolbox(), operator())
    words = f"{result.interviews} invented interviews were removed."
    if result.kept:
        words += " In use by the office, and kept: " + ", ".join(result.kept) + "."
    print_result(asdict(result), as_json=as_json, text=words)


COMMANDS = (demo,)
