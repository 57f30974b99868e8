"""The tables of `docs/data-model.md`, written by `python -m tests.support.data_model_page`."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Table

from archive.models import Base

PAGE = Path(__file__).parents[2] / "docs" / "data-model.md"
BEGIN, END = "<!-- tables -->\n", "<!-- end of tables -->\n"


def tables() -> str:
    """Return one section per table: its description, from its class, and its columns."""
    classes = {m.class_.__tablename__: m.class_ for m in Base.registry.mappers}
    sections = []
    for name in sorted(classes):
        table = Base.metadata.tables[name]
        meaning = " ".join((classes[name].__doc__ or "").split())
        sections.append(f"### {name}\n\n{meaning}\n\n{_columns(table)}\n")
    return "\n".join(sections)


def _columns(table: Table) -> str:
    columns = []
    for column in table.columns:
        marks = ["key"] if column.primary_key else []
        marks += [f"→ {key.column.table.name}" for key in column.foreign_keys]
        columns.append(f"`{column.name}`" + (f" ({', '.join(marks)})" if marks else ""))
    return " · ".join(columns)


def page() -> str:
    """Return the expected page: its hand-written parts, and the current tables."""
    text = PAGE.read_text(encoding="utf-8")
    head, _begin, rest = text.partition(BEGIN)
    _old, _end, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{tables()}\n{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
