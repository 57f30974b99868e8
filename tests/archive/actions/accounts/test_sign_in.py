"""Sign-in with a password, checked before the write lock is taken."""

from __future__ import annotations

import unicodedata

import pytest
from sqlalchemy.orm import Session

from archive.actions.accounts import accounts, passwords, sign_in
from archive.db import Database
from tests.support.cast import CAST, PASSWORD
from tests.support.rights import rights_of_machine
from tests.support.sign_ins import sign_in_as, user_of

NEW = "một câu đủ dài để nhớ"


@pytest.mark.parametrize(
    "password",
    [
        "mười hai chữ nè",
        "khoảng 1978 nhà tôi ở hẻm 🏠",
        "x" * passwords.LONGEST_PASSWORD,
        "密码密码密码密码密码密码",
        "  a space before and behind  ",
        "null\x00inside it, twelve",
    ],
)
def test_sign_in_with_unusual_password_succeeds(db: Session, password: str) -> None:
    accounts.add(
        db,
        rights_of_machine("test"),
        email="minh@archive.test",
        name="Minh",
        role="editor",
        password=password,
    )
    session = sign_in.sign_in(
        db, sign_in.verify_password(db, email="MINH@archive.test ", password=password, address="a")
    )
    assert session.user.name == "Minh"
    assert session.user.password_hash.startswith("$argon2id$")
    with pytest.raises(sign_in.WrongSignIn):
        sign_in.sign_in(
            db,
            sign_in.verify_password(
                db, email="minh@archive.test", password=password + "x", address="a"
            ),
        )


def test_sign_in_ignores_unicode_normalisation_form(db: Session) -> None:
    user = user_of(db, "cleo")
    accounts.set_password(db, rights_of_machine("test"), user, unicodedata.normalize("NFC", NEW))
    assert sign_in_as(db, "cleo", password=unicodedata.normalize("NFD", NEW))


def test_sign_in_with_outdated_password_check_is_refused(database: Database) -> None:
    with database.reading() as db:
        check = sign_in.verify_password(
            db, email=CAST["cleo"].email, password=PASSWORD, address="a"
        )
    with database.writing() as db:
        accounts.set_password(db, rights_of_machine("test"), user_of(db, "cleo"), NEW)
        with pytest.raises(sign_in.WrongSignIn):  # the check was made with the previous password
            sign_in.sign_in(db, check)
