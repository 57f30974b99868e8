"""Length limits of passwords, and the hash that stands for a missing account."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from archive import access
from archive.actions.accounts import accounts, passwords
from tests.support.rights import rights_of_machine
from tests.support.sign_ins import user_of


@pytest.mark.parametrize(
    ("password", "refusal"),
    [
        ("", passwords.PasswordTooShort),
        ("eleven char", passwords.PasswordTooShort),
        (" " * 20, passwords.PasswordTooShort),
        ("x" * (passwords.LONGEST_PASSWORD + 1), passwords.PasswordTooLong),
    ],
)
def test_set_password_with_invalid_length_changes_nothing(
    db: Session, password: str, refusal: type[access.Refused]
) -> None:
    before = user_of(db, "cleo").password_hash
    with pytest.raises(refusal):
        accounts.set_password(db, rights_of_machine("test"), user_of(db, "cleo"), password)
    assert user_of(db, "cleo").password_hash == before


def test_dummy_hash_has_the_parameters_of_new_hashes() -> None:
    """Else the time of a failed sign-in would say whether the account exists."""
    assert not PasswordHasher().check_needs_rehash(passwords.DUMMY_HASH)
    assert not passwords.verify(passwords.DUMMY_HASH, "any password")
