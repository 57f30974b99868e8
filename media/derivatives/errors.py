"""Convert errors of the libraries to DerivativeRefused."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from av.error import FFmpegError

from media.errors import DerivativeRefused, MediaRefused


@contextlib.contextmanager
def as_derivative_refused() -> Iterator[None]:
    """Convert errors of the libraries over a bad file to DerivativeRefused.

    Errors of memory and disk propagate: they are not faults of the file.
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
