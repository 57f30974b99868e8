"""The schema of a database as lines of text, so that two schemas can be compared as sets.

A line is a table, a column, a constraint, an index, a trigger or a view, as the database
itself describes it. The order of columns and of constraints does not matter. The version
table of Alembic is left out.
"""

from __future__ import annotations

import re

from sqlalchemy import Connection, text

VERSION_TABLE = "alembic_version"

_SQLITE_OBJECTS = text(
    "SELECT type, name, tbl_name, sql FROM sqlite_master"
    " WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
)
_TOKEN = re.compile(
    r"""(?P<string>'(?:[^']|'')*')|"(?P<quoted>(?:[^"]|"")*)"|(?P<space>\s+)|(?P<other>[(),]|[^\s(),'"]+)"""
)

# Tables of an extension, such as PostGIS, are ignored. Newer servers store NOT NULL as a
# constraint too ('n'): it is read with the column.
_POSTGRESQL_PARTS = text("""
    WITH relation AS (
        SELECT c.oid, c.relname, c.relkind, c.relpersistence
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                        AND d.objid = c.oid AND d.deptype = 'e')
    )
    SELECT relname, CASE WHEN relpersistence = 'u' THEN 'UNLOGGED ' ELSE '' END
        || CASE relkind WHEN 'r' THEN 'TABLE' ELSE 'RELATION OF KIND ' || relkind::text END
    FROM relation
    UNION ALL
    SELECT r.relname, concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
        'COLLATE ' || l.collname, CASE WHEN a.attnotnull THEN 'NOT NULL' END,
        'DEFAULT ' || pg_get_expr(f.adbin, f.adrelid),
        'GENERATED ' || nullif(concat(a.attidentity, a.attgenerated), ''))
    FROM relation r
    JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef f ON f.adrelid = r.oid AND f.adnum = a.attnum
    LEFT JOIN pg_collation l ON l.oid = a.attcollation AND l.oid <> t.typcollation
    UNION ALL
    SELECT r.relname, 'CONSTRAINT ' || k.conname || ' ' || pg_get_constraintdef(k.oid, true)
    FROM relation r JOIN pg_constraint k ON k.conrelid = r.oid AND k.contype <> 'n'
    UNION ALL
    SELECT r.relname, pg_get_indexdef(i.indexrelid, 0, true)
        || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END
    FROM relation r JOIN pg_index i ON i.indrelid = r.oid
    WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid
                      AND k.contype IN ('p', 'u', 'x'))
    UNION ALL
    SELECT r.relname, pg_get_triggerdef(t.oid, true)
    FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
""")


def table_names(connection: Connection) -> set[str]:
    """Return the names of all tables and views, that of the version table included."""
    if connection.dialect.name == "sqlite":
        objects = connection.execute(_SQLITE_OBJECTS)
        return {row.name for row in objects if row.type in ("table", "view")}
    return {row.relname for row in connection.execute(_POSTGRESQL_PARTS)}


def read_schema(connection: Connection) -> frozenset[str]:
    """Return the schema as lines `table: part`."""
    if connection.dialect.name == "sqlite":
        lines = _read_sqlite(connection)
    else:
        lines = [f"{table}: {part}" for table, part in connection.execute(_POSTGRESQL_PARTS)]
    return frozenset(line for line in lines if not line.startswith(f"{VERSION_TABLE}: "))


def _read_sqlite(connection: Connection) -> list[str]:
    lines = []
    for row in connection.execute(_SQLITE_OBJECTS):
        if row.type == "table":
            lines += [f"{row.name}: {part}" for part in table_parts(row.sql)]
        else:
            lines.append(f"{row.tbl_name}: {_without_quotes(row.sql)}")
    return lines


def table_parts(sql: str) -> list[str]:
    """Split a CREATE TABLE of SQLite into columns, constraints and the text around them."""
    depth, parts, around = 0, [""], ""
    for match in _TOKEN.finditer(sql):
        word = match.group("quoted") or match.group()
        depth -= word == ")"
        if depth == 0 and word not in "()":
            around += word
        elif depth == 1 and word == ",":
            parts.append("")
        elif depth > 0:
            parts[-1] += word
        depth += word == "("
    return [_collapsed(part) for part in (*parts, around)]


def _without_quotes(sql: str) -> str:
    return _collapsed("".join(m.group("quoted") or m.group() for m in _TOKEN.finditer(sql)))


def _collapsed(words: str) -> str:
    return " ".join(words.split())
