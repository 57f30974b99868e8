"""Accounts of the cast, and their successful and failed sign-ins."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from archive.actions.accounts import accounts, sign_in
from archive.models import User
from tests.support.cast import CAST, PASSWORD


def user_of(db: Session, name: str) -> User:
    found = accounts.by_email(db, CAST[name].email)
    assert found is not None
    return found


def sign_in_as(
    db: Session, name: str, *, password: str = PASSWORD, address: str = "10.0.0.1"
) -> str:
    return sign_in.sign_in(
        db, sign_in.verify_password(db, email=CAST[name].email, password=password, address=address)
    ).token


def fail_to_sign_in(
    db: Session, times: int, *, name: str = "cleo", address: str = "10.0.0.1"
) -> None:
    for _ in range(times):
        with pytest.raises(sign_in.WrongSignIn):
            sign_in_as(db, name, password="something else entirely", address=address)
