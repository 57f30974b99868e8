"""Base class and column types: constraint names, identifiers, UTC instants, JSON."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, MetaData, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator
from ulid import ULID

from archive.models import vocabulary

ULID_LENGTH = 26
_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC.

    SQLite stores no zone; PostgreSQL answers in the zone of its server, and events are hashed as
    they were written, in UTC.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; raises ValueError for a naive datetime."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive instant cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; a naive value is in UTC."""
        if value is None:
            return value
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")
Ulid = String(ULID_LENGTH)
# Compared byte by byte on every database: sort keys and positions hold control characters.
Bytewise = String().with_variant(String(collation="C"), "postgresql")


class Base(DeclarativeBase):
    """All constraints are named, since SQLite migrations cannot drop unnamed ones."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: UtcDateTime,
        dict[str, Any]: Json,
        list[str]: Json,
        list[Any]: Json,
    } | {values: String() for values in vocabulary.ALL}


def new_id() -> str:
    """Return a new ULID: sortable by time, with 80 random bits."""
    return str(ULID())


def is_id(text: str) -> bool:
    """Return whether a text has the form of an id."""
    return _ID.fullmatch(text) is not None


def utc_now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)
