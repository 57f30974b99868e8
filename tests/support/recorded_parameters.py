"""Record which names of the query and of the form the program reads while it answers."""

from __future__ import annotations

from typing import Any

from flask import Flask, Request
from werkzeug.datastructures import ImmutableMultiDict


def record_parameters(app: Flask) -> set[str]:
    """Return a set that is filled with every name that the app reads from a request."""
    names: set[str] = set()

    class RecordingDict(ImmutableMultiDict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            names.add(name)
            return super().__getitem__(name)

        def getlist(self, name: str, type: Any = None) -> list[Any]:
            names.add(name)
            return super().getlist(name, type=type)

        def __contains__(self, name: object) -> bool:
            names.add(str(name))
            return super().__contains__(name)

    class RecordingRequest(Request):
        parameter_storage_class = RecordingDict

    app.request_class = RecordingRequest
    return names
