"""What no page may do: ask another host, throw, or break the content policy."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request


@dataclass
class Watch:
    """Collects what went wrong on the pages of one context; `allowed` are parts of messages
    that the test provokes on purpose."""

    host: str
    strangers: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    allowed: tuple[str, ...] = ("Failed to load resource", "ERR_CONNECTION", "ERR_INTERNET")

    def look_at(self, page: Page) -> None:
        """Watch one page from its first request on."""
        page.on("request", self._asked)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._said)

    def check(self) -> None:
        """Fail with everything that was seen."""
        assert not self.strangers, f"requests left the host: {self.strangers}"
        assert not self.errors, f"the page complained: {self.errors}"

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != self.host:
            self.strangers.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(part in message.text for part in self.allowed):
            self.errors.append(message.text)
