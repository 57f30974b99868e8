"""A whole archive to measure: a home of its own, `flask serve` as a process, a person signed in."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from app import create_app
from archive.access import machine
from archive.actions import accounts
from archive.models import Interview
from archive.settings import Settings
from archive.toolbox import Toolbox

ROOT = Path(__file__).parent.parent
EMAIL, PASSWORD = "bench@archive.test", "a long enough secret"
ACCESSION = "BENCH-1"


@dataclass
class House:
    """A served archive with one interview, open to the public, and one archivist."""

    home: Path
    toolbox: Toolbox
    interview_id: str
    process: subprocess.Popen[str]
    port: int
    token: str
    headers: dict[str, str] = field(default_factory=dict)

    def line(self) -> http.client.HTTPConnection:
        """A connection of its own, kept open between requests."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)

    def sign_in(self, line: http.client.HTTPConnection) -> None:
        """Learn the token that every form of this person carries."""
        self.headers = {"Cookie": f"loike_session={self.token}"}
        line.request("GET", f"/en/interviews/{ACCESSION}/upload", headers=self.headers)
        answer = line.getresponse()
        page = answer.read().decode()
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        if answer.status != 200 or found is None:
            raise RuntimeError(f"the page to upload answered {answer.status}")
        cookies = [value.partition(";")[0] for value in answer.headers.get_all("Set-Cookie") or []]
        self.headers["Cookie"] = "; ".join([self.headers["Cookie"], *cookies])
        self.headers["X-CSRFToken"] = found.group(1)


@contextlib.contextmanager
def served(folder: Path | None = None) -> Iterator[House]:
    """Make it in a temporary folder, serve it without a worker, and leave nothing behind."""
    with tempfile.TemporaryDirectory(prefix="loike-bench-", dir=folder) as name:
        home = Path(name) / "home"
        environment = {**os.environ, "LOIKE_HOME": str(home), "PYTHONPATH": str(ROOT)}
        environment.pop("LOIKE_DATABASE_URL", None)
        flask = [sys.executable, "-m", "flask", "--app", "app"]
        subprocess.run([*flask, "init"], cwd=ROOT, env=environment, check=True, capture_output=True)
        settings = Settings(home=home, database_url=f"sqlite:///{home / 'archive.db'}")
        toolbox: Toolbox = create_app(settings).extensions["loi_ke"]
        interview_id, token = _people(toolbox)
        process = subprocess.Popen(
            [*flask, "serve", "--port", "0", "--no-worker"], cwd=ROOT, env=environment,
            stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        try:
            port = _port(process.stdout)
            yield House(home, toolbox, interview_id, process, port, token)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=60)
            toolbox.database.dispose()


def _people(toolbox: Toolbox) -> tuple[str, str]:
    with toolbox.database.writing() as db:
        user = accounts.add(
            db, machine("bench"), email=EMAIL, name="Bench", role="archivist", password=PASSWORD
        )
        interview = Interview(accession=ACCESSION, title="An invented one", audience="public")
        db.add(interview)
        db.flush()
        return interview.id, accounts.open_session(db, user).token


def _port(told: IO[str] | None) -> int:
    assert told is not None
    return int(told.readline().strip().rstrip("/").rpartition(":")[2])
