"""Hash and verify passwords: argon2id over the NFC form."""

from __future__ import annotations

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from archive.access import Refused

SHORTEST_PASSWORD = 12


LONGEST_PASSWORD = 1024


HASHER = PasswordHasher()


# Verified when the account does not exist, so that both cases take the same time. It is the
# hash of random bytes that were not kept, with the parameters of HASHER; to make it here would
# cost every command and server a fifth of a second at its start.
DUMMY_HASH = (
    "$argon2id$v=19$m=65536,t=3,p=4$ybayUdhjSlIE03+jw62+XQ"
    "$aeVMPRkbeELnsT+s1uMbrU4pMPrPN7mpC+x2SwtH7nM"
)


class PasswordTooShort(Refused):
    """The password has less than `shortest` characters."""

    code = "password_too_short"


class PasswordTooLong(Refused):
    """The password has more than `longest` characters; it is never truncated."""

    code = "password_too_long"


def hash_password(password: str) -> str:
    """Return the argon2id hash; raises PasswordTooShort or PasswordTooLong."""
    normalised = unicodedata.normalize("NFC", password)
    if len(normalised) < SHORTEST_PASSWORD or not normalised.strip():
        raise PasswordTooShort(shortest=SHORTEST_PASSWORD)
    if len(normalised) > LONGEST_PASSWORD:
        raise PasswordTooLong(longest=LONGEST_PASSWORD)
    return HASHER.hash(_bytes(password))


def verify(stored_hash: str, password: str) -> bool:
    """Return whether the password matches the stored hash."""
    if len(password) > 4 * LONGEST_PASSWORD:
        return False
    try:
        return HASHER.verify(stored_hash, _bytes(password))
    except (VerificationError, InvalidHashError):
        return False


def _bytes(password: str) -> bytes:
    """Return the NFC form as bytes: ế may be typed as one character or as three."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


def upgraded_hash(stored_hash: str, password: str) -> str | None:
    """Return a new hash if the stored one has outdated parameters, else None."""
    return HASHER.hash(_bytes(password)) if HASHER.check_needs_rehash(stored_hash) else None
