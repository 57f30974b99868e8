"""`flask user …`: accounts from the shell."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup, with_appcontext

from archive.actions import accounts
from archive.cli.output import guarded, json_option, operator, refuse, tell, writing
from archive.models.user import ROLES

user = AppGroup("user", help="Accounts.")


@user.command("add")
@click.argument("email")
@click.option("--name", required=True, help="As history will show it.")
@click.option("--role", required=True, type=click.Choice(ROLES), help="What they may do.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@json_option
@with_appcontext
@guarded
def add(email: str, name: str, role: str, password_stdin: bool, as_json: bool) -> None:
    """Open an account; the password is read from standard input or asked for."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        refuse("password_missing", "Give the password on standard input with --password-stdin.")
    with writing() as db:
        opened = accounts.add(db, operator(), email=email, name=name, role=role, password=password)
        told = {"id": opened.id, "email": opened.email, "role": opened.role}
    tell(told, as_json=as_json, words=f"{told['email']} may sign in as {told['role']}.")


COMMANDS = (user,)
