"""`flask user add`: an account from the shell, its password never on the command line."""

from __future__ import annotations

import pytest

from archive.actions.accounts import sign_in
from archive.db import Database
from archive.models.vocabulary import USER_ROLES
from tests.support.cast import CAST
from tests.support.cli_runner import CliRunner

SECRET = "một mật khẩu đủ dài"


def add_arguments(email: str = "lan@archive.test", role: str = "editor") -> tuple[str, ...]:
    return ("user", "add", email, "--name", "Lê Thị Lan", "--role", role, "--password-stdin")


@pytest.mark.parametrize("role", USER_ROLES)
def test_user_add_of_every_role_opens_an_account_that_can_sign_in(
    runner: CliRunner, database: Database, role: str
) -> None:
    result = runner.json(*add_arguments(role=role), stdin=f"{SECRET}\n")
    assert result.keys() == {"id", "email", "role"}
    with database.writing() as db:
        session = sign_in.sign_in(
            db, sign_in.verify_password(db, email=result["email"], password=SECRET, address="test")
        )
        assert (session.user.role, session.user.name) == (role, "Lê Thị Lan")


def test_user_add_with_invalid_input_fails_with_its_code(runner: CliRunner) -> None:
    used_email = CAST["cleo"].email
    runner.fails("email_taken", *add_arguments(used_email.upper()), stdin=f"{SECRET}\n")
    runner.fails("email_refused", *add_arguments("no address"), stdin=f"{SECRET}\n")
    runner.fails("password_too_short", *add_arguments(), stdin="short\n")
    runner.fails("password_too_short", *add_arguments(), stdin="")
    runner.fails("password_missing", *add_arguments()[:-1], stdin=f"{SECRET}\n")
    runner.fails(
        "not_utf8",
        "user",
        "add",
        "a@b.test",
        "--name",
        "\udcff",
        "--role",
        "editor",
        "--password-stdin",
        stdin=f"{SECRET}\n",
    )
    assert "'king'" in runner.usage_error(*add_arguments(role="king"))
    assert "--name" in runner.usage_error("user", "add", "a@b.test", "--role", "editor")
