"""Errors about media files. Imports no decoder, because the web process imports this."""

from __future__ import annotations


class MediaRefused(Exception):
    """Raised when a file cannot be decoded or used; its bytes are kept.

    Codes: unreadable, no_sound, no_picture, nothing_to_play, undecodable, too_long,
    too_many_pixels, too_many_channels, implausible; a recipe may add its own. `detail` is
    for the log.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail = code, detail


class DerivativeRefused(MediaRefused):
    """Raised when a derivative cannot be made.

    Codes: those of MediaRefused, and timeout, memory, crash from the sandbox.
    """
