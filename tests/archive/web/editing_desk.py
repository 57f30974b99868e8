"""A version that somebody has open, and the requests that the browser would send."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from archive.models.base import new_id
from transcription.document import Segment as Spoken
from transcription.document import Word, faults


@dataclass(frozen=True)
class Desk:
    """A version that Cleo has open; `ids` are its segments in order."""

    client: FlaskClient
    version: str
    ids: list[str]

    def save(self, number: int, *, rev: int | str = 1, key: str = "", data: bytes | None = None,
             client: FlaskClient | None = None, **body: Any) -> TestResponse:  # fmt: skip
        sent: dict[str, Any] = {"data": data, "content_type": "application/json"}
        return (client or self.client).patch(
            f"/api/v1/segments/{self.ids[number]}",
            headers={"If-Match": f'"{rev}"', "Idempotency-Key": key or new_id()},
            **(sent if data is not None else {"json": body}),
        )

    def operate(self, *ops: Any, key: str = "") -> TestResponse:
        return self.client.post(
            f"/api/v1/transcripts/{self.version}/ops",
            headers={"Idempotency-Key": key or new_id()}, json={"ops": list(ops)},
        )  # fmt: skip

    def read(self) -> dict[str, Any]:
        found = self.client.get(f"/api/v1/transcripts/{self.version}?words=1").get_json()
        assert isinstance(found, dict)
        return found


def check_sound(told: dict[str, Any]) -> None:
    """Every segment keeps its promises."""
    for s in told["segments"]:
        words = tuple(
            Word(start_ms=w[0], end_ms=w[1], text=w[2], confidence=w[3], source=w[4])
            for w in s["words"]
        )
        assert s["text"] == " ".join(w.text for w in words)
        heard = Spoken(
            id=s["id"], start_ms=s["start"], end_ms=s["end"], text=s["text"], words=words
        )
        assert faults(heard) == ()


def all_at_once(*acts: Callable[[], TestResponse]) -> list[TestResponse]:
    """Carried out by as many people at the same moment."""
    found: list[TestResponse | None] = [None] * len(acts)
    begin = threading.Barrier(len(acts))

    def carry_out(number: int, act: Callable[[], TestResponse]) -> None:
        begin.wait()
        found[number] = act()

    threads = [threading.Thread(target=carry_out, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert None not in found
    return [answer for answer in found if answer is not None]
