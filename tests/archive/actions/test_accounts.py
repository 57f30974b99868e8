from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from archive import access
from archive.access import Actor, machine
from archive.actions import accounts, guessing
from archive.db import Database
from archive.models import Event, SignInFailure, SignInSession, User
from archive.models.base import utc_now
from tests.cast import CAST, PASSWORD

ActorOf = Callable[[str | None], Actor]
NEW = "một câu đủ dài để nhớ"


def user_of(db: Session, name: str) -> User:
    found = accounts.by_email(db, CAST[name].email)
    assert found is not None
    return found


def enter(db: Session, name: str, *, password: str = PASSWORD, address: str = "10.0.0.1") -> str:
    return accounts.sign_in(
        db, accounts.prove(db, email=CAST[name].email, password=password, address=address)
    ).token


def fail(db: Session, times: int, *, name: str = "cleo", address: str = "10.0.0.1") -> None:
    for _ in range(times):
        with pytest.raises(accounts.WrongSignIn):
            enter(db, name, password="something else entirely", address=address)


@pytest.mark.parametrize(
    "password",
    [
        "mười hai chữ nè",
        "khoảng 1978 nhà tôi ở hẻm 🏠",
        "x" * accounts.LONGEST_PASSWORD,
        "密码密码密码密码密码密码",
        "  a space before and behind  ",
        "null\x00inside it, twelve",
    ],
)
def test_long_and_foreign_passwords_sign_in(db: Session, password: str) -> None:
    accounts.add(
        db, machine("test"), email="minh@archive.test", name="Minh", role="editor",
        password=password,
    )  # fmt: skip
    entered = accounts.sign_in(
        db, accounts.prove(db, email="MINH@archive.test ", password=password, address="a")
    )
    assert entered.user.name == "Minh"
    assert entered.user.password_hash.startswith("$argon2id$")
    with pytest.raises(accounts.WrongSignIn):
        accounts.sign_in(
            db, accounts.prove(db, email="minh@archive.test", password=password + "x", address="a")
        )


def test_a_password_is_the_same_in_one_character_or_three(db: Session) -> None:
    user = user_of(db, "cleo")
    accounts.set_password(db, machine("test"), user, unicodedata.normalize("NFC", NEW))
    assert enter(db, "cleo", password=unicodedata.normalize("NFD", NEW))


@pytest.mark.parametrize(
    ("password", "refusal"),
    [
        ("", accounts.PasswordTooShort),
        ("eleven char", accounts.PasswordTooShort),
        (" " * 20, accounts.PasswordTooShort),
        ("x" * (accounts.LONGEST_PASSWORD + 1), accounts.PasswordTooLong),
    ],
)
def test_a_password_that_is_no_good_changes_nothing(
    db: Session, password: str, refusal: type[access.Refused]
) -> None:
    before = user_of(db, "cleo").password_hash
    with pytest.raises(refusal):
        accounts.set_password(db, machine("test"), user_of(db, "cleo"), password)
    assert user_of(db, "cleo").password_hash == before


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"email": "no address"}, accounts.EmailRefused),
        ({"email": "@archive.test"}, accounts.EmailRefused),
        ({"email": "a\u200bb@archive.test"}, accounts.EmailRefused),
        ({"email": "x" * 250 + "@archive.test"}, accounts.EmailRefused),
        ({"email": "CLEO@Archive.Test"}, accounts.EmailTaken),
        ({"name": "  "}, accounts.NameMissing),
        ({"role": "queen"}, accounts.UnknownRole),
        ({"role": ""}, accounts.UnknownRole),
    ],
)
def test_an_account_that_cannot_be_opened(
    db: Session, facts: dict[str, str], refusal: type[access.Refused]
) -> None:
    told = {"email": "minh@archive.test", "name": "Minh", "role": "editor"} | facts
    with pytest.raises(refusal):
        accounts.add(
            db, machine("test"), email=told["email"], name=told["name"], role=told["role"],
            password=PASSWORD,
        )  # fmt: skip
    assert accounts.by_email(db, "minh@archive.test") is None


@pytest.mark.parametrize("name", ["ben", "hoa", "cleo", "rob", "sam", None])
def test_only_the_administrator_has_to_do_with_accounts(
    db: Session, actor_of: ActorOf, name: str | None
) -> None:
    actor, cleo = actor_of(name), user_of(db, "cleo")
    for act in (
        lambda: accounts.listed(db, actor),
        lambda: accounts.change(db, actor, cleo, name="X", role="administrator", is_active=True),
        lambda: accounts.add(db, actor, email="m@a.test", name="M", role="editor", password=NEW),
        lambda: accounts.set_password(db, actor, user_of(db, "ada"), NEW),
    ):
        with pytest.raises(access.NotAllowed):
            act()


def test_a_closed_account_is_signed_out_and_kept(
    db: Session, database: Database, actor_of: ActorOf
) -> None:
    token = enter(db, "cleo")
    db.commit()
    found = accounts.recognise(database, token)
    assert found is not None
    assert found.name == "Cleo"
    cleo = user_of(db, "cleo")
    accounts.change(db, actor_of("ada"), cleo, name="Cleo", role="editor", is_active=False)
    db.commit()
    assert accounts.recognise(database, token) is None
    with pytest.raises(accounts.WrongSignIn):
        enter(db, "cleo")
    assert db.get(User, cleo.id) is not None


def test_the_last_administrator_stays(db: Session, actor_of: ActorOf) -> None:
    ada = user_of(db, "ada")
    for role, is_active in (("editor", True), ("administrator", False)):
        with pytest.raises(accounts.LastAdministrator):
            accounts.change(db, actor_of("ada"), ada, name="Ada", role=role, is_active=is_active)
    accounts.change(
        db, actor_of("ada"), user_of(db, "ben"), name="Ben", role="administrator", is_active=True
    )
    accounts.change(db, actor_of("ada"), ada, name="Ada", role="editor", is_active=True)
    assert user_of(db, "ada").role == "editor"


def test_a_session_ends_by_age_and_by_idleness(db: Session, database: Database) -> None:
    for changed in (
        {"expires_at": utc_now() - timedelta(seconds=1)},
        {"seen_at": utc_now() - accounts.IDLE_LIFE - timedelta(seconds=1)},
    ):
        token = enter(db, "cleo")
        db.commit()
        assert accounts.recognise(database, token) is not None
        db.execute(update(SignInSession).values(**changed))
        db.commit()
        assert accounts.recognise(database, token) is None
        assert accounts.sessions(db, user_of(db, "cleo")) == []
        db.rollback()


def test_no_token_lies_in_the_database(db: Session, database: Database) -> None:
    token = enter(db, "cleo")
    db.commit()
    kept = db.scalars(select(SignInSession.token_sha256)).one()
    assert token not in kept
    assert accounts.recognise(database, kept) is None
    assert accounts.recognise(database, "") is None


def test_one_session_of_ones_own_is_ended_and_never_another_persons(
    db: Session, database: Database
) -> None:
    here, elsewhere, rob = enter(db, "cleo"), enter(db, "cleo"), enter(db, "rob")
    db.commit()
    cleo = user_of(db, "cleo")
    of_rob = accounts.sessions(db, user_of(db, "rob"))[0].token_sha256
    for name in (of_rob[: accounts.SESSION_NAME], "", of_rob[:3], "%" * 16):
        accounts.end_session(db, cleo, name)
    there = next(s for s in accounts.sessions(db, cleo) if accounts.is_behind(s, elsewhere))
    accounts.end_session(db, cleo, there.token_sha256[: accounts.SESSION_NAME])
    db.commit()
    assert [bool(accounts.recognise(database, t)) for t in (here, elsewhere, rob)] == [
        True, False, True,
    ]  # fmt: skip


def test_a_new_password_of_ones_own_keeps_this_browser_and_ends_the_others(
    db: Session, database: Database, actor_of: ActorOf
) -> None:
    here, elsewhere = enter(db, "cleo"), enter(db, "cleo")
    accounts.change_own_password(
        db, actor_of("cleo"), user_of(db, "cleo"), present=PASSWORD, new=NEW, token=here,
        address="a",
    )  # fmt: skip
    db.commit()
    assert accounts.recognise(database, here) is not None
    assert accounts.recognise(database, elsewhere) is None
    with pytest.raises(accounts.WrongSignIn):
        enter(db, "cleo")
    assert enter(db, "cleo", password=NEW)


def test_ones_own_password_cannot_be_guessed_from_an_open_desk(
    db: Session, actor_of: ActorOf
) -> None:
    cleo, asks = user_of(db, "cleo"), {"new": NEW, "token": "", "address": "a"}
    for _ in range(guessing.OF_PAIR):
        with pytest.raises(accounts.WrongPassword):
            accounts.change_own_password(db, actor_of("cleo"), cleo, present="a guess", **asks)
    with pytest.raises(accounts.RateLimited):
        accounts.change_own_password(db, actor_of("cleo"), cleo, present=PASSWORD, **asks)


def test_nobody_describes_somebody_else_as_themselves(db: Session, actor_of: ActorOf) -> None:
    for who in ("ada", "sam", None):
        with pytest.raises(access.NotVisible):
            accounts.describe_self(db, actor_of(who), user_of(db, "cleo"), name="X", language="vi")


def test_name_and_language_of_ones_own(db: Session, actor_of: ActorOf) -> None:
    cleo = user_of(db, "cleo")
    accounts.describe_self(db, actor_of("cleo"), cleo, name=" Cléo ", language="en")
    assert (cleo.name, cleo.language) == ("Cléo", "en")
    for name, language, refusal in (
        ("", "vi", accounts.NameMissing),
        ("Cleo", "de", accounts.UnknownLanguage),
    ):
        with pytest.raises(refusal):
            accounts.describe_self(db, actor_of("cleo"), cleo, name=name, language=language)
    assert (cleo.name, cleo.language) == ("Cléo", "en")


def test_the_right_password_works_up_to_the_limit_and_not_beyond(db: Session) -> None:
    fail(db, guessing.OF_PAIR - 1)
    assert enter(db, "cleo")
    fail(db, guessing.OF_PAIR)  # the right one has forgiven the others
    with pytest.raises(accounts.RateLimited):
        enter(db, "cleo")


def test_one_address_cannot_lock_a_colleague_out(db: Session) -> None:
    fail(db, guessing.OF_PAIR, address="stranger")
    for _ in range(3 * guessing.OF_ACCOUNT):
        with pytest.raises(accounts.RateLimited):
            enter(db, "cleo", address="stranger")
    assert enter(db, "cleo", address="her own desk")


def test_one_address_cannot_try_every_account(db: Session) -> None:
    names = list(CAST) * guessing.OF_PAIR
    for name in names[: guessing.OF_ADDRESS]:
        fail(db, 1, name=name, address="stranger")
    with pytest.raises(accounts.RateLimited):
        enter(db, "cleo", address="stranger")
    assert enter(db, "cleo", address="her own desk")


def test_many_addresses_together_are_stopped_at_one_account(db: Session) -> None:
    for number in range(guessing.OF_ACCOUNT):
        fail(db, 1, address=f"bot {number}")
    with pytest.raises(accounts.RateLimited):
        enter(db, "cleo", address="one more")
    assert enter(db, "rob", address="one more")


def test_a_limit_passes_with_time(db: Session) -> None:
    fail(db, guessing.OF_PAIR)
    db.execute(update(SignInFailure).values(at=utc_now() - guessing.WINDOW - timedelta(seconds=1)))
    assert enter(db, "cleo")


def test_an_account_that_does_not_exist_is_counted_the_same(db: Session) -> None:
    for _ in range(guessing.OF_PAIR):
        with pytest.raises(accounts.WrongSignIn):
            accounts.sign_in(
                db, accounts.prove(db, email="nobody@archive.test", password=PASSWORD, address="a")
            )
    with pytest.raises(accounts.RateLimited):
        accounts.sign_in(
            db, accounts.prove(db, email="nobody@archive.test", password=PASSWORD, address="a")
        )


def test_what_is_old_is_swept(db: Session) -> None:
    fail(db, 1)
    enter(db, "rob")
    assert accounts.forget_old(db) == 0
    db.execute(update(SignInFailure).values(at=utc_now() - timedelta(hours=2)))
    db.execute(update(SignInSession).values(expires_at=utc_now() - timedelta(seconds=1)))
    assert accounts.forget_old(db) == 4  # three counters of one failure, and a session


def test_the_chronicle_says_who_opened_and_changed_an_account(
    db: Session, actor_of: ActorOf
) -> None:
    ada = actor_of("ada")
    minh = accounts.add(db, ada, email="m@a.test", name="Minh", role="editor", password=NEW)
    accounts.change(db, ada, minh, name="Minh", role="reviewer", is_active=True)
    accounts.set_password(db, ada, minh, PASSWORD)
    told = db.execute(
        select(Event.kind, Event.actor_name)
        .where(Event.subject_id == minh.id)
        .order_by(Event.number)
    ).all()
    assert [tuple(row) for row in told] == [
        ("account.opened", "Ada"), ("account.changed", "Ada"), ("account.password_set", "Ada"),
    ]  # fmt: skip


def test_a_password_is_held_against_the_account_without_the_write_lock(database: Database) -> None:
    with database.reading() as db:
        proof = accounts.prove(db, email=CAST["cleo"].email, password=PASSWORD, address="a")
    with database.writing() as db:
        accounts.set_password(db, machine("test"), user_of(db, "cleo"), NEW)
        with pytest.raises(accounts.WrongSignIn):  # the proof is of a password that was
            accounts.sign_in(db, proof)
