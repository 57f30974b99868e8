"""accession numbers are kept when they change, so that they lead on and are never given again

Of former numbers those with which an interview was created are known, from its event; between
two changes none was stored. A number that was given to another interview since stays with it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from archive.migrations.columns import INSTANT, JSON, ULID, foreign_key

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_INTERVIEWS = sa.table(
    "interview", sa.column("id"), sa.column("accession"), sa.column("created_at", INSTANT)
)
_EVENTS = sa.table(
    "event",
    *(sa.column(name) for name in ("number", "kind", "subject_id")),
    sa.column("at", INSTANT),
    sa.column("detail", JSON),
)
_OUTBOX = sa.table(
    "outbox",
    *(sa.column(name, sa.String) for name in ("interview_id", "reason")),
    sa.column("at", INSTANT),
)
_DASHES = re.compile("[\u2010-\u2015\u2212]")


def upgrade() -> None:
    numbers = op.create_table(
        "accession_number",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("interview_id", ULID, nullable=True),
        sa.Column("given_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_accession_number"),
        foreign_key("accession_number", "interview_id", "interview", ondelete="SET NULL"),
    )
    op.create_index("ix_accession_number_interview_id", "accession_number", ["interview_id"])
    rows: dict[str, dict[str, object]] = {}
    for number, interview_id, given_at in _numbers():
        row = {"number": number, "interview_id": interview_id, "given_at": given_at}
        key = _key(number)
        if key and key not in rows:
            rows[key] = {"key": key, **row}
    if rows:
        op.bulk_insert(numbers, list(rows.values()))
    current = dict(
        op.get_bind().execute(sa.select(_INTERVIEWS.c.id, _INTERVIEWS.c.accession)).all()
    )
    renumbered = {
        str(row["interview_id"])
        for key, row in rows.items()
        if _key(current[row["interview_id"]]) != key
    }
    if renumbered:  # search finds them by their former numbers
        now = datetime.now(UTC)
        op.bulk_insert(
            _OUTBOX,
            [
                {"interview_id": one, "reason": "renumbered", "at": now}
                for one in sorted(renumbered)
            ],
        )


def _numbers() -> Iterator[tuple[str, str, datetime]]:
    """Yield number, interview and time: the present numbers, then those of the creation."""
    connection = op.get_bind()
    present = connection.execute(
        sa.select(_INTERVIEWS.c.accession, _INTERVIEWS.c.id, _INTERVIEWS.c.created_at).order_by(
            _INTERVIEWS.c.created_at, _INTERVIEWS.c.id
        )
    ).all()
    yield from (tuple(row) for row in present)
    known = {row.id for row in present}
    created = connection.execute(
        sa.select(_EVENTS.c.subject_id, _EVENTS.c.detail, _EVENTS.c.at)
        .where(_EVENTS.c.kind == "interview.created")
        .order_by(_EVENTS.c.number)
    )
    for row in created:
        number = row.detail.get("accession") if isinstance(row.detail, dict) else None
        if isinstance(number, str) and row.subject_id in known:
            yield number, row.subject_id, row.at


def _key(number: str) -> str:
    """Return what is compared of a number, as `accessions.fold_number` does."""
    return _DASHES.sub("-", unicodedata.normalize("NFKC", number)).strip().lower()
