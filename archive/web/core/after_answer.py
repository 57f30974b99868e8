"""Small writes that a request causes and need not wait for, such as when a session was last used.

They run after the response was sent, one by one, each in a short transaction of its own, in
one thread of the process. So a page never waits for the write lock, and a failed write is
logged and changes no response. While no thread can be started the writes wait, and each further
one tries again. Writes that wait when the process is killed are lost.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import queue
import threading
from collections.abc import Callable

from flask import Flask, Response, g
from sqlalchemy.orm import Session

from archive.db import Database

Write = Callable[[Session], None]

MAX_WAITING = 1000
CLOSE_TIMEOUT_S = 5.0

log = logging.getLogger(__name__)


class BackgroundWriter:
    """Runs writes in the order in which they were added; its thread starts with the first one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: queue.Queue[Write | None] = queue.Queue(MAX_WAITING)
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, write: Write) -> None:
        """Run `write` soon; it is logged and dropped while MAX_WAITING others wait.

        Raises nothing, for the response that a request has made is sent in any case.
        """
        try:
            self._waiting.put_nowait(write)
        except queue.Full:
            log.error("dropped a write after an answer: %d others wait", MAX_WAITING)
        try:
            self._start()
        except Exception:  # the system gives the process no further thread or memory
            log.exception("writes after an answer wait: their thread could not be started")

    def wait_until_written(self) -> None:
        """Return when every write added so far has been tried."""
        self._waiting.join()

    def close(self) -> None:
        """Finish what waits, for at most CLOSE_TIMEOUT_S seconds, and end the thread."""
        with self._starting:
            thread, self._thread = self._thread, None
        if thread is None:
            self._log_lost()
            return
        atexit.unregister(self.close)
        with contextlib.suppress(queue.Full):
            self._waiting.put(None, timeout=CLOSE_TIMEOUT_S)
            thread.join(CLOSE_TIMEOUT_S)
        if thread.is_alive():
            self._log_lost(running=1)

    def _log_lost(self, *, running: int = 0) -> None:
        lost = running + sum(write is not None for write in self._waiting.queue)
        if lost:
            log.error("%d writes after an answer were lost", lost)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="after-answer", daemon=True)
                thread.start()  # may fail; only a thread that runs is kept
                self._thread = thread
                atexit.register(self.close)

    def _run(self) -> None:
        while (write := self._waiting.get()) is not None:
            try:
                with self._database.writing() as db:
                    write(db)
            except BaseException:  # even SystemExit of a library must not end the thread
                log.exception("a write after an answer failed")
            finally:
                self._waiting.task_done()
        self._waiting.task_done()


def after_answer(write: Write) -> None:
    """Run `write` once the response of the present request has been sent."""
    g.setdefault("writes_after_answer", []).append(write)


def register(app: Flask, database: Database) -> None:
    """Hand the writes of each request to the background when its response is closed."""
    background = app.extensions["loi_ke_background_writer"] = BackgroundWriter(database)

    @app.after_request
    def _schedule(response: Response) -> Response:
        writes: list[Write] = g.pop("writes_after_answer", [])
        if response.direct_passthrough:  # the server closes the file, and not this response
            _add_all(background, writes)
        elif writes:
            response.call_on_close(lambda: _add_all(background, writes))
        return response


def _add_all(background: BackgroundWriter, writes: list[Write]) -> None:
    for write in writes:
        background.add(write)
