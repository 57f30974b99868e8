"""Accounts: create, update, deactivate, and change one's own profile and password."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access
from archive.access import Rights
from archive.actions.accounts import accounts, rate_limit, sessions, sign_in
from archive.db import Database
from archive.models import Event, User
from tests.support.cast import PASSWORD
from tests.support.rights import rights_of_machine
from tests.support.sign_ins import sign_in_as, user_of

RightsOf = Callable[[str | None], Rights]
NEW = "một câu đủ dài để nhớ"


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"email": "no address"}, accounts.EmailRefused),
        ({"email": "@archive.test"}, accounts.EmailRefused),
        ({"email": "a\u200bb@archive.test"}, accounts.EmailRefused),
        ({"email": "x" * 250 + "@archive.test"}, accounts.EmailRefused),
        ({"email": "CLEO@Archive.Test"}, accounts.EmailTaken),
        ({"name": "  "}, accounts.AccountNameMissing),
        ({"name": "\u200b\u202e"}, accounts.AccountNameMissing),
        ({"name": " CLEO\u200b "}, accounts.AccountNameTaken),
        ({"name": "command line"}, accounts.AccountNameTaken),
        ({"name": "Worker for Cleo"}, accounts.AccountNameTaken),
        ({"role": "queen"}, accounts.UnknownRole),
        ({"role": ""}, accounts.UnknownRole),
    ],
)
def test_add_with_invalid_field_is_refused(
    db: Session, changed: dict[str, str], refusal: type[access.Refused]
) -> None:
    values = {"email": "minh@archive.test", "name": "Minh", "role": "editor"} | changed
    with pytest.raises(refusal):
        accounts.add(
            db,
            rights_of_machine("test"),
            email=values["email"],
            name=values["name"],
            role=values["role"],
            password=PASSWORD,
        )
    assert accounts.by_email(db, "minh@archive.test") is None


def test_names_of_accounts_are_distinct(db: Session, rights_of: RightsOf) -> None:
    """By readers: without invisible characters, and with either style of tone marks."""
    cleo, ben = user_of(db, "cleo"), user_of(db, "ben")
    accounts.update_profile(db, rights_of("cleo"), cleo, name="Lê \u202eHòa", language="vi")
    assert cleo.name == "Lê Hòa"
    with pytest.raises(accounts.AccountNameTaken):
        accounts.update_profile(db, rights_of("ben"), ben, name="lê  Hoà", language="vi")
    with pytest.raises(accounts.AccountNameTaken):
        accounts.update(db, rights_of("ada"), ben, name="LÊ HÒA", role="editor", is_active=True)
    ben.name = "Lê hòa"  # as earlier versions allowed
    accounts.update(db, rights_of("ada"), ben, name="Lê hòa", role="reviewer", is_active=True)
    users = accounts.list_accounts(db, rights_of("ada"))
    assert accounts.ids_with_equal_names(users) == {ben.id, cleo.id}
    accounts.update_profile(db, rights_of("ben"), ben, name="Lê Hòa (phòng Tư liệu)", language="vi")
    assert accounts.ids_with_equal_names(users) == set()


@pytest.mark.parametrize("name", ["ben", "hoa", "cleo", "rob", "sam", None])
def test_account_actions_need_an_administrator(
    db: Session, rights_of: RightsOf, name: str | None
) -> None:
    rights, cleo = rights_of(name), user_of(db, "cleo")
    for action in (
        lambda: accounts.list_accounts(db, rights),
        lambda: accounts.update(db, rights, cleo, name="X", role="administrator", is_active=True),
        lambda: accounts.add(db, rights, email="m@a.test", name="M", role="editor", password=NEW),
        lambda: accounts.set_password(db, rights, user_of(db, "ada"), NEW),
    ):
        with pytest.raises(access.NotAllowed):
            action()


def test_update_to_inactive_ends_sessions_and_keeps_account(
    db: Session, database: Database, rights_of: RightsOf
) -> None:
    token = sign_in_as(db, "cleo")
    db.commit()
    found = sessions.active_session(database, token)
    assert found is not None
    assert found.user.name == "Cleo"
    cleo = user_of(db, "cleo")
    accounts.update(db, rights_of("ada"), cleo, name="Cleo", role="editor", is_active=False)
    db.commit()
    assert sessions.active_session(database, token) is None
    with pytest.raises(sign_in.WrongSignIn):
        sign_in_as(db, "cleo")
    assert db.get(User, cleo.id) is not None


def test_update_of_last_administrator_is_refused(db: Session, rights_of: RightsOf) -> None:
    ada = user_of(db, "ada")
    for role, is_active in (("editor", True), ("administrator", False)):
        with pytest.raises(accounts.LastAdministrator):
            accounts.update(db, rights_of("ada"), ada, name="Ada", role=role, is_active=is_active)
    accounts.update(
        db, rights_of("ada"), user_of(db, "ben"), name="Ben", role="administrator", is_active=True
    )
    accounts.update(db, rights_of("ada"), ada, name="Ada", role="editor", is_active=True)
    assert user_of(db, "ada").role == "editor"


def test_change_own_password_ends_other_sessions_only(
    db: Session, database: Database, rights_of: RightsOf
) -> None:
    current, other = sign_in_as(db, "cleo"), sign_in_as(db, "cleo")
    accounts.change_own_password(
        db,
        rights_of("cleo"),
        user_of(db, "cleo"),
        present=PASSWORD,
        new=NEW,
        token=current,
        address="a",
    )
    db.commit()
    assert sessions.active_session(database, current) is not None
    assert sessions.active_session(database, other) is None
    with pytest.raises(sign_in.WrongSignIn):
        sign_in_as(db, "cleo")
    assert sign_in_as(db, "cleo", password=NEW)


def test_change_own_password_is_rate_limited(db: Session, rights_of: RightsOf) -> None:
    cleo, arguments = user_of(db, "cleo"), {"new": NEW, "token": "", "address": "a"}
    for _ in range(rate_limit.LIMIT_PER_PAIR):
        with pytest.raises(accounts.WrongPassword):
            accounts.change_own_password(
                db, rights_of("cleo"), cleo, present="a guess", **arguments
            )
    with pytest.raises(rate_limit.RateLimited):
        accounts.change_own_password(db, rights_of("cleo"), cleo, present=PASSWORD, **arguments)


def test_update_profile_of_another_user_is_refused(db: Session, rights_of: RightsOf) -> None:
    for who in ("ada", "sam", None):
        with pytest.raises(access.NotVisible):
            accounts.update_profile(
                db, rights_of(who), user_of(db, "cleo"), name="X", language="vi"
            )


def test_update_profile_sets_valid_name_and_language(db: Session, rights_of: RightsOf) -> None:
    cleo = user_of(db, "cleo")
    accounts.update_profile(db, rights_of("cleo"), cleo, name=" Cléo ", language="en")
    assert (cleo.name, cleo.language) == ("Cléo", "en")
    for name, language, refusal in (
        ("", "vi", accounts.AccountNameMissing),
        ("Cleo", "de", accounts.UnknownLanguage),
    ):
        with pytest.raises(refusal):
            accounts.update_profile(db, rights_of("cleo"), cleo, name=name, language=language)
    assert (cleo.name, cleo.language) == ("Cléo", "en")


def test_account_actions_record_events(db: Session, rights_of: RightsOf) -> None:
    ada = rights_of("ada")
    minh = accounts.add(db, ada, email="m@a.test", name="Minh", role="editor", password=NEW)
    accounts.update(db, ada, minh, name="Minh", role="reviewer", is_active=True)
    accounts.set_password(db, ada, minh, PASSWORD)
    values = db.execute(
        select(Event.kind, Event.actor_name)
        .where(Event.subject_id == minh.id)
        .order_by(Event.number)
    ).all()
    assert [tuple(row) for row in values] == [
        ("account.opened", "Ada"),
        ("account.changed", "Ada"),
        ("account.password_set", "Ada"),
    ]
