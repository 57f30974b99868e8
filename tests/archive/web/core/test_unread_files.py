"""Files that a client requested and did not read to their end are closed."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from flask import Flask, Response, send_file

from tests.support.http_server import HttpClient, serve_in_thread
from tests.support.worker_process import wait_until


@pytest.fixture
def large_file(tmp_path: Path) -> Path:
    path = tmp_path / "large.svg"
    path.touch()
    os.truncate(path, 64 * 1024**2)
    return path


@pytest.fixture
def serving_app(large_file: Path) -> Flask:
    app = Flask(__name__)

    @app.get("/large")
    def large() -> Response:
        return send_file(large_file)

    return app


def is_open(file: Path) -> bool:
    links = Path("/proc/self/fd").iterdir()
    return any(os.path.realpath(link) == str(file) for link in links)


def begin_to_read(client: HttpClient, file: Path) -> socket.socket:
    connection = socket.create_connection((client.host, client.port))
    connection.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert connection.recv(100).startswith(b"HTTP/1.1 200")
    assert is_open(file)
    return connection


def test_file_is_closed_when_the_client_goes_away(serving_app: Flask, large_file: Path) -> None:
    with serve_in_thread(serving_app) as client:
        begin_to_read(client, large_file).close()
        wait_until(lambda: not is_open(large_file))


def test_file_is_closed_when_the_server_stops_before_the_client(
    serving_app: Flask, large_file: Path
) -> None:
    with serve_in_thread(serving_app) as client:
        connection = begin_to_read(client, large_file)
    assert not is_open(large_file)
    connection.close()
