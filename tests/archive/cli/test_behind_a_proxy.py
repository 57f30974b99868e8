"""`flask serve` behind a proxy: the client's address, host and scheme of a request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from archive.actions.accounts import rate_limit
from archive.settings import Settings
from tests.support.cast import CAST
from tests.support.http_server import HttpClient, ServerProcess

Serve = Callable[..., HttpClient]


@pytest.fixture
def serve(settings: Settings) -> Iterator[Serve]:
    """Return a function that starts `flask serve`."""
    started: list[ServerProcess] = []

    def start(https: str = "no") -> HttpClient:
        started.append(ServerProcess(settings, LOIKE_HTTPS=https))
        return started[-1].start()

    yield start
    for process in started:
        process.stop()


def guess_passwords(client: HttpClient, *forwarded_for: str) -> list[int]:
    """Send a wrong password with each X-Forwarded-For; return the statuses."""
    page = client.request("GET", "/en/sign-in")
    key = re.search(rb'name="csrf_token" value="([^"]+)"', page.body)
    assert key is not None
    body = f"email={CAST['cleo'].email}&password=wrong&csrf_token={key.group(1).decode()}"
    client_with_cookie = replace(
        client, headers={"Cookie": page.headers["set-cookie"].split(";")[0]}
    )
    return [
        client_with_cookie.request(
            "POST",
            "/en/sign-in",
            body=body.encode(),
            X_Forwarded_For=address,
            Content_Type="application/x-www-form-urlencoded",
        ).status
        for address in forwarded_for
    ]


def test_rate_limit_behind_a_proxy_counts_forwarded_addresses(serve: Serve) -> None:
    client = serve("yes")
    addresses = ["10.0.0.1"] * rate_limit.LIMIT_PER_PAIR
    assert guess_passwords(client, *addresses) == [401] * rate_limit.LIMIT_PER_PAIR
    assert guess_passwords(client, "10.0.0.1") == [429]
    assert guess_passwords(client, "1.2.3.4, 10.0.0.1") == [
        429
    ]  # the client's own header precedes the proxy's
    assert guess_passwords(client, "10.0.0.2") == [401]


def test_rate_limit_without_a_proxy_ignores_forwarded_addresses(serve: Serve) -> None:
    client = serve()
    addresses = [f"10.0.0.{number}" for number in range(rate_limit.LIMIT_PER_PAIR)]
    assert guess_passwords(client, *addresses) == [401] * rate_limit.LIMIT_PER_PAIR
    assert guess_passwords(client, "10.0.1.1") == [429]


def test_redirect_behind_a_proxy_uses_the_requested_host_and_https(serve: Serve) -> None:
    client = serve("yes")
    assert client.request("GET", "/vi", Host="archive.test").headers["location"] == (
        "https://archive.test/vi/"
    )
