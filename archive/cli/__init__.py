"""`flask …` commands: parse, call an action, print. One file per group, one line here."""

from __future__ import annotations

import click
from flask import Flask

from archive.cli import (
    accounts,
    checking,
    demo,
    finding,
    holdings,
    interviews,
    running,
    transcripts,
)

GROUPS: tuple[click.Command, ...] = (
    *running.COMMANDS,
    *demo.COMMANDS,
    *accounts.COMMANDS,
    *interviews.COMMANDS,
    *holdings.COMMANDS,
    *transcripts.COMMANDS,
    *finding.COMMANDS,
    *checking.COMMANDS,
)


def register(app: Flask) -> None:
    """Add every command to `flask`."""
    for command in GROUPS:
        app.cli.add_command(command)
