"""Registry of search backends; the contract tests run for each."""

from collections.abc import Callable
from pathlib import Path

from search.backends.base import Backend
from search.backends.in_memory import InMemory
from search.backends.on_disk import OnDisk
from search.backends.stock import StockWhoosh


def _in_memory(_: Path) -> Backend:
    return InMemory()


BACKENDS: dict[str, Callable[[Path], Backend]] = {
    "on_disk": OnDisk,
    "in_memory": _in_memory,
    "stock_whoosh": StockWhoosh,
}


def open_backend(name: str, root: Path) -> Backend:
    """Return the backend of that name for ``root``; nothing is written before ``put``."""
    return BACKENDS[name](root)
