"""What libraries raise over a bad file, as a refusal with a code."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from av.error import FFmpegError

from media.refusals import DerivativeRefused, MediaRefused


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """Turn what libraries raise over a bad file into DerivativeRefused.

    Lack of memory and of disk pass through: they say nothing about the file.
    """
    try:
        yield
    except DerivativeRefused:
        raise
    except MediaRefused as refused:
        raise DerivativeRefused(refused.code, refused.detail) from refused
    except MemoryError:
        raise
    except FFmpegError as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise DerivativeRefused("undecodable", type(error).__name__) from error
