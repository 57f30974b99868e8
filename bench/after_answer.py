"""The delay of a page whose request causes a write after the answer.

A signed-in reader requests one page again and again on one connection of a real server. Each
`noted` page uses a session of its own that was last used ten minutes ago, so that every one of
them has its use written; each page of the yardstick a session that was used just now. The two
take turns at being first, and each follows a page beside which nothing is written. `overlapped`
is the page right after a noted one, beside whose write it runs. The row names the ratio of one
half of the yardstick to the other, in pairs of pages: the noise of the run.
Run: ``python -m bench.after_answer``.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, update

from archive.actions.accounts import sessions
from archive.models import SignInSession, User
from archive.models.base import utc_now
from bench.figures import Figure, print_figures
from bench.served_archive import ACCESSION, EMAIL, ServedArchive, serve_archive

PAGES = 400
WARM_UP = 20
MAX_RATIO = 1.05
LONG_AGO = timedelta(minutes=10)
NOTED_WITHIN_S = 240.0


@dataclass
class Times:
    """The ms of the pages of one run, by what the server writes beside them."""

    noted: list[float] = field(default_factory=list)
    yardstick: list[float] = field(default_factory=list)
    overlapped: list[float] = field(default_factory=list)


class Reader:
    """A signed-in reader with one connection and many sessions, half of them of long ago."""

    def __init__(self, archive: ServedArchive, pages: int) -> None:
        self._database = archive.toolbox.database
        self._connection = archive.connect()
        self._old = utc_now() - LONG_AGO
        with self._database.writing() as db:
            user = db.scalars(select(User).where(User.email == EMAIL)).one()
            self._old_tokens = [sessions.open_session(db, user).token for _ in range(pages)]
            db.execute(update(SignInSession).values(seen_at=self._old))
            self._new_tokens = [sessions.open_session(db, user).token for _ in range(pages)]
            self._other_token = sessions.open_session(db, user).token

    def request(self, token: str) -> float:
        """Return the ms of the page with this session."""
        start = time.perf_counter()
        headers = {"Cookie": f"loike_session={token}"}
        self._connection.request("GET", f"/vi/interviews/{ACCESSION}", headers=headers)
        response = self._connection.getresponse()
        response.read()
        elapsed_ms = (time.perf_counter() - start) * 1000
        if response.status != 200:
            raise RuntimeError(f"the page answered {response.status}")
        return elapsed_ms

    def measure(self) -> Times:
        """Use up the sessions; raises RuntimeError if one was not noted, or one too many."""
        times = Times()
        used_at = [self._last_use(token) for token in self._new_tokens]
        for _ in range(WARM_UP):
            self.request(self._other_token)
        for turn, (old, new) in enumerate(zip(self._old_tokens, self._new_tokens, strict=True)):
            if turn % 2:
                times.yardstick.append(self._request_quietly(new))
            times.noted.append(self._request_quietly(old))
            times.overlapped.append(self.request(self._other_token))
            self._wait_until_noted(old)
            if not turn % 2:
                times.yardstick.append(self._request_quietly(new))
        if used_at != [self._last_use(token) for token in self._new_tokens]:
            raise RuntimeError("the yardstick was noted too: the run took too long")
        return times

    def _request_quietly(self, token: str) -> float:
        self.request(self._other_token)
        return self.request(token)

    def _wait_until_noted(self, token: str) -> None:
        deadline = time.monotonic() + NOTED_WITHIN_S
        while self._last_use(token) == self._old:
            if time.monotonic() > deadline:
                raise RuntimeError("the use of a session was not written")
            self.request(self._other_token)

    def _last_use(self, token: str) -> datetime:
        session = sessions.active_session(self._database, token)
        if session is None:
            raise RuntimeError("a session of the bench has ended")
        return session.seen_at


def main() -> None:
    """Measure and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=PAGES)
    options = parser.parse_args()
    with serve_archive() as archive:
        times = Reader(archive, options.pages).measure()
    noted, yardstick, overlapped = (
        statistics.median(ms) for ms in (times.noted, times.yardstick, times.overlapped)
    )
    halves: tuple[list[float], list[float]] = ([], [])
    for turn, ms in enumerate(times.yardstick):
        halves[turn // 2 % 2].append(ms)
    noise = max(map(statistics.median, halves)) / min(map(statistics.median, halves))
    print(
        f"page p50 {yardstick:.2f} ms, with a write after the answer {noted:.2f} ms, "
        f"the page beside that write {overlapped:.2f} ms"
    )
    print_figures(
        Figure(
            name="page with a write after the answer, p50, against the page without",
            measured=noted / yardstick,
            target=MAX_RATIO,
            unit="×",
            note=f"{options.pages} of each, noise {noise:.2f} ×",
        )
    )


if __name__ == "__main__":
    main()
