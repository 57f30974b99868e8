"""Send the form of the approval page as a browser would."""

from __future__ import annotations

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.html_pages import hidden_field, page_text


def read_seal(client: FlaskClient, version_id: str) -> str:
    """Return what the page sends back to name the state that it shows."""
    return hidden_field(page_text(client.get(f"/en/versions/{version_id}/approve")), "seal")


def approve(client: FlaskClient, version_id: str, *, reason: str = "in tests") -> TestResponse:
    """Open the approval page and send its form."""
    data = {"seal": read_seal(client, version_id), "reason": reason}
    return client.post(f"/en/versions/{version_id}/approve", data=data)
