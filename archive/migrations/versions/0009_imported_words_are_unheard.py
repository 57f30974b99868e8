"""words of a file are vouched for by who imported it: they were stored as heard

Heard stays what a person changed and heard since; in a copy, what was heard in its source.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

CHANGES = ("edit", "replace", "insert", "restore")
VERSIONS = sa.table(
    "transcript_version",
    *(sa.column(name, sa.String) for name in ("id", "kind", "based_on_id")),
    sa.column("number", sa.Integer),
)
SEGMENTS = sa.table(
    "segment", *(sa.column(name, sa.String) for name in ("id", "version_id", "position", "state"))
)
REVISIONS = sa.table(
    "segment_revision",
    *(sa.column(name, sa.String) for name in ("segment_id", "kind", "text", "state")),
)


def upgrade() -> None:
    connection = op.get_bind()
    query = sa.select(VERSIONS.c.id, VERSIONS.c.kind, VERSIONS.c.based_on_id)
    of_files: set[str] = set()
    for version in connection.execute(query.order_by(VERSIONS.c.number)).all():
        if version.kind == "imported":
            _unhear(_unchanged(version.id))
        elif version.kind == "corrected" and version.based_on_id in of_files:
            source = sa.select(SEGMENTS.c.position).where(
                SEGMENTS.c.version_id == version.based_on_id, SEGMENTS.c.state == "machine"
            )
            _unhear(_unchanged(version.id).where(SEGMENTS.c.position.in_(source)))
        else:
            continue
        of_files.add(version.id)


def _unchanged(version_id: str) -> sa.Select[tuple[str]]:
    """Return the ids of segments that are stored as heard and of unchanged words."""
    made = (
        sa.select(REVISIONS.c.text)
        .where(REVISIONS.c.segment_id == SEGMENTS.c.id, REVISIONS.c.kind == "made")
        .scalar_subquery()
    )
    changed = sa.exists().where(
        REVISIONS.c.segment_id == SEGMENTS.c.id,
        REVISIONS.c.kind.in_(CHANGES),
        sa.or_(made.is_(None), REVISIONS.c.text != made),
    )
    return sa.select(SEGMENTS.c.id).where(
        SEGMENTS.c.version_id == version_id, SEGMENTS.c.state == "heard", ~changed
    )


def _unhear(segments: sa.Select[tuple[str]]) -> None:
    connection = op.get_bind()
    ids = [row.id for row in connection.execute(segments)]
    for table, column in ((SEGMENTS, SEGMENTS.c.id), (REVISIONS, REVISIONS.c.segment_id)):
        for segment_id in ids:
            connection.execute(
                sa.update(table)
                .where(column == segment_id, table.c.state == "heard")
                .values(state="machine")
            )
