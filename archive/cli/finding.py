"""`flask search` and `flask reindex`: ask the index from the shell, and make it anew."""

from __future__ import annotations

import math
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from archive import access
from archive.access import Actor
from archive.actions import accounts, discovery, indexing
from archive.actions.discovery import Found, Wish
from archive.cli.output import explain, guarded, json_option, operator, refuse, tell, toolbox
from search.query import QueryProblem
from search.results import LAST_PAGE, MOST_PER_PAGE


@click.command("search")
@click.argument("query")
@click.option(
    "--as",
    "reader",
    default="",
    metavar="EMAIL|public",
    help="Account whose rights apply, or 'public'.",
)
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(1, MOST_PER_PAGE * LAST_PAGE),
    default=10,
    help="How many hits at most, up to 10,000. Default: 10.",
)
@json_option
@with_appcontext
@guarded
def search(query: str, reader: str, limit: int, as_json: bool) -> None:
    """Find passages, best first, with the rights of the operator or of --as."""
    tools = toolbox()
    actor = _reader(reader)
    try:
        with tools.database.reading() as db:
            hits, total = _hits(db, actor, query, limit)
    except QueryProblem as problem:
        code = f"query_{problem.code}"
        refuse(code, explain(code, found=problem.found, limit=problem.limit))
    lines = [
        f"{hit['accession']} {hit['start_ms'] / 1000:.1f}s {hit['speaker']}: {hit['text']}"
        for hit in hits
    ]
    told = {"total": total, "hits": hits}
    tell(told, as_json=as_json, words="\n".join([f"{total} found", *lines]))


@click.command("reindex")
@json_option
@with_appcontext
@guarded
def reindex(as_json: bool) -> None:
    """Make the search index anew, beside the old one, then change over."""
    tools = toolbox()
    with tools.database.reading() as db:
        mark = indexing.last_change(db)
        passages = tools.index.rebuild(indexing.everything(db, tools.settings.public_states))
    with tools.database.writing() as db:
        indexing.forget_until(db, mark)
    tell({"passages": passages}, as_json=as_json, words=f"{passages} passages were indexed.")


def _reader(name: str) -> Actor:
    if not name:
        return operator()
    states = toolbox().settings.public_states
    if name == "public":
        return access.public(states)
    with toolbox().database.reading() as db:
        user = accounts.by_email(db, name)
    if user is None:
        refuse("unknown_account", f"There is no account {name}.")
    return accounts.actor_of(user, toolbox().settings)


def _hits(db: Session, actor: Actor, query: str, limit: int) -> tuple[list[dict[str, Any]], int]:
    """The first `limit` hits, asked for by pages as a reader would, and how many there are."""
    per_page = min(limit, MOST_PER_PAGE)
    hits: list[dict[str, Any]] = []
    for page in range(1, math.ceil(limit / per_page) + 1):
        wish = Wish(text=query, page=page, per_page=per_page, grouped=False)
        answer = discovery.search(db, toolbox().index, actor, wish)
        hits += [_hit(hit) for hit in answer.hits]
        if page * per_page >= answer.total:
            break
    return hits[:limit], answer.total


def _hit(hit: Found) -> dict[str, Any]:
    return {
        "accession": hit.interview.accession,
        "segment": hit.segment.id,
        "start_ms": hit.segment.start_ms,
        "end_ms": hit.segment.end_ms,
        "word_ms": hit.word_ms,
        "speaker": hit.speaker.full,
        "text": hit.text,
        "marks": [list(mark) for mark in hit.marks],
        "state": hit.version.state,
        "sample": hit.interview.is_sample,
        "version": hit.version.number,
        "score": round(hit.score, 4),
    }


COMMANDS = (search, reindex)
