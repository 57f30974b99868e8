"""Check that every page of the database can be read.

SQLite: `PRAGMA integrity_check`: the structure of all pages, and that each index has its rows
(`quick_check` leaves that out). PostgreSQL:
every row of every table is read, so that a page with a wrong checksum raises an error; the
server keeps checksums only if it was set up with them.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from archive.models import Base

MOST_REPORTED = 5


def find_damage(db: Session) -> list[str]:
    """Return what is damaged, as the database words it; empty if nothing is."""
    try:
        if db.get_bind().dialect.name == "sqlite":
            check = db.connection().exec_driver_sql(f"PRAGMA integrity_check({MOST_REPORTED})")
            found = [str(line) for line in check.scalars()]
            return [] if found == ["ok"] else found
        for table in Base.metadata.sorted_tables:
            db.execute(select(func.count(func.row(*table.columns))))
    except DatabaseError as error:
        return [str(error.orig).splitlines()[0]]
    return []
