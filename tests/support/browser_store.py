"""Rows of the editor's outbox in a real browser, read and written past the page's own code."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

_OPEN_ROWS = """const opening = indexedDB.open("loi-ke", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("drafts", { keyPath: "key" });
  await new Promise((resolve) => { opening.onsuccess = resolve; });
  const rows = opening.result.transaction("drafts", "readwrite").objectStore("drafts");
"""
_ROWS = f"""async () => {{ {_OPEN_ROWS}
  const asked = rows.getAll();
  await new Promise((resolve) => {{ asked.onsuccess = resolve; }});
  opening.result.close();
  const kept = Object.keys(localStorage).filter((name) => name.startsWith("loike-draft:"));
  return [...asked.result, ...kept.map((name) => JSON.parse(localStorage.getItem(name)))];
}}"""
PUT_ROW = f"""async (row) => {{ {_OPEN_ROWS}
  const asked = rows.put(row);
  await new Promise((resolve) => {{ asked.transaction.oncomplete = resolve; }});
  opening.result.close();
}}"""
PUT_ROW_IN_STORAGE = "(row) => localStorage.setItem('loike-draft:' + row.key, JSON.stringify(row))"


def outbox_rows(page: Page) -> list[dict[str, Any]]:
    """Return every row of the browser's outbox, of all users."""
    found: list[dict[str, Any]] = page.evaluate(_ROWS)
    return found
