"""`flask search` and `flask reindex`: query and rebuild the search index."""

from __future__ import annotations

import math
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from archive.access import Rights
from archive.actions.discovery import rebuilding
from archive.actions.discovery import search as discovery
from archive.actions.discovery.search import SearchHit, SearchQuery
from archive.actions.rights import explanations
from archive.actions.transcripts import text_labels
from archive.cli.output import (
    exit_with_error,
    json_option,
    message_for_code,
    operator,
    print_result,
    report_errors,
    toolbox,
)
from search.backends.base import SearchIndexError
from search.query import QueryProblem
from search.results import LAST_PAGE, MOST_PER_PAGE
from transcription.formats.base import UNHEARD_MARK


@click.command("search")
@click.argument("query")
@click.option(
    "--as",
    "reader",
    metavar="EMAIL|public",
    help="E-mail of the account whose rights apply, or 'public'.",
)
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(1, MOST_PER_PAGE * LAST_PAGE),
    default=10,
    help="Number of passages, up to 10,000. Default: 10.",
)
@json_option
@with_appcontext
@report_errors
def search(query: str, reader: str | None, limit: int, as_json: bool) -> None:
    """Search passages with the rights of the operator or of --as."""
    tools = toolbox()
    rights = _rights_of(reader)
    try:
        with tools.database.reading() as db:
            hits, total = _find_hits(db, rights, query, limit)
    except SearchIndexError:
        with tools.database.writing() as db:
            rebuilding.request_rebuild_once(db)
        raise
    except QueryProblem as problem:
        code = f"query_{problem.code}"
        exit_with_error(code, message_for_code(code, found=problem.found, limit=problem.limit))
    lines = [
        f"{hit['accession']} {hit['start_ms'] / 1000:.1f}s {hit['speaker']}: {hit['text']}"
        + (f" {UNHEARD_MARK}" if hit["unheard"] else "")
        for hit in hits
    ]
    result = {"total": total, "hits": hits}
    print_result(result, as_json=as_json, text="\n".join([f"{total} found", *lines]))


@click.command("reindex")
@json_option
@with_appcontext
@report_errors
def reindex(as_json: bool) -> None:
    """Rebuild the search index, then replace the old one."""
    passages = rebuilding.rebuild(toolbox())
    print_result({"passages": passages}, as_json=as_json, text=f"{passages} passages were indexed.")


def _rights_of(name: str | None) -> Rights:
    if name is None:
        return operator()
    with toolbox().database.reading() as db:
        return explanations.rights_as(db, name, toolbox().settings)


def _find_hits(
    db: Session, rights: Rights, query: str, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """Return the first `limit` hits, fetched page by page, and the total count."""
    per_page = min(limit, MOST_PER_PAGE)
    hits: list[dict[str, Any]] = []
    for page in range(1, math.ceil(limit / per_page) + 1):
        query_options = SearchQuery(text=query, page=page, per_page=per_page, grouped=False)
        response = discovery.search(db, toolbox().index, rights, query_options)
        hits += [_hit_row(hit, toolbox().settings.default_language) for hit in response.hits]
        if page * per_page >= response.total:
            break
    return hits[:limit], response.total


def _hit_row(hit: SearchHit, language: str) -> dict[str, Any]:
    return {
        "accession": hit.interview.accession,
        "segment": hit.turn.id,
        "start_ms": hit.turn.start_ms,
        "end_ms": hit.turn.end_ms,
        "word_ms": hit.word_ms,
        "speaker": hit.turn.speaker.full,
        "text": hit.turn.text,
        "marks": [list(mark) for mark in hit.marks],
        "state": hit.version.state,
        "label": text_labels.full_label(hit.facts, language),
        "vouched_by": hit.turn.vouched_by,
        "unheard": hit.turn.is_unheard,
        "sample": hit.interview.is_sample,
        "version": hit.version.number,
        "score": round(hit.score, 4),
    }


COMMANDS = (search, reindex)
