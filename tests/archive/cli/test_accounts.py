"""`flask user add`: an account from the shell, its password never on the command line."""

from __future__ import annotations

import pytest

from archive.actions import accounts
from archive.db import Database
from archive.models.user import ROLES
from tests.cast import CAST
from tests.shell import Shell

SECRET = "một mật khẩu đủ dài"


def add(email: str = "lan@archive.test", role: str = "editor") -> tuple[str, ...]:
    return ("user", "add", email, "--name", "Lê Thị Lan", "--role", role, "--password-stdin")


@pytest.mark.parametrize("role", ROLES)
def test_an_account_of_every_role_may_sign_in(shell: Shell, database: Database, role: str) -> None:
    told = shell.json(*add(role=role), typed=f"{SECRET}\n")
    assert told.keys() == {"id", "email", "role"}
    with database.writing() as db:
        entered = accounts.sign_in(
            db, accounts.prove(db, email=told["email"], password=SECRET, address="test")
        )
        assert (entered.user.role, entered.user.name) == (role, "Lê Thị Lan")


def test_what_makes_no_account(shell: Shell) -> None:
    taken = CAST["cleo"].email
    shell.refuses("email_taken", *add(taken.upper()), typed=f"{SECRET}\n")
    shell.refuses("email_refused", *add("no address"), typed=f"{SECRET}\n")
    shell.refuses("password_too_short", *add(), typed="short\n")
    shell.refuses("password_too_short", *add(), typed="")
    shell.refuses("password_missing", *add()[:-1], typed=f"{SECRET}\n")
    shell.refuses("not_utf8", "user", "add", "a@b.test", "--name", "\udcff", "--role", "editor",
                  "--password-stdin", typed=f"{SECRET}\n")  # fmt: skip
    assert "'king'" in shell.misused(*add(role="king"))
    assert "--name" in shell.misused("user", "add", "a@b.test", "--role", "editor")
