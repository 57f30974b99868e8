"""Serve a temporary archive to measure: its own home, a `flask serve` process, a signed-in user."""

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
from archive.actions.accounts import accounts, sessions
from archive.models import Interview
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.support.rights import rights_of_machine

ROOT = Path(__file__).parent.parent
EMAIL, PASSWORD = "bench@archive.test", "a long enough secret"
ACCESSION = "BENCH-1"


@dataclass
class ServedArchive:
    """A served archive with one public interview and one archivist."""

    home: Path
    toolbox: Toolbox
    interview_id: str
    process: subprocess.Popen[str]
    port: int
    token: str
    headers: dict[str, str] = field(default_factory=dict)

    def connect(self) -> http.client.HTTPConnection:
        """Open a new connection, kept alive between requests."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)

    def sign_in(self, connection: http.client.HTTPConnection) -> None:
        """Fetch the cookies and the CSRF token of the archivist's forms."""
        self.headers = {"Cookie": f"loike_session={self.token}"}
        connection.request("GET", f"/en/interviews/{ACCESSION}/upload", headers=self.headers)
        response = connection.getresponse()
        page = response.read().decode()
        token = re.search(r'name="csrf-token" content="([^"]+)"', page)
        if response.status != 200 or token is None:
            raise RuntimeError(f"the page to upload answered {response.status}")
        cookies = [
            value.partition(";")[0] for value in response.headers.get_all("Set-Cookie") or []
        ]
        self.headers["Cookie"] = "; ".join([self.headers["Cookie"], *cookies])
        self.headers["X-CSRFToken"] = token.group(1)


@contextlib.contextmanager
def serve_archive(folder: Path | None = None) -> Iterator[ServedArchive]:
    """Create an archive in a temporary folder, serve it without a worker, and delete it."""
    with tempfile.TemporaryDirectory(prefix="loike-bench-", dir=folder) as name:
        home = Path(name) / "home"
        environment = {**os.environ, "LOIKE_HOME": str(home), "PYTHONPATH": str(ROOT)}
        environment.pop("LOIKE_DATABASE_URL", None)
        flask = [sys.executable, "-m", "flask", "--app", "app"]
        subprocess.run([*flask, "init"], cwd=ROOT, env=environment, check=True, capture_output=True)
        settings = Settings(home=home, database_url=f"sqlite:///{home / 'archive.db'}")
        toolbox: Toolbox = create_app(settings).extensions["loi_ke"]
        interview_id, token = _add_records(toolbox)
        process = subprocess.Popen(
            [*flask, "serve", "--port", "0", "--no-worker"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            port = _read_port(process.stdout)
            yield ServedArchive(home, toolbox, interview_id, process, port, token)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=60)
            toolbox.database.dispose()


def _add_records(toolbox: Toolbox) -> tuple[str, str]:
    with toolbox.database.writing() as db:
        user = accounts.add(
            db,
            rights_of_machine("bench"),
            email=EMAIL,
            name="Bench",
            role="archivist",
            password=PASSWORD,
        )
        interview = Interview(accession=ACCESSION, title="An invented one", audience="public")
        db.add(interview)
        db.flush()
        return interview.id, sessions.open_session(db, user).token


def _read_port(output: IO[str] | None) -> int:
    assert output is not None
    return int(output.readline().strip().rstrip("/").rpartition(":")[2])
