"""Register the `flask …` commands; each module parses options, calls an action and prints."""

from __future__ import annotations

import click
from flask import Flask

from archive.cli import (
    access,
    accounts,
    backups,
    demo,
    doctor,
    holdings,
    interviews,
    processes,
    search,
    transcripts,
)

GROUPS: tuple[click.Command, ...] = (
    *processes.COMMANDS,
    *demo.COMMANDS,
    *accounts.COMMANDS,
    *interviews.COMMANDS,
    *holdings.COMMANDS,
    *transcripts.COMMANDS,
    *search.COMMANDS,
    *access.COMMANDS,
    *backups.COMMANDS,
    *doctor.COMMANDS,
)


def register(app: Flask) -> None:
    """Add every command to `flask`."""
    for command in GROUPS:
        app.cli.add_command(command)
