"""Contents of an archive as values that can be compared before and after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select

from archive.models.base import Base
from archive.toolbox import Toolbox

# Events are append-only, and the outbox is emptied by the indexer.
NOT_COMPARED = frozenset({"event", "event_chain", "outbox"})


def rows(toolbox: Toolbox) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all tables but NOT_COMPARED; of jobs only those that do not index."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    with toolbox.database.reading() as db:
        for table in Base.metadata.sorted_tables:
            if table.name not in NOT_COMPARED:
                query = select(table)
                if table.name == "job":
                    query = query.where(table.c.kind != "index")
                found[table.name] = sorted((tuple(row) for row in db.execute(query)), key=repr)
    return found


def files(folder: Path) -> dict[str, int]:
    """Return all files below a folder with their sizes, without locks and empty folders."""
    return {
        str(path.relative_to(folder)): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }
