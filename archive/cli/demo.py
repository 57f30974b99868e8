"""`flask demo …`: the sample archive from the shell."""

from __future__ import annotations

from dataclasses import asdict

from flask.cli import AppGroup, with_appcontext

from archive.cli.output import guarded, json_option, operator, tell, toolbox
from archive.demo import loading, removing

demo = AppGroup("demo", help="The sample archive: invented interviews to look around in.")


@demo.command("load")
@json_option
@with_appcontext
@guarded
def load(as_json: bool) -> None:
    """Load the sample and print its accounts, one for each role, with fresh passwords."""
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
    told = {
        "accounts": [asdict(account) for account in loaded.accounts],
        "interviews": loaded.interviews,
        "added": loaded.added,
    }
    tell(told, as_json=as_json, words=words)


@demo.command("remove")
@json_option
@with_appcontext
@guarded
def remove(as_json: bool) -> None:
    """Remove the sample without trace; what the office has put into it or used stays."""
    removed = removing.remove(toolbox(), operator())
    words = f"{removed.interviews} invented interviews were removed."
    if removed.kept:
        words += " In use by the office, and kept: " + ", ".join(removed.kept) + "."
    tell(asdict(removed), as_json=as_json, words=words)


COMMANDS = (demo,)
