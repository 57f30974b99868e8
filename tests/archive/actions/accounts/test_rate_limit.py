"""Rate limits per address, per account and per pair of both."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from archive.actions.accounts import rate_limit, sign_in
from archive.models import SignInFailure
from archive.models.base import utc_now
from tests.support.cast import CAST, PASSWORD
from tests.support.sign_ins import fail_to_sign_in, sign_in_as


def test_sign_in_below_limit_resets_failures(db: Session) -> None:
    fail_to_sign_in(db, rate_limit.LIMIT_PER_PAIR - 1)
    assert sign_in_as(db, "cleo")
    fail_to_sign_in(db, rate_limit.LIMIT_PER_PAIR)  # counts from zero again
    with pytest.raises(rate_limit.RateLimited):
        sign_in_as(db, "cleo")


def test_pair_limit_does_not_lock_other_addresses(db: Session) -> None:
    fail_to_sign_in(db, rate_limit.LIMIT_PER_PAIR, address="198.51.100.1")
    for _ in range(3 * rate_limit.LIMIT_PER_ACCOUNT):
        with pytest.raises(rate_limit.RateLimited):
            sign_in_as(db, "cleo", address="198.51.100.1")
    assert sign_in_as(db, "cleo", address="198.51.100.2")


def test_address_limit_blocks_address_for_all_accounts(db: Session) -> None:
    names = list(CAST) * rate_limit.LIMIT_PER_PAIR
    for name in names[: rate_limit.LIMIT_PER_ADDRESS]:
        fail_to_sign_in(db, 1, name=name, address="198.51.100.1")
    with pytest.raises(rate_limit.RateLimited):
        sign_in_as(db, "cleo", address="198.51.100.1")
    assert sign_in_as(db, "cleo", address="198.51.100.2")


def test_account_limit_blocks_account_for_all_addresses(db: Session) -> None:
    for number in range(rate_limit.LIMIT_PER_ACCOUNT):
        fail_to_sign_in(db, 1, address=f"bot {number}")
    with pytest.raises(rate_limit.RateLimited):
        sign_in_as(db, "cleo", address="one more")
    assert sign_in_as(db, "rob", address="one more")


def test_limit_ends_after_window(db: Session) -> None:
    fail_to_sign_in(db, rate_limit.LIMIT_PER_PAIR)
    db.execute(
        update(SignInFailure).values(at=utc_now() - rate_limit.WINDOW - timedelta(seconds=1))
    )
    assert sign_in_as(db, "cleo")


def test_failures_of_unknown_account_are_limited(db: Session) -> None:
    for _ in range(rate_limit.LIMIT_PER_PAIR):
        with pytest.raises(sign_in.WrongSignIn):
            sign_in.sign_in(
                db,
                sign_in.verify_password(
                    db, email="nobody@archive.test", password=PASSWORD, address="a"
                ),
            )
    with pytest.raises(rate_limit.RateLimited):
        sign_in.sign_in(
            db,
            sign_in.verify_password(
                db, email="nobody@archive.test", password=PASSWORD, address="a"
            ),
        )


def test_failures_of_a_clock_that_was_ahead_do_not_lock_for_a_year(db: Session) -> None:
    fail_to_sign_in(db, rate_limit.LIMIT_PER_PAIR)
    db.execute(update(SignInFailure).values(at=utc_now() + timedelta(days=365)))
    assert sign_in_as(db, "cleo")
    fail_to_sign_in(db, 1)
    assert {row.at > utc_now() for row in db.query(SignInFailure)} == {False}
