"""Monitor a page for external requests, script errors, policy violations and missing files."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request, Response


@dataclass
class PageMonitor:
    """Collect the errors of all pages of one browser context.

    `allowed` are parts of console messages that a test provokes on purpose.
    """

    host: str
    external_requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    allowed: tuple[str, ...] = ("Failed to load resource", "ERR_CONNECTION", "ERR_INTERNET")

    def observe(self, page: Page) -> None:
        """Subscribe to the events of one page."""
        page.on("request", self._on_request)
        page.on("response", self._on_response)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._on_console)

    def assert_clean(self) -> None:
        """Fail with every external request and error collected."""
        assert not self.external_requests, f"requests left the host: {self.external_requests}"
        assert not self.errors, f"the page reported errors: {self.errors}"

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != self.host:
            self.external_requests.append(request.url)

    def _on_response(self, response: Response) -> None:
        if response.status >= 400 and urlsplit(response.url).path.startswith("/static/"):
            self.errors.append(f"{response.status} {response.url}")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(part in message.text for part in self.allowed):
            self.errors.append(message.text)
