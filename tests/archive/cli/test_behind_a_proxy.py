"""Whose word a server takes for who asks, and under which name and scheme it was asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from archive.actions import guessing
from archive.settings import Settings
from tests.cast import CAST
from tests.live import Line, ServerProcess

Serve = Callable[..., Line]


@pytest.fixture
def serve(settings: Settings) -> Iterator[Serve]:
    """Starts `flask serve` as an office does."""
    started: list[ServerProcess] = []

    def start(https: str = "no") -> Line:
        started.append(ServerProcess(settings, LOIKE_HTTPS=https))
        return started[-1].start()

    yield start
    for process in started:
        process.stop()


def guess(line: Line, *forwarded_for: str) -> list[int]:
    """The answers to wrong passwords that come, by what the sender says, from these addresses."""
    form = line.ask("GET", "/en/sign-in")
    key = re.search(rb'name="csrf_token" value="([^"]+)"', form.body)
    assert key is not None
    body = f"email={CAST['cleo'].email}&password=wrong&csrf_token={key.group(1).decode()}"
    sender = replace(line, headers={"Cookie": form.headers["set-cookie"].split(";")[0]})
    return [
        sender.ask(
            "POST", "/en/sign-in", body=body.encode(), X_Forwarded_For=address,
            Content_Type="application/x-www-form-urlencoded",
        ).status
        for address in forwarded_for
    ]  # fmt: skip


def test_the_proxy_tells_who_guesses(serve: Serve) -> None:
    line = serve("yes")
    many = ["10.0.0.1"] * guessing.OF_PAIR
    assert guess(line, *many) == [401] * guessing.OF_PAIR
    assert guess(line, "10.0.0.1") == [429]
    assert guess(line, "1.2.3.4, 10.0.0.1") == [429]  # what the guesser wrote stands before
    assert guess(line, "10.0.0.2") == [401]


def test_without_a_proxy_nobody_may_say_who_they_are(serve: Serve) -> None:
    line = serve()
    many = [f"10.0.0.{number}" for number in range(guessing.OF_PAIR)]
    assert guess(line, *many) == [401] * guessing.OF_PAIR
    assert guess(line, "10.0.1.1") == [429]


def test_links_that_leave_the_house_begin_as_the_reader_asked(serve: Serve) -> None:
    line = serve("yes")
    assert line.ask("GET", "/vi", Host="archive.test").headers["location"] == (
        "https://archive.test/vi/"
    )
