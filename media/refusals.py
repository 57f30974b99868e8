"""Why nothing could be made of a file. Imports no decoder: the web process knows these too."""

from __future__ import annotations


class MediaRefused(Exception):
    """The bytes are kept, but nothing can be made of them.

    Codes: unreadable, no_sound, no_picture, nothing_to_play, undecodable, too_long,
    too_many_pixels, implausible; a recipe may add its own. `detail` is for the log.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail = code, detail


class DerivativeRefused(MediaRefused):
    """No derivative: `code` says why (those of MediaRefused, and what a sandbox met:
    timeout, memory, crash)."""
