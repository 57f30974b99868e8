"""Writes the tables of `docs/data-model.md` from the models: `python -m tests.docs.data_model`."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Table

from archive.models import Base

PAGE = Path(__file__).parents[2] / "docs" / "data-model.md"
BEGIN, END = "<!-- tables -->\n", "<!-- end of tables -->\n"


def tables() -> str:
    """One section a table: what it is, from its class, and its columns."""
    classes = {m.class_.__tablename__: m.class_ for m in Base.registry.mappers}
    found = []
    for name in sorted(classes):
        table = Base.metadata.tables[name]
        meaning = " ".join((classes[name].__doc__ or "").split())
        found.append(f"### {name}\n\n{meaning}\n\n{_columns(table)}\n")
    return "\n".join(found)


def _columns(table: Table) -> str:
    told = []
    for column in table.columns:
        marks = ["key"] if column.primary_key else []
        marks += [f"→ {key.column.table.name}" for key in column.foreign_keys]
        told.append(f"`{column.name}`" + (f" ({', '.join(marks)})" if marks else ""))
    return " · ".join(told)


def page() -> str:
    """The page as it should be: what people wrote, and the tables as they are now."""
    written = PAGE.read_text(encoding="utf-8")
    head, _begin, rest = written.partition(BEGIN)
    _old, _end, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{tables()}\n{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
