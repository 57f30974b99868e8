"""Client for the editor's API with a transcript version opened by an editor."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from archive.models.base import new_id
from transcription.document import TranscriptSegment, Word, validate


@dataclass(frozen=True)
class EditorClient:
    """A version opened by Cleo; `ids` are its segments in order."""

    client: FlaskClient
    version: str
    ids: list[str]

    def save(
        self,
        number: int,
        *,
        rev: int | str = 1,
        key: str = "",
        data: bytes | None = None,
        client: FlaskClient | None = None,
        **body: Any,
    ) -> TestResponse:
        sent: dict[str, Any] = {"data": data, "content_type": "application/json"}
        return (client or self.client).patch(
            f"/api/v1/segments/{self.ids[number]}",
            headers={"If-Match": f'"{rev}"', "Idempotency-Key": key or new_id()},
            **(sent if data is not None else {"json": body}),
        )

    def apply_operations(self, *ops: Any, key: str = "") -> TestResponse:
        return self.client.post(
            f"/api/v1/transcripts/{self.version}/ops",
            headers={"Idempotency-Key": key or new_id()},
            json={"ops": list(ops)},
        )

    def transcript(self) -> dict[str, Any]:
        responses = self.client.get(f"/api/v1/transcripts/{self.version}?words=1").get_json()
        assert isinstance(responses, dict)
        return responses


def assert_valid_segments(answer: dict[str, Any]) -> None:
    """Assert that text, words and times of all segments agree."""
    for s in answer["segments"]:
        words = tuple(
            Word(start_ms=w[0], end_ms=w[1], text=w[2], confidence=w[3], source=w[4])
            for w in s["words"]
        )
        assert s["text"] == " ".join(w.text for w in words)
        heard = TranscriptSegment(
            id=s["id"], start_ms=s["start"], end_ms=s["end"], text=s["text"], words=words
        )
        assert validate(heard) == ()


def run_concurrently(*requests: Callable[[], TestResponse]) -> list[TestResponse]:
    """Send all requests at the same moment, each in a thread; return the responses in order."""
    responses: list[TestResponse | None] = [None] * len(requests)
    begin = threading.Barrier(len(requests))

    def send(number: int, request: Callable[[], TestResponse]) -> None:
        begin.wait()
        responses[number] = request()

    threads = [threading.Thread(target=send, args=pair) for pair in enumerate(requests)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert None not in responses
    return [answer for answer in responses if answer is not None]
