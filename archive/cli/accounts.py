"""`flask user …`: manage accounts."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup, with_appcontext

from archive.actions.accounts import accounts
from archive.cli.output import (
    exit_with_error,
    json_option,
    operator,
    print_result,
    report_errors,
    transaction,
)
from archive.models.vocabulary import USER_ROLES

user = AppGroup("user", help="Manage accounts.")


@user.command("add")
@click.argument("email")
@click.option("--name", required=True, help="Name shown in the edit history.")
@click.option("--role", required=True, type=click.Choice(USER_ROLES), help="Role of the account.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@json_option
@with_appcontext
@report_errors
def add_account(email: str, name: str, role: str, password_stdin: bool, as_json: bool) -> None:
    """Create an account; read its password from stdin or a prompt."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        exit_with_error(
            "password_missing", "Give the password on standard input with --password-stdin."
        )
    with transaction() as db:
        account = accounts.add(db, operator(), email=email, name=name, role=role, password=password)
        result = {"id": account.id, "email": account.email, "role": account.role}
    print_result(
        result, as_json=as_json, text=f"{result['email']} may sign in as {result['role']}."
    )


COMMANDS = (user,)
