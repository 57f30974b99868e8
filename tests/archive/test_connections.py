"""Twice as many visitors as threads, at the same moment: everybody is answered."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask
from sqlalchemy import event

from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.support.cast import session_of
from tests.support.connections import count_connections
from tests.support.http_server import serve_in_thread

PAGES = {
    "/vi/": 200,
    "/en/interviews": 200,
    "/vi/search?q=gao": 200,
    "/en/people": 303,
    "/vi/nowhere": 404,
    "/en/interviews/LK-ABSENT": 404,
    "/vi/sign-in": 200,
    "/en/profile": 303,
}


def test_requests_above_thread_count_are_all_answered(
    app: Flask, toolbox: Toolbox, settings: Settings
) -> None:
    """Every thread holds its first connection before any of them goes on."""
    all_connected = threading.Barrier(settings.web_threads)
    seen = threading.local()

    def wait_for_other_requests(*_: Any) -> None:
        if not getattr(seen, "waited", False):
            seen.waited = True
            all_connected.wait(timeout=240)

    cookie = session_of(toolbox.database, "cleo")
    pages = [*PAGES.items()] * (2 * settings.web_threads // len(PAGES))
    with (
        serve_in_thread(app, threads=settings.web_threads) as site,
        count_connections(toolbox.database.engine) as count,
        ThreadPoolExecutor(len(pages)) as clients,
    ):
        event.listen(toolbox.database.engine, "checkout", wait_for_other_requests)
        statuses = list(clients.map(lambda page: site.request("GET", page[0]).status, pages))
        signed_in = site.request("GET", "/vi/profile", Cookie=f"loike_session={cookie}").status
        event.remove(toolbox.database.engine, "checkout", wait_for_other_requests)
    assert statuses == [status for _page, status in pages]
    assert signed_in == 200
    assert count.maximum == 1


def test_exhausted_pool_renders_error_page(app: Flask, toolbox: Toolbox) -> None:
    engine = toolbox.database.engine
    engine.pool._timeout = 0.1  # type: ignore[attr-defined]
    count = [engine.connect() for _ in range(engine.pool.size() + engine.pool._max_overflow)]  # type: ignore[attr-defined]
    try:
        answer = app.test_client().get("/en/interviews")
    finally:
        for connection in count:
            connection.close()
    assert answer.status_code == 503
    assert "The archive is very busy." in answer.text
    assert app.test_client().get("/en/interviews").status_code == 200
