"""The cause of a failed database or file operation."""

from __future__ import annotations

import errno

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import InternalServerError

from archive.storage_faults import fault_of, is_disk_full
from archive.toolbox import Toolbox


@pytest.mark.parametrize(
    "backend", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_full_disk_of_a_server_is_named(toolbox: Toolbox) -> None:
    """The server itself raises the error, by its code (SQLSTATE 53100)."""
    failing = text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$")
    with toolbox.database.writing() as db, pytest.raises(OperationalError) as failed:
        db.execute(failing)
    assert is_disk_full(failed.value, toolbox.settings.database_url)


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        (errno.ENOSPC, "disk_full"),
        (errno.EDQUOT, "disk_full"),
        (errno.EROFS, "disk_read_only"),
        (errno.EIO, None),
        (errno.ENOENT, None),
    ],
)
def test_file_error_is_classified_also_inside_another(
    toolbox: Toolbox, number: int, fault: str | None
) -> None:
    url = toolbox.settings.database_url
    error = OSError(number, "failed", "a file")
    assert fault_of(error, url) == fault
    assert fault_of(InternalServerError(original_exception=error), url) == fault
    wrapped = RuntimeError("the handler failed")
    wrapped.__cause__ = error
    assert fault_of(wrapped, url) == fault
